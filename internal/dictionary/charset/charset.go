// Package charset reads the encodings that Vietnamese text is found in, and
// finds out which one it is by evidence.
//
// In come bytes (Detect, NewReader, Encode) or a column of text that an
// earlier program decoded wrongly (DetectText, Mender, SQL). Out goes UTF-8,
// and a guess with the share of words that support it. It decides nothing
// alone: a guess is evidence for a contract, where the encoding is declared.
//
// Decoding loses nothing. A byte that the encoding does not define becomes
// the private-use character Mark + byte (U+F700 to U+F7FF), never U+FFFD, so
// that a row with broken text can be found, its byte shown, and the file's
// bytes made again by Encode. Only a byte order mark is dropped; and where an
// encoding writes one letter in two ways (VIQR, Windows-1258), Encode writes
// the shorter.
package charset

import (
	"bytes"
	"slices"
	"strings"

	sen "github.com/sen-hub/sen"
)

// The encodings, by the names that contracts use.
const (
	UTF8        = "UTF-8"
	UTF16LE     = "UTF-16LE"
	UTF16BE     = "UTF-16BE"
	TCVN3       = "TCVN3"        // TCVN 5712:1993 VN3, the ABC fonts (.VnTime)
	VNI         = "VNI"          // VNI Windows, one or two bytes a letter
	VISCII      = "VISCII"       // RFC 1456, one byte a letter, six of them control characters
	VIQR        = "VIQR"         // RFC 1456, letters and signs of ASCII: Nguye^~n
	Windows1258 = "Windows-1258" // vowels, with a tone behind as a byte of its own
	Windows1252 = "Windows-1252"
	Latin1      = "ISO-8859-1"
)

// Forms of text already in Unicode that a column may be in, besides the
// Vietnamese encodings read as Latin letters.
const (
	NFD        = "NFD"         // decomposed letters, to be composed
	TCVN3Upper = "TCVN3-H"     // capitals of the .VnTimeH fonts, decoded as small letters
	UTF8Twice  = "UTF-8-twice" // UTF-8 taken for Windows-1252 or Latin-1 and encoded again, once or twice
)

// Mark is the private-use character of byte 0; a byte b that cannot be
// decoded is Mark + b.
const Mark rune = 0xF700

// IsMark reports whether r stands for an undecodable byte.
func IsMark(r rune) bool { return r >= Mark && r <= Mark+0xFF }

// Names lists the encodings that NewReader reads.
func Names() []string {
	return []string{UTF8, UTF16LE, UTF16BE, TCVN3, VNI, VISCII, VIQR, Windows1258, Windows1252, Latin1}
}

// aliases are other names that people give, in the form of plain.
var aliases = map[string]string{"ascii": UTF8, "latin1": Latin1, "cp1252": Windows1252, "cp1258": Windows1258, "abc": TCVN3, "tcvn5712": TCVN3}

// plain is a name without what people write in different ways.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// Known is the name in Names that somebody's name for an encoding stands for,
// or several with + between them, of a file that mixes them line by line.
func Known(name string) (string, bool) {
	if old, ok := lineNames(name); ok {
		return strings.Join(append([]string{UTF8}, old...), "+"), true
	}
	return among(Names(), name)
}

func among(names []string, name string) (string, bool) {
	i := slices.IndexFunc(names, func(known string) bool { return plain(known) == plain(name) })
	if i >= 0 {
		return names[i], true
	}
	known, ok := aliases[plain(name)]
	return known, ok && slices.Contains(names, known)
}

var byteOrderMarks = map[string][]byte{
	UTF8: {0xEF, 0xBB, 0xBF}, UTF16LE: {0xFF, 0xFE}, UTF16BE: {0xFE, 0xFF},
}

// dropMark cuts the encoding's byte order mark off the head of a text.
func dropMark(name string, head []byte) []byte {
	own, _, _ := strings.Cut(name, "+")
	return bytes.TrimPrefix(head, byteOrderMarks[own])
}

func unknownEncoding(name string, known []string) error {
	return sen.Errorf(sen.Invalid, "encoding %q is not known", name).
		WithHint("use one of %s", strings.Join(known, ", "))
}
