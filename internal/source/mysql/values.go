package mysql

import (
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// form is how a column's values come over the wire and how they land.
type form uint8

const (
	asPlain   form = iota // the server's own text, which is ASCII: numbers, dates, uuid, inet
	asText                // bytes that should be UTF-8
	asLatin               // bytes of MySQL's latin1, which has all 256
	asGuarded             // converted by the server; before it, the stored bytes in hexadecimal where that lost some
	asHex                 // bytes that are no text: \x and hexadecimal
	asBits                // a big-endian number, written in decimal
)

// column of a table.
type column struct {
	name, data, declared, charset, collation, extra, comment string
	nullable, unique                                         bool
	form                                                     form
	float                                                    bool // single precision: six digits of text lose some
	castsFloat                                               bool // the server can tell when they do
}

var hexTypes = []string{"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon",
	"multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector"}

// formed finds the form by the declared type.
func (c column) formed(v version) column {
	switch {
	case c.data == "bit":
		c.form = asBits
	case slices.Contains(hexTypes, c.data):
		c.form = asHex
	case c.data == "float":
		c.float, c.castsFloat = true, v.mariadb && v.number >= 100405 || !v.mariadb && v.number >= 80017
	case c.data == "json":
		c.form = asText
	case c.charset == "":
	case c.charset == "latin1":
		c.form = asLatin
	case slices.Contains([]string{"utf8mb4", "utf8mb3", "utf8", "ascii"}, c.charset):
		c.form = asText
	default:
		c.form = asGuarded
	}
	return c
}

// generated reports a column that the server computes.
func (c column) generated() bool {
	return strings.Contains(strings.ToUpper(c.extra), "GENERATED") && !strings.Contains(strings.ToUpper(c.extra), "DEFAULT_GENERATED")
}

var (
	wholeTypes   = []string{"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
	datedTypes   = []string{"date", "datetime", "timestamp", "time"}
	lettersTypes = []string{"char", "varchar"}
	bytesTypes   = []string{"binary", "varbinary"}
)

// ordered reports whether a value of the column can be written as a literal
// that the server compares as the index does. (Of an enumeration the index
// has the number, a comparison the text.)
func (c column) ordered() bool {
	return c.numeric() || slices.Contains(datedTypes, c.data) ||
		slices.Contains(lettersTypes, c.data) && c.form != asGuarded || slices.Contains(bytesTypes, c.data)
}

// divisible reports whether plan can cut a key that begins with the column.
func (c column) divisible() bool {
	return c.numeric() || slices.Contains(lettersTypes, c.data) || slices.Contains(bytesTypes, c.data)
}

func (c column) numeric() bool { return slices.Contains(wholeTypes, c.data) || c.data == "decimal" }

// literal is a value of the column, as it came over the wire, in SQL.
func (c column) literal(raw string) string {
	switch {
	case slices.Contains(bytesTypes, c.data):
		return "X'" + hex.EncodeToString([]byte(raw)) + "'"
	case slices.Contains(lettersTypes, c.data):
		return "_" + c.charset + " X'" + hex.EncodeToString([]byte(raw)) + "' COLLATE " + c.collation
	}
	return literal(raw)
}

// expressions are what a SELECT asks for the column.
func (c column) expressions() []string {
	name := ident(c.name)
	switch {
	case c.form == asGuarded:
		there := "CONVERT(" + name + " USING utf8mb4)"
		back := "CAST(CONVERT(" + there + " USING " + c.charset + ") AS BINARY)"
		return []string{"IF(LOCATE('?', " + there + ") > 0 AND " + back + " <> CAST(" + name + " AS BINARY), HEX(" + name + "), NULL)", there}
	case c.float:
		return []string{c.floatText()}
	}
	return []string{name}
}

// floatText is the server's own text of a single where that reads back as the
// same number, else its double's, which always does.
func (c column) floatText() string {
	name := ident(c.name)
	double := "CAST(" + name + " + 0e0 AS CHAR)"
	if !c.castsFloat {
		return double
	}
	return "IF(CAST(CAST(" + name + " AS CHAR) AS FLOAT) = " + name + ", CAST(" + name + " AS CHAR), " + double + ")"
}

// text is the column's text as it lands, as bytes, in the server's own SQL.
func (c column) text() string {
	name := ident(c.name)
	switch c.form {
	case asHex:
		return `CONCAT('\x', LOWER(HEX(` + name + ")))"
	case asBits:
		return "CAST(" + name + " + 0 AS CHAR)"
	case asLatin, asGuarded:
		return "CAST(CONVERT(" + name + " USING utf8mb4) AS BINARY)"
	case asText:
		return "CAST(" + name + " AS BINARY)"
	}
	if c.float {
		return c.floatText()
	}
	return "CAST(" + name + " AS CHAR)"
}

// latin1 is MySQL's: Windows-1252, whose five free places are the control
// characters of the same number. (strings/ctype-latin1.c of the server)
var latin1 = func() (out [256]rune) {
	for i := range out {
		out[i] = rune(i)
	}
	for i, r := range []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ") {
		out[0x80+i] = r
	}
	return out
}()

func appendLatin(dst, v []byte) []byte {
	for i, c := range v {
		if c >= utf8.RuneSelf {
			dst = append(dst, v[:i]...)
			for _, c := range v[i:] {
				dst = utf8.AppendRune(dst, latin1[c])
			}
			return dst
		}
	}
	return append(dst, v...)
}

func appendHex(dst, v []byte) []byte { return hex.AppendEncode(append(dst, `\x`...), v) }

func appendBits(dst, v []byte) []byte { return new(big.Int).SetBytes(v).Append(dst, 10) }
