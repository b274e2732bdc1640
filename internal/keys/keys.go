// Package keys holds the hub's own secrets: the Ed25519 key that signs
// certificates and journal entries, and the HMAC key that turns a person's
// identifier into a subject that says nothing to whoever lacks the key. What
// comes in are bytes to sign, to verify or to hide; what goes out are
// signatures and hashes. No private key ever leaves this package, but as files
// that a backup copies.
//
// The folder:
//
//	signing.pem      the private signing key, PKCS #8 (RFC 5958, RFC 8410)
//	subject.key      the HMAC key, 64 hexadecimal digits
//	public/ID.pem    every public key there ever was (RFC 8410), for any tool
//
// Folder and files belong to their owner alone; looser permissions are refused.
package keys

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/sen-hub/sen"
)

const (
	signingFile  = "signing.pem"
	subjectFile  = "subject.key"
	publicFolder = "public"
	lockFile     = "rotate.lock"

	subjectBytes  = 32
	subjectDomain = "sen subject v1"
)

// Keys are the hub's keys, loaded. They are safe for concurrent use.
type Keys struct {
	folder  string
	subject []byte

	mu      sync.RWMutex
	signing ed25519.PrivateKey
	id      string
	public  map[string]ed25519.PublicKey // verified ones, by id
}

// Open loads the keys in folder, and makes them on first use. Several
// processes may do so at once; all get the same keys. Errors: Denied for loose
// permissions, Corrupt for a key that is cut short, altered or missing where
// there was one, Unavailable when the disk refuses.
func Open(folder string) (*Keys, error) {
	if err := os.MkdirAll(filepath.Join(folder, publicFolder), 0o700); err != nil {
		return nil, sen.Errorf(sen.Unavailable, "make the folder of keys: %w", err)
	}
	if err := private(folder, 0o700); err != nil {
		return nil, err
	}
	k := &Keys{folder: folder, public: map[string]ed25519.PublicKey{}}
	for _, step := range []func() error{k.makeMissing, k.loadSubject, k.loadSigning} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// KeyID is the id of the key that signs now: the first eight bytes of the
// SHA-256 of the public key, in hexadecimal.
func (k *Keys) KeyID() string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.id
}

// Sign signs body (Ed25519, RFC 8032) with the newest key and names that key.
func (k *Keys) Sign(body []byte) (signature []byte, keyID string) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return ed25519.Sign(k.signing, body), k.id
}

// Verify checks a signature by any key the hub ever had. Errors: NotFound when
// the hub has no such key, Corrupt when body and signature do not belong
// together.
func (k *Keys) Verify(keyID string, body, signature []byte) error {
	key, err := k.publicKey(keyID)
	if err != nil {
		return err
	}
	if !ed25519.Verify(key, body, signature) {
		return sen.Errorf(sen.Corrupt, "the signature by key %s does not fit what was signed", keyID).
			WithHint("it was altered after it was signed; compare it with a copy")
	}
	return nil
}

// Subject hides an identifier: HMAC-SHA256 (RFC 2104) over the parts, each
// with its length before it, so that no two lists of parts collide. 64
// hexadecimal digits. The key stays when the signing key is rotated: a person
// must find every entry about them.
func (k *Keys) Subject(parts ...[]byte) string {
	mac := hmac.New(sha256.New, k.subject)
	write := func(part []byte) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write(part)
	}
	write([]byte(subjectDomain))
	for _, part := range parts {
		write(part)
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// Rotate makes a new signing key and signs with it from now on. What older
// keys signed still verifies. Another process goes on with the older key until
// it starts again.
func (k *Keys) Rotate() (keyID string, err error) {
	unlock, err := lock(filepath.Join(k.folder, lockFile))
	if err != nil {
		return "", err
	}
	defer func() { _ = unlock() }()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	// The public half first: a signature whose key nobody can find would be
	// worse than a public key that never signed.
	if err := k.publish(key); err != nil {
		return "", err
	}
	if err := replace(filepath.Join(k.folder, signingFile), encodeSigning(key)); err != nil {
		return "", err
	}
	k.use(key)
	return k.KeyID(), nil
}

// makeMissing makes the keys of a new folder. Public keys are written last, so
// where one lies the others must have been.
func (k *Keys) makeMissing() error {
	used, err := k.wasUsed()
	if err != nil {
		return err
	}
	for _, secret := range []struct {
		name string
		make func() ([]byte, error)
	}{{subjectFile, newSubject}, {signingFile, newSigning}} {
		path := filepath.Join(k.folder, secret.name)
		_, err := os.Lstat(path)
		switch {
		case err == nil:
			continue
		case !errors.Is(err, os.ErrNotExist):
			return sen.Errorf(sen.Unavailable, "look for a key: %w", err)
		case used:
			return sen.Errorf(sen.Corrupt, "the key %s is gone", secret.name).At("%s", path).
				WithHint("put it back from a backup; a new one could neither find nor sign for what the old one made")
		}
		text, err := secret.make()
		if err != nil {
			return err
		}
		if err := create(path, text); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keys) wasUsed() (bool, error) {
	published, err := os.ReadDir(filepath.Join(k.folder, publicFolder))
	if err != nil {
		return false, sen.Errorf(sen.Unavailable, "look for public keys: %w", err)
	}
	for _, entry := range published {
		if filepath.Ext(entry.Name()) == ".pem" {
			return true, nil
		}
	}
	return false, nil
}

func (k *Keys) loadSubject() error {
	path := filepath.Join(k.folder, subjectFile)
	text, err := readPrivate(path)
	if err != nil {
		return err
	}
	k.subject, err = decodeSubject(text)
	return damaged(path, err)
}

func (k *Keys) loadSigning() error {
	path := filepath.Join(k.folder, signingFile)
	text, err := readPrivate(path)
	if err != nil {
		return err
	}
	key, err := decodeSigning(text)
	if err != nil {
		return damaged(path, err)
	}
	if err := k.publish(key); err != nil {
		return err
	}
	k.use(key)
	return nil
}

func (k *Keys) use(key ed25519.PrivateKey) {
	public := key.Public().(ed25519.PublicKey)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.signing, k.id = key, idOf(public)
	k.public[k.id] = public
}

// publish puts the public half where Verify and other people's tools find it.
func (k *Keys) publish(key ed25519.PrivateKey) error {
	public := key.Public().(ed25519.PublicKey)
	path := k.publicPath(idOf(public))
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return create(path, encodePublic(public))
}

func (k *Keys) publicPath(id string) string {
	return filepath.Join(k.folder, publicFolder, id+".pem")
}

var idForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

func idOf(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

func (k *Keys) publicKey(id string) (ed25519.PublicKey, error) {
	k.mu.RLock()
	key, known := k.public[id]
	k.mu.RUnlock()
	if known {
		return key, nil
	}
	if !idForm.MatchString(id) { // an id names a file: nothing else may
		return nil, sen.Errorf(sen.Invalid, "%q is no key id: it has 16 hexadecimal digits", id)
	}
	key, err := readPublic(k.publicPath(id), id)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.public[id] = key
	return key, nil
}
