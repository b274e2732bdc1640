// Package sen holds the nouns that several rooms of the hub share: the name
// of a dataset, who asks and why, the position in a source, and the one error
// type. It imports the standard library only and stays small.
package sen

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// Version is the version of the program and of the hub folders it writes.
const Version = "0.1.0"

// Dataset names one object of one contract: "agency.object", for example
// "civil-status.birth". A prefix (an agency) names all datasets below it.
type Dataset string

var datasetForm = regexp.MustCompile(`^[\pL\pN][\pL\pN_-]*\.[\pL\pN][\pL\pN_-]*$`)

// ParseDataset checks the form "agency.object": letters, digits, '-' and '_'.
func ParseDataset(s string) (Dataset, error) {
	if !datasetForm.MatchString(s) {
		return "", Errorf(Invalid, "dataset name %q is not of the form agency.object", s).
			WithHint("a dataset is an object of a contract, for example civil-status.birth")
	}
	return Dataset(s), nil
}

// Agency is the part before the dot.
func (d Dataset) Agency() string { a, _, _ := strings.Cut(string(d), "."); return a }

// Object is the part after the dot.
func (d Dataset) Object() string { _, o, _ := strings.Cut(string(d), "."); return o }

// Within reports whether the dataset is prefix itself or lies below it.
func (d Dataset) Within(prefix string) bool {
	return prefix == "" || string(d) == prefix || strings.HasPrefix(string(d), prefix+".")
}

// Principal is who asks: on the command line, the operator.
type Principal struct {
	ID     string `json:"id"`               // "operator:alice"
	Role   string `json:"role"`             // "operator"
	Agency string `json:"agency,omitempty"` // whose data somebody of an agency sees
}

// Purpose is why personal data is read. An empty purpose never opens the door.
type Purpose string

// Digest is a SHA-256 sum.
type Digest [32]byte

// String is the sum in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short shows both ends of the sum, as people compare them: "8c1f…e0".
func (d Digest) Short() string {
	s := d.String()
	return s[:4] + "…" + s[len(s)-2:]
}

// MarshalText writes hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads hexadecimal.
func (d *Digest) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil || len(raw) != len(d) {
		return fmt.Errorf("digest %q is not 64 hexadecimal digits", b)
	}
	copy(d[:], raw)
	return nil
}
