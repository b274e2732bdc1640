package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"

	"github.com/sen-hub/sen"
)

// The cost of a password: RFC 9106, section 4, second recommended option.
const (
	passes  = 3
	kib     = 64 << 10
	lanes   = 4
	saltLen = 16
	keyLen  = 32
)

// atOnce bounds how many passwords are hashed side by side: each takes 64 MiB.
var atOnce = make(chan struct{}, 2)

func derive(password string, salt []byte, t, m uint32, p uint8) []byte {
	atOnce <- struct{}{}
	defer func() { <-atOnce }()
	return argon2.IDKey([]byte(password), salt, t, m, p, keyLen)
}

// hashPassword is a PHC string.
func hashPassword(password string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", sen.Errorf(sen.Internal, "draw a salt: %w", err)
	}
	key := derive(password, salt, passes, kib, lanes)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, kib, passes, lanes, b.EncodeToString(salt), b.EncodeToString(key)), nil
}

// verifyPassword compares in constant time. A hash that cannot be read fits no
// password.
func verifyPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || len(password) > 1024 {
		return false
	}
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || m > 1<<21 || t > 100 || p == 0 || t == 0 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare(derive(password, salt, t, m, p), key) == 1
}

// nobody is the hash of a password that nobody has.
var nobody = sync.OnceValue(func() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	hash, _ := hashPassword(string(raw))
	return hash
})
