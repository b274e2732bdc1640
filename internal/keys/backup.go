package keys

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/sen-hub/sen"
)

// Files are the names, below the folder of keys, of all that a backup must
// hold. The private ones come first: whoever copies them in this order has
// the public half of each, also where a key is rotated meanwhile.
func Files(folder string) ([]string, error) {
	public, err := filepath.Glob(filepath.Join(folder, publicFolder, "*.pem"))
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "look for public keys: %w", err)
	}
	out := []string{signingFile, subjectFile}
	for _, path := range public {
		out = append(out, publicFolder+"/"+filepath.Base(path))
	}
	for _, name := range out[:2] {
		if _, err := os.Lstat(filepath.Join(folder, name)); err != nil {
			return nil, sen.Errorf(sen.Corrupt, "the key %s is gone: %w", name, err).At("%s", folder).WithHint("put it back from a backup")
		}
	}
	slices.Sort(out[2:])
	return out, nil
}

// PublicFile is the name of a public key, below the folder of keys.
func PublicFile(keyID string) (string, error) {
	if !idForm.MatchString(keyID) {
		return "", sen.Errorf(sen.Invalid, "%q is no key id: it has 16 hexadecimal digits", keyID)
	}
	return publicFolder + "/" + keyID + ".pem", nil
}

// VerifyWith checks a signature with a public key that is handed in (PEM), as
// a backup brings it along. It proves that nothing was altered by somebody
// without the private key of that id; whether the id is the hub's own, only
// who knows it can say.
func VerifyWith(public []byte, keyID string, body, signature []byte) error {
	key, err := decodePublic(public)
	if err == nil && idOf(key) != keyID {
		err = errors.New("it is another key than its name says")
	}
	if err != nil {
		return sen.Errorf(sen.Corrupt, "the public key %s is damaged: %w", keyID, err)
	}
	if !ed25519.Verify(key, body, signature) {
		return sen.Errorf(sen.Corrupt, "the signature by key %s does not fit what was signed", keyID).
			WithHint("it was altered after it was signed; compare it with a copy")
	}
	return nil
}
