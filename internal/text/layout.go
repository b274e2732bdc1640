package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is the number of terminal cells that s takes: none for combining
// marks, two for wide and fullwidth letters (Unicode Standard Annex #11).
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || unicode.IsControl(r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Cut shortens s to at most n cells, and says so with an ellipsis.
func Cut(s string, n int) string {
	if Width(s) <= n {
		return s
	}
	var b strings.Builder
	used := 0
	for _, r := range s {
		if used += runeWidth(r); used > n-1 {
			break
		}
		b.WriteRune(r)
	}
	if n > 0 {
		b.WriteRune('…')
	}
	return b.String()
}

// Left fills s up to n cells on its right; Right on its left.
func Left(s string, n int) string { return s + fill(s, n) }

// Right fills s up to n cells on its left.
func Right(s string, n int) string { return fill(s, n) + s }

func fill(s string, n int) string { return strings.Repeat(" ", max(n-Width(s), 0)) }

// Wrap breaks s at spaces into lines of at most n cells; a longer word stands
// alone on its line.
func Wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) > n:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

var eighths = []rune("▁▂▃▄▅▆▇█")

// Bar is a single cell filled as high as a share between 0 and 1.
func Bar(share float64) string {
	i := int(share * float64(len(eighths)))
	return string(eighths[min(max(i, 0), len(eighths)-1)])
}

var parts = []rune("▏▎▍▌▋▊▉█")

// Bars is a bar of n cells, filled from the left by a share between 0 and 1;
// what is not filled is dots.
func Bars(share float64, n int) string {
	filled := int(min(max(share, 0), 1)*float64(n*len(parts)) + 0.5)
	out := strings.Repeat(string(parts[len(parts)-1]), filled/len(parts))
	if rest := filled % len(parts); rest > 0 {
		out += string(parts[rest-1])
	}
	return out + strings.Repeat("·", n-Width(out))
}

// Spark draws a row of values; the lowest and the highest of low, high and the
// values are its ends, so that a line that hardly moves looks flat.
func Spark(values []float64, low, high float64) string {
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	var b strings.Builder
	for _, v := range values {
		if high == low {
			b.WriteString(Bar(0.5))
			continue
		}
		b.WriteString(Bar((v - low) / (high - low)))
	}
	return b.String()
}
