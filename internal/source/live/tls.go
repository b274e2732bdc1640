package live

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/sen-hub/sen"
)

// Config is how the standard library verifies the server and shows who we
// are; nil where the connection is not secured. host is the name to verify;
// empty: the one that is dialled.
func (t TLS) Config(host string) (*tls.Config, error) {
	if t.Off {
		return nil, nil
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t.Name != "" {
		config.ServerName = t.Name
	}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, sen.Errorf(sen.Unavailable, "ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, sen.Errorf(sen.Invalid, "ca: %s holds no certificate", t.CA).WithHint("it is a file of PEM, with BEGIN CERTIFICATE")
		}
	}
	if t.Cert != "" || t.Key != "" {
		pair, err := t.pair()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// pair is the client's certificate with its key, which only its owner may read.
func (t TLS) pair() (tls.Certificate, error) {
	if t.Cert == "" || t.Key == "" {
		return tls.Certificate{}, sen.Errorf(sen.Invalid, "a client's certificate needs its key, and the key its certificate").WithHint("name both files: cert and key")
	}
	info, err := os.Stat(t.Key)
	if err != nil {
		return tls.Certificate{}, sen.Errorf(sen.Unavailable, "key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return tls.Certificate{}, sen.Errorf(sen.Denied, "key: %s may be read by others", t.Key).WithHint("chmod 600 %s", t.Key)
	}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return pair, sen.Errorf(sen.Invalid, "cert and key are not a certificate and its key: %w", err)
	}
	return pair, nil
}
