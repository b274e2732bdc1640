// Package charset reads the encodings that Vietnamese text is found in, and
// finds out which one it is by evidence.
//
// In come bytes (Detect, NewReader, Encode) or a column of text that an
// earlier program decoded wrongly (DetectText, Repair, SQL). Out goes UTF-8,
// and a guess with the share of words that support it. It decides nothing
// alone: a guess is evidence for a contract, where the encoding is declared.
//
// Decoding loses nothing. A byte that the encoding does not define becomes
// the private-use character Mark + byte (U+F700 to U+F7FF), never U+FFFD, so
// that a row with broken text can be found, its byte shown, and the file's
// bytes made again by Encode. Only a byte order mark is dropped.
package charset

import (
	"bytes"

	sen "github.com/sen-hub/sen"
)

// The encodings, by the names that contracts use.
const (
	UTF8        = "UTF-8"
	UTF16LE     = "UTF-16LE"
	UTF16BE     = "UTF-16BE"
	TCVN3       = "TCVN3" // TCVN 5712:1993 VN3, the ABC fonts (.VnTime)
	VNI         = "VNI"   // VNI Windows, one or two bytes a letter
	Windows1252 = "Windows-1252"
	Latin1      = "ISO-8859-1"
)

// Forms of text already in Unicode that DetectText and Repair know besides
// TCVN3 and VNI read as Latin letters.
const (
	NFD        = "NFD"     // decomposed letters, to be composed
	TCVN3Upper = "TCVN3-H" // capitals of the .VnTimeH fonts, decoded as small letters
)

// Mark is the private-use character of byte 0; a byte b that cannot be
// decoded is Mark + b.
const Mark rune = 0xF700

// IsMark reports whether r stands for an undecodable byte.
func IsMark(r rune) bool { return r >= Mark && r <= Mark+0xFF }

// Names lists the encodings that NewReader reads.
func Names() []string { return []string{UTF8, UTF16LE, UTF16BE, TCVN3, VNI, Windows1252, Latin1} }

var byteOrderMarks = map[string][]byte{
	UTF8: {0xEF, 0xBB, 0xBF}, UTF16LE: {0xFF, 0xFE}, UTF16BE: {0xFE, 0xFF},
}

// dropMark cuts the encoding's byte order mark off the head of a text.
func dropMark(name string, head []byte) []byte {
	return bytes.TrimPrefix(head, byteOrderMarks[name])
}

func unknownEncoding(name string) error {
	return sen.Errorf(sen.Invalid, "encoding %q is not known", name).
		WithHint("use one of UTF-8, UTF-16LE, UTF-16BE, TCVN3, VNI, Windows-1252, ISO-8859-1")
}
