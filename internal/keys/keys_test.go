package keys

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sen-hub/sen"
)

func folder(t *testing.T) string { return filepath.Join(t.TempDir(), "keys") }

func open(t *testing.T, folder string) *Keys {
	t.Helper()
	k, err := Open(folder)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return k
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, want sen.Kind) {
	t.Helper()
	if err == nil || sen.KindOf(err) != want {
		t.Errorf("%s: got %v (%s), want an error of kind %s", what, err, sen.KindOf(err), want)
	}
}

func TestKeysAreMadeOnFirstUseAndStay(t *testing.T) {
	at := folder(t)
	first, second := open(t, at), open(t, at)
	if first.KeyID() != second.KeyID() || len(first.KeyID()) != 16 {
		t.Errorf("key id: got %q, then %q; want the same 16 digits", first.KeyID(), second.KeyID())
	}
	if a, b := first.Subject([]byte("x")), second.Subject([]byte("x")); a != b {
		t.Errorf("subject: got %s, then %s", a, b)
	}
	body := []byte("a certificate")
	signature, id := first.Sign(body)
	must(t, second.Verify(id, body, signature))
}

func TestNothingIsReadableByOthersOrLeftOver(t *testing.T) {
	at := folder(t)
	_, err := open(t, at).Rotate()
	must(t, err)
	must(t, filepath.Walk(at, func(path string, info os.FileInfo, err error) error {
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o, want nothing for group and others", path, info.Mode().Perm())
		}
		if strings.HasPrefix(info.Name(), ".new-") {
			t.Errorf("%s was left over", path)
		}
		return err
	}))
}

func TestVerifyFindsEveryAlteration(t *testing.T) {
	k := open(t, folder(t))
	body := []byte(`{"rows": 10}`)
	signature, id := k.Sign(body)
	for i := range body {
		altered := bytes.Clone(body)
		altered[i] ^= 1
		wantKind(t, fmt.Sprintf("byte %d of the body", i), k.Verify(id, altered, signature), sen.Corrupt)
	}
	for i := range signature {
		altered := bytes.Clone(signature)
		altered[i] ^= 1
		wantKind(t, fmt.Sprintf("byte %d of the signature", i), k.Verify(id, body, altered), sen.Corrupt)
	}
	wantKind(t, "a signature cut short", k.Verify(id, body, signature[:40]), sen.Corrupt)
	wantKind(t, "no signature", k.Verify(id, body, nil), sen.Corrupt)
	wantKind(t, "another hub's key", k.Verify("0123456789abcdef", body, signature), sen.NotFound)
	wantKind(t, "an id that is a path", k.Verify("../signing", body, signature), sen.Invalid)
}

func TestOldSignaturesVerifyAfterRotation(t *testing.T) {
	at := folder(t)
	k := open(t, at)
	body := []byte("body")
	subject := k.Subject([]byte("001303012345"))
	type signed struct {
		id        string
		signature []byte
	}
	var all []signed
	for range 3 {
		signature, id := k.Sign(body)
		all = append(all, signed{id, signature})
		next, err := k.Rotate()
		must(t, err)
		if next == id || next != k.KeyID() {
			t.Fatalf("after rotation: got key %s (now %s), want another than %s", next, k.KeyID(), id)
		}
	}
	again := open(t, at)
	if again.KeyID() != k.KeyID() {
		t.Errorf("key after opening again: got %s, want the newest, %s", again.KeyID(), k.KeyID())
	}
	for _, s := range all {
		must(t, again.Verify(s.id, body, s.signature))
	}
	if got := again.Subject([]byte("001303012345")); got != subject {
		t.Errorf("subject after rotation: got %s, want %s as before", got, subject)
	}
}

