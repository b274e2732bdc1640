package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/sen-hub/sen"
)

const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

func newSigning() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return encodeSigning(key), err
}

func newSubject() ([]byte, error) {
	key := make([]byte, subjectBytes)
	rand.Read(key) // never fails: crypto/rand stops the program instead
	return append(hex.AppendEncode(nil, key), '\n'), nil
}

func encodeSigning(key ed25519.PrivateKey) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err) // an Ed25519 key always has a PKCS #8 form
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der})
}

func encodePublic(key ed25519.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err) // an Ed25519 key always has a PKIX form
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der})
}

func decodeSigning(text []byte) (ed25519.PrivateKey, error) {
	der, err := decodePEM(text, privateBlock)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	signing, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it holds a key of type %T, not Ed25519", key)
	}
	return signing, nil
}

func decodePublic(text []byte) (ed25519.PublicKey, error) {
	der, err := decodePEM(text, publicBlock)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("it holds a key of type %T, not Ed25519", key)
	}
	return public, nil
}

// decodePEM wants one block of the kind and nothing after it.
func decodePEM(text []byte, kind string) ([]byte, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("it is not one PEM block %q", kind)
	}
	return block.Bytes, nil
}

func decodeSubject(text []byte) ([]byte, error) {
	key, err := hex.DecodeString(string(bytes.TrimSuffix(text, []byte("\n"))))
	if err != nil {
		return nil, errors.New("it is not hexadecimal") // the cause would quote the key
	}
	if len(key) != subjectBytes {
		return nil, fmt.Errorf("it has %d bytes, want %d", len(key), subjectBytes)
	}
	return key, nil
}

func readPublic(path, id string) (ed25519.PublicKey, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, sen.Errorf(sen.NotFound, "this hub never had the key %s", id).
			WithHint("it was signed by another hub, or its public key was removed from %s", filepath.Dir(path))
	}
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "read a public key: %w", err)
	}
	key, err := decodePublic(text)
	if err == nil && idOf(key) != id {
		err = errors.New("it is another key than its name says")
	}
	return key, damaged(path, err)
}

// readPrivate reads a secret that only its owner may read.
func readPrivate(path string) ([]byte, error) {
	if err := private(path, 0o600); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "read a key: %w", err)
	}
	return text, nil
}

// private refuses what people other than the owner may read or change.
func private(path string, want os.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "look at a key: %w", err)
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return sen.Errorf(sen.Denied, "a key must be a plain file").At("%s", path).
			WithHint("put the file itself there, not a link to it")
	}
	if loose := info.Mode().Perm() & 0o077; loose != 0 {
		return sen.Errorf(sen.Denied, "other users can get at the hub's keys (mode %o)", info.Mode().Perm()).At("%s", path).
			WithHint("chmod %o %s", want, path)
	}
	return nil
}

func damaged(path string, err error) error {
	if err == nil {
		return nil
	}
	return sen.Errorf(sen.Corrupt, "the key file is damaged: %w", err).At("%s", path).
		WithHint("put it back from a backup")
}

// create writes a new file whole or not at all. Who comes second keeps the
// first one's.
func create(path string, text []byte) error {
	return place(path, text, func(temporary string) error {
		err := os.Link(temporary, path)
		if errors.Is(err, os.ErrExist) {
			return nil
		}
		return err
	})
}

// replace puts text in the place of a file, whole or not at all.
func replace(path string, text []byte) error {
	return place(path, text, func(temporary string) error { return os.Rename(temporary, path) })
}

// place writes text to a temporary file, syncs it, and lets put give it its name.
func place(path string, text []byte, put func(temporary string) error) error {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, ".new-*") // mode 0600
	if err != nil {
		return sen.Errorf(sen.Unavailable, "write a key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = put(f.Name())
	}
	if err == nil {
		err = syncFolder(folder)
	}
	if err != nil {
		return sen.Errorf(sen.Unavailable, "write a key: %w", err).At("%s", path).
			WithHint("see that the disk has room and that this user may write to %s", folder)
	}
	return nil
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// lock waits for its turn among processes that rotate.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "lock the keys: %w", err)
	}
	return f.Close, nil
}
