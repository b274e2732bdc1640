package contract

import (
	"strings"

	sen "github.com/sen-hub/sen"
)

// Profile is what was found in a source: Draft writes a contract from it. It
// holds figures and evidence, never a person's values.
type Profile struct {
	Agency  string // the contract's id: "civil-status"
	Name    string // what people call it; may be empty
	Servers []ServerProfile
	Objects []ObjectProfile
}

// ServerProfile is where the source is.
type ServerProfile struct {
	Name  string            // "live", "files"; empty: the type's name
	Type  string            // a server type of ODCS; for files "local"
	Facts map[string]string // path, format, host, …; delimiter, encoding, header, table and what else the type has no field for become custom properties
}

// ObjectProfile is one table or file.
type ObjectProfile struct {
	Name          string // proposed: snake_case ASCII; empty: made from PhysicalName
	PhysicalName  string
	PhysicalType  string // table, view, file; may be empty
	Server        string // the server's name; empty: the first
	Description   string
	Rows          int64 // -1 = unknown
	Estimated     bool  // Rows is the source's own estimate
	Sampled       int64 // rows looked at
	Columns       []ColumnProfile
	Keys          []KeyProfile // candidates, the proposed one first
	Relationships []RelationshipProfile
	Reading       []string // how the source is read, and by what evidence
	Unsure        []string // questions to a person
}

// KeyProfile is a candidate key, by physical column names.
type KeyProfile struct {
	Columns  []string
	Evidence string // "unique in all 31,204 rows"
}

// RelationshipProfile is a foreign key that the values show.
type RelationshipProfile struct {
	Columns   []string // physical names
	To        sen.Dataset
	ToColumns []string // property names there
	Found     float64  // the share of values found there, 0 to 1
}

// ColumnProfile is one column.
type ColumnProfile struct {
	Name             string // proposed: snake_case ASCII; empty: made from PhysicalName
	PhysicalName     string
	LogicalType      string // of ODCS; empty: string
	PhysicalType     string // the source's own; may be empty
	Description      string
	Optional         bool   // the source itself says that it may be empty
	Decimal          string // of numbers: the separator that the source is known to write; empty: by evidence
	Format           string // of dates and times, as logicalTypeOptions has it
	NullShare        float64
	Distinct         int64 // an estimate; 0 = unknown
	MinLength        int   // characters; MaxLength 0 = unknown
	MaxLength        int
	Min, Max         string // smallest and greatest value, only where not personal
	Element          string // the data element recognised; may be empty
	ElementShare     float64
	ElementEvidence  string
	Encoding         string // an old encoding recognised; empty: Unicode
	EncodingEvidence string
	Classification   string   // public, internal, personal, personal-identifier, …; may be empty
	ValidValues      []string // a closed list of codes; only where not personal
	Samples          []string // a few values; left out where personal
	BornOn, BornAt   string   // of a personal identity number: the physical columns that
	Sex              string   // describe the same person
	Notes            []string
	Unsure           string // a question to a person
}

// personal reports whether values of the column may not be shown.
func (c ColumnProfile) personal() bool {
	class := fold(c.Classification)
	return strings.Contains(class, "personal") || strings.Contains(class, "secret") || strings.Contains(class, "sensitive") || strings.Contains(class, "restricted")
}

// vietnamese folds each accented letter of Vietnamese to its base.
var vietnamese = func() *strings.Replacer {
	var pairs []string
	for base, letters := range map[string]string{
		"a": "àáạảãâầấậẩẫăằắặẳẵ", "e": "èéẹẻẽêềếệểễ", "i": "ìíịỉĩ", "o": "òóọỏõôồốộổỗơờớợởỡ",
		"u": "ùúụủũưừứựửữ", "y": "ỳýỵỷỹ", "d": "đ",
	} {
		for _, letter := range letters {
			pairs = append(pairs, string(letter), base)
		}
	}
	return strings.NewReplacer(pairs...)
}()

// SnakeName proposes a name from one in a source: ASCII letters, digits and
// underscores, starting with a letter. "Ngày sinh" is ngay_sinh, "bornOn" is
// born_on. It is "" where nothing can be made of it.
func SnakeName(s string) string {
	var b strings.Builder
	lower := false
	for _, c := range vietnamese.Replace(splitCapitals(s)) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
			lower = true
		case c >= 0x300 && c <= 0x36f: // a combining accent of NFD text
		case lower:
			b.WriteByte('_')
			lower = false
		}
	}
	name := strings.Trim(b.String(), "_")
	if name != "" && name[0] <= '9' {
		name = "n" + name
	}
	if len(name) > 60 {
		name = strings.TrimRight(name[:60], "_")
	}
	return name
}

// splitCapitals puts an underscore where a capital follows a small letter, and
// makes all letters small.
func splitCapitals(s string) string {
	var b strings.Builder
	small := false
	for _, c := range s {
		capital := c >= 'A' && c <= 'Z'
		if capital && small {
			b.WriteByte('_')
		}
		small = c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}
