package state

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// crockford is base 32 without I, L, O and U, in ascending byte order, so that
// encoded identifiers sort as their bytes do.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewID makes an identifier of 26 characters: 48 bits of t in milliseconds,
// then 80 random bits. Identifiers sort by time.
func NewID(t time.Time) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(t.UnixMilli())<<16)
	rand.Read(raw[6:]) // never fails: crypto/rand stops the program instead
	return crockford.EncodeToString(raw[:])
}
