package http

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

func TestAContractSaysHowTheHubSignsIn(t *testing.T) {
	t.Setenv("SEN_TEST_TOKEN", secretText)
	for _, c := range []struct {
		user   string
		custom []string
		header string
		want   string
	}{
		{"", nil, "Authorization", "Bearer " + secretText},
		{"", []string{"tokenScheme", "Token"}, "Authorization", "Token " + secretText},
		{"", []string{"tokenHeader", "x-api-key"}, "X-Api-Key", secretText},
		{"reader", nil, "Authorization", "Basic cmVhZGVyOmh1bnRlcjItcGVyc29uYWw="},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(c.header) != c.want {
				w.WriteHeader(401)
				return
			}
			ways["link"].handler(births(35))(w, r)
		})
		server := declare(s.URL, append([]string{"paging", "link"}, c.custom...)...)
		server.User, server.Password = c.user, "env:SEN_TEST_TOKEN"
		if got, err := read(t, server, source.Options{}); err != nil || len(got.rows) != 35 {
			t.Errorf("%+v: %v", c, err)
		}
		for _, r := range s.requests() {
			if strings.Contains(r, secretText) {
				t.Errorf("the secret stands in the address %s", r)
			}
		}
	}
}

func TestASecretThatIsRefusedIsReadAgainOnceAndNeverShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(secretText)
	want := "Bearer " + secretText
	asked := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 3 {
			want = "Bearer another"
			put("another")
		}
		if r.Header.Get("Authorization") != want {
			w.WriteHeader(401)
			return
		}
		ways["link"].handler(births(35))(w, r)
	})
	server := declare(s.URL, "paging", "link")
	server.Password = live.Secret("file:" + file)
	if got, err := read(t, server, source.Options{}); err != nil || len(got.rows) != 35 || asked != 5 {
		t.Errorf("a secret that was changed: %d requests, %v", asked, err)
	}
	put(secretText)
	asked = 100
	_, err := read(t, server, source.Options{})
	if sen.KindOf(err) != sen.Denied || asked != 102 || strings.Contains(err.Error()+sen.HintOf(err), secretText) {
		t.Errorf("a wrong secret: %d requests, %v", asked-100, err)
	}
	put("two\nlines")
	if _, err := read(t, server, source.Options{}); sen.KindOf(err) != sen.Invalid || strings.Contains(err.Error(), "two") {
		t.Errorf("a secret of two lines: %v", err)
	}
	server.Password = "env:SEN_TEST_UNSET"
	if _, err := read(t, server, source.Options{}); sen.KindOf(err) != sen.NotFound {
		t.Errorf("a secret that is not there: %v", err)
	}
}

func TestATokenIsHadFromAnAuthorizationServer(t *testing.T) {
	t.Setenv("SEN_TEST_TOKEN", "p+ss word")
	granted := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		user, password, _ := r.BasicAuth()
		switch {
		case r.URL.Path != "/token":
			if r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", granted) {
				w.WriteHeader(401)
				return
			}
			if r.URL.Query().Get("from") == "20" && granted == 1 {
				w.WriteHeader(401) // it ended before its time
				return
			}
			ways["link"].handler(births(35))(w, r)
		case r.Method != http.MethodPost || user != "hub" || password != "p%2Bss+word" || r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != "read":
			w.WriteHeader(400)
		default:
			granted++
			fmt.Fprintf(w, `{"access_token":"t%d","token_type":"bearer","expires_in":3600}`, granted)
		}
	}))
	defer server.Close()
	s := declare(server.URL, "paging", "link", "tokenURL", server.URL+"/token", "scope", "read")
	s.User, s.Password = "hub", "env:SEN_TEST_TOKEN"
	if got, err := read(t, s, source.Options{}); err != nil || len(got.rows) != 35 || granted != 2 {
		t.Errorf("got %d rows, %d grants, %v", len(got.rows), granted, err)
	}
	s.User = "stranger"
	if _, err := read(t, s, source.Options{}); sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "/token answers 400") {
		t.Errorf("got %v", err)
	}
}

// certificate makes a certificate for 127.0.0.1 that signs itself, and
// answers the files of it and its key.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return pemFile(t, "cert.pem", "CERTIFICATE", der), pemFile(t, "key.pem", "PRIVATE KEY", secret), pool
}

func pemFile(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ways["link"].handler(births(35))(w, r) }))
	defer s.Close()
	ca := pemFile(t, "ca.pem", "CERTIFICATE", s.Certificate().Raw)
	server := declare(s.URL, "paging", "link")
	_, err := read(t, server, source.Options{})
	if sen.KindOf(err) != sen.Denied || !strings.Contains(sen.HintOf(err), "custom property ca") {
		t.Errorf("an authority that is not known: got %v (%s)", err, sen.HintOf(err))
	}
	server.TLS.CA = ca
	if got, err := read(t, server, source.Options{}); err != nil || len(got.rows) != 35 {
		t.Errorf("an authority that the contract names: %v", err)
	}
	server.TLS.Name = "elsewhere.test"
	if _, err := read(t, server, source.Options{}); sen.KindOf(err) != sen.Denied || !strings.Contains(sen.HintOf(err), "for another host") {
		t.Errorf("another name: got %v (%s)", err, sen.HintOf(err))
	}
}