func TestOpenRefusesWhatIsNotSafeOrNotWhole(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(at string) error
		kind  sen.Kind
	}{
		{"a folder that others can enter", func(at string) error { return os.Chmod(at, 0o755) }, sen.Denied},
		{"a signing key that the group can read", func(at string) error { return os.Chmod(filepath.Join(at, signingFile), 0o640) }, sen.Denied},
		{"a subject key that everybody can read", func(at string) error { return os.Chmod(filepath.Join(at, subjectFile), 0o604) }, sen.Denied},
		{"a signing key that is a link", func(at string) error {
			elsewhere := filepath.Join(filepath.Dir(at), "elsewhere")
			return joinErr(os.Rename(filepath.Join(at, signingFile), elsewhere), os.Symlink(elsewhere, filepath.Join(at, signingFile)))
		}, sen.Denied},
		{"a truncated signing key", func(at string) error { return os.Truncate(filepath.Join(at, signingFile), 60) }, sen.Corrupt},
		{"an empty signing key", func(at string) error { return os.Truncate(filepath.Join(at, signingFile), 0) }, sen.Corrupt},
		{"a truncated subject key", func(at string) error { return os.Truncate(filepath.Join(at, subjectFile), 40) }, sen.Corrupt},
		{"a subject key that is not hexadecimal", func(at string) error {
			return os.WriteFile(filepath.Join(at, subjectFile), []byte(strings.Repeat("zz", 32)), 0o600)
		}, sen.Corrupt},
		{"a signing key that was lost", func(at string) error { return os.Remove(filepath.Join(at, signingFile)) }, sen.Corrupt},
		{"a subject key that was lost", func(at string) error { return os.Remove(filepath.Join(at, subjectFile)) }, sen.Corrupt},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			at := folder(t)
			open(t, at)
			must(t, c.spoil(at))
			_, err := Open(at)
			wantKind(t, "Open", err, c.kind)
			if sen.HintOf(err) == "" {
				t.Errorf("%v has no hint", err)
			}
		})
	}
}

func joinErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestAPublicKeyUnderAnotherNameIsRefused(t *testing.T) {
	at := folder(t)
	k := open(t, at)
	body := []byte("body")
	signature, id := k.Sign(body)
	other := "0123456789abcdef"
	must(t, os.Rename(k.publicPath(id), k.publicPath(other)))
	wantKind(t, "Verify", open(t, at).Verify(other, body, signature), sen.Corrupt)
}

func TestConcurrentFirstUseMakesOneKey(t *testing.T) {
	at := folder(t)
	const many = 16
	ids, subjects := make([]string, many), make([]string, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			k, err := Open(at)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i], subjects[i] = k.KeyID(), k.Subject()
		})
	}
	wg.Wait()
	for i := range many {
		if ids[i] != ids[0] || subjects[i] != subjects[0] {
			t.Fatalf("opener %d: got key %q and subject %q, want %q and %q", i, ids[i], subjects[i], ids[0], subjects[0])
		}
	}
}

func TestSubjectsTellListsOfPartsApart(t *testing.T) {
	k := open(t, folder(t))
	lists := [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"ab", ""}, {"", "ab"}, {"b", "a"}, {subjectDomain}}
	seen := map[string][]string{}
	for _, list := range lists {
		var parts [][]byte
		for _, part := range list {
			parts = append(parts, []byte(part))
		}
		subject := k.Subject(parts...)
		if other, found := seen[subject]; found || len(subject) != 64 {
			t.Errorf("subject of %q: got %s, want 64 digits unlike those of %q", list, subject, other)
		}
		seen[subject] = list
	}
	if mine, theirs := k.Subject([]byte("a")), open(t, folder(t)).Subject([]byte("a")); mine == theirs {
		t.Error("two hubs made the same subject of one identifier")
	}
}

func TestAnErrorNeverQuotesAKey(t *testing.T) {
	at := folder(t)
	open(t, at)
	path := filepath.Join(at, subjectFile)
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(text[:40:40], 'x'), 0o600))
	_, err = Open(at)
	if err == nil || strings.Contains(err.Error(), string(text[:8])) {
		t.Errorf("error: got %v, want one without the key", err)
	}
}

func FuzzDecodersOfKeyFilesNeverPanic(f *testing.F) {
	signing, err := newSigning()
	if err != nil {
		f.Fatal(err)
	}
	subject, _ := newSubject()
	f.Add(signing)
	f.Add(subject)
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if key, err := decodeSigning(text); err == nil {
			if again, err := decodeSigning(encodeSigning(key)); err != nil || !key.Equal(again) {
				t.Errorf("a key that was read did not come back: %v", err)
			}
		}
		if key, err := decodeSubject(text); err == nil && len(key) != subjectBytes {
			t.Errorf("a subject key of %d bytes was taken", len(key))
		}
		decodePublic(text)
	})
}