func TestAClientsCertificateSignsIn(t *testing.T) {
	cert, key, pool := certificate(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ways["link"].handler(births(35))(w, r) }))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	defer s.Close()
	server := declare(s.URL, "paging", "link")
	server.TLS.CA = pemFile(t, "ca.pem", "CERTIFICATE", s.Certificate().Raw)
	_, err := read(t, server, source.Options{})
	if sen.KindOf(err) != sen.Denied || !strings.Contains(sen.HintOf(err), "cert and key") {
		t.Errorf("without a certificate: got %v (%s)", err, sen.HintOf(err))
	}
	server.TLS.Cert, server.TLS.Key = cert, key
	if got, err := read(t, server, source.Options{}); err != nil || len(got.rows) != 35 {
		t.Errorf("with its certificate: %v", err)
	}
	other, otherKey, _ := certificate(t)
	server.TLS.Cert, server.TLS.Key = other, otherKey
	if _, err := read(t, server, source.Options{}); sen.KindOf(err) != sen.Denied {
		t.Errorf("with a stranger's certificate: got %v", err)
	}
	server.TLS.Key = key
	if _, err := Open(server, live.NewGate(server.Budget), nil); sen.KindOf(err) != sen.Invalid {
		t.Errorf("with another's key: got %v", err)
	}
	os.Chmod(key, 0o644)
	if _, err := Open(server, live.NewGate(server.Budget), nil); sen.KindOf(err) != sen.Denied {
		t.Errorf("with a key that others may read: got %v", err)
	}
}

func TestADeclarationThatCannotBeFollowedNamesItsProperty(t *testing.T) {
	const at = "https://api.example/v1"
	for _, c := range []struct {
		server live.Server
		says   string
	}{
		{declare(at), "paging: "},
		{declare(at, "paging", "guess"), "paging: "},
		{declare(at, "paging", "none", "totl", "/n"), "totl: this property of an API is not known"},
		{declare(at, "paging", "cursor"), "cursor: "},
		{declare(at, "paging", "offset", "cursor", "/next"), "cursor: "},
		{declare(at, "paging", "offset", "next", "/next"), "next: "},
		{declare(at, "paging", "none", "rows", "data"), "rows: "},
		{declare(at, "paging", "none", "total", "/a~b"), "total: "},
		{declare(at, "paging", "none", "state", ""), "state: "},
		{declare(at, "paging", "none", "state", "header:a b"), "state: "},
		{declare(at, "paging", "none", "pageSize", "-1"), "pageSize: "},
		{declare(at, "paging", "none", "maxPage", "1TiB"), "maxPage: "},
		{declare(at, "paging", "none", "maxPage", "999999MiB"), "maxPage: "},
		{declare(at, "paging", "none", "sizeParameter", "a&b"), "sizeParameter: "},
		{declare(at, "paging", "none", "tokenHeader", "a: b"), "tokenHeader: "},
		{declare(at, "paging", "none", "tokenParameter", "key"), "tokenParameter: a token is not sent in the query"},
		{declare(at, "paging", "none", "path", "births?api_key="+secretText), "path: a secret is not sent in the query"},
		{declare(at, "paging", "none", "path", "births?%74oken="+secretText), "path: a secret is not sent in the query"},
		{declare(at, "paging", "none", "path", "http://elsewhere.example/"), "path: "},
		{declare(at, "paging", "none", "tokenURL", "https://login.example/token"), "tokenURL: OAuth 2 client credentials need both"},
		{declare(at, "paging", "none", "tokenURL", "http://login.example/token"), "tokenURL: the address is not encrypted"},
		{declare("https://user:"+secretText+"@api.example/", "paging", "none"), "location: a name or password"},
		{declare("https://api.example/?token="+secretText, "paging", "none"), "location: "},
		{declare("https://%"+secretText, "paging", "none"), "location: "},
		{declare("ftp://api.example/", "paging", "none"), "location: "},
		{live.Server{Name: "api", Location: "http://api.example/", Custom: map[string]string{"paging": "none"}}, "location: the address is not encrypted"},
		{live.Server{Name: "api", Location: at, TLS: live.TLS{Off: true}, Custom: map[string]string{"paging": "none"}}, "location: the address begins with https, and tls is off"},
		{live.Server{Name: "api", Location: at, User: "me", Custom: map[string]string{"paging": "none"}}, "user: "},
	} {
		_, err := Open(c.server, live.NewGate(c.server.Budget), nil)
		if sen.KindOf(err) != sen.Invalid || err == nil || !strings.HasPrefix(err.Error(), "server api: "+c.says) || sen.HintOf(err) == "" {
			t.Errorf("%+v: got %v (%s), want %s", c.server.Custom, err, sen.HintOf(err), c.says)
		}
		if err != nil && strings.Contains(err.Error()+sen.HintOf(err), secretText) {
			t.Errorf("the error repeats a secret: %v", err)
		}
	}
}

func TestWhatReadingNeedsIsLookedAt(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/births" {
			w.WriteHeader(403)
			return
		}
		fmt.Fprint(w, `{"r":[{"a":1}],"total":1}`)
	})
	found, err := api(t, declare(s.URL, "paging", "offset", "rows", "/r", "total", "/total")).Test(t.Context(), []string{"births", "deaths"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s %v %v", f.What, f.OK, f.Must))
		if !f.OK && (f.Says == "" || f.Next == "") {
			t.Errorf("%+v says too little", f)
		}
	}
	if want := "tls false false, read births true true, changes births false false, read deaths false true"; strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}
