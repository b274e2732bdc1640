package charset

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// A file to which programs of different ages have appended is UTF-8 in some
// lines and an old encoding in others. It is named UTF-8+TCVN3, and read line
// by line: what is well-formed UTF-8 is that, another line is in the old
// encoding whose words it holds, and a line that is neither keeps its marks.

// lineEncodings are those that a line can be told to be in.
var lineEncodings = []string{TCVN3, VNI, VISCII, Windows1258}

const (
	longLine  = 32 << 10 // bytes at which a line is cut, to be decided in parts
	lineWords = 0.75     // share of valid syllables from which a line is believed
)

// lineNames are the old encodings of a name such as UTF-8+TCVN3+VNI.
func lineNames(name string) (old []string, ok bool) {
	parts := strings.Split(name, "+")
	if len(parts) < 2 || plain(parts[0]) != plain(UTF8) {
		return nil, false
	}
	for _, part := range parts[1:] {
		known, ok := among(lineEncodings, part)
		if !ok {
			return nil, false
		}
		old = append(old, known)
	}
	return old, true
}

func decodeLines(old []string) decode {
	return func(dst, src []byte, end bool) ([]byte, int) {
		i := 0
		for i < len(src) {
			n := lineLength(src[i:], end)
			if n == 0 {
				break
			}
			dst = appendLine(dst, src[i:i+n], old)
			i += n
		}
		return dst, i
	}
}

// lineLength is how many bytes at the head of b are a line, its end included;
// 0 where more must be seen.
func lineLength(b []byte, end bool) int {
	head := b[:min(len(b), longLine)]
	switch n := bytes.IndexByte(head, '\n'); {
	case n >= 0:
		return n + 1
	case len(head) == longLine:
		return max(1, wholeRunes(head))
	case end:
		return len(b)
	}
	return 0
}

func appendLine(dst, line []byte, old []string) []byte {
	// Two bytes of an old encoding can be one letter of a foreign script by
	// chance: a whole line of Vietnamese is none.
	if valid := utf8.Valid(line); !valid || bytes.ContainsFunc(line, isForeign) {
		if _, text, ok := readLine(line, old); ok && (!valid || vietnamese(text)) {
			return append(dst, text...)
		}
	}
	dst, _ = decodeUTF8(dst, line, true)
	return dst
}

// readLine is a line as the encodings among old read it whose words it holds;
// false where none does, and where two do and differ.
func readLine(line []byte, old []string) (names []string, text string, ok bool) {
	best := 0.0
	for _, name := range old {
		read, _ := Decode(name, line) // the name is known
		good, all := countWords(read)
		share := ratio(good, all)
		switch {
		case strings.ContainsFunc(read, IsMark) || share < lineWords || share < best:
		case share > best:
			names, text, best, ok = []string{name}, read, share, true
		case read == text:
			names = append(names, name)
		default:
			ok = false
		}
	}
	return names, text, ok
}

// byLines finds a file that mixes UTF-8 with old encodings, line by line: g is
// what it is for the most part.
func byLines(sample []byte, g Guess) Guess {
	var lines [][]string // of each line in an old encoding, those that read it
	unicode := 0
	for line := range bytes.Lines(sample) {
		switch {
		case asciiPrefix(line) == len(line) || line[len(line)-1] != '\n':
		case utf8.Valid(line):
			unicode++
		default:
			if names, _, ok := readLine(line, lineEncodings); ok {
				lines = append(lines, names)
			}
		}
	}
	names := append([]string{UTF8}, mostRead(lines)...)
	if len(names) == 1 || unicode < enoughOthers || g.Name != UTF8 && !slices.Contains(names, g.Name) {
		return g
	}
	g.Name = strings.Join(names, "+")
	g.Evidence += "; the file mixes encodings, line by line"
	return g
}

// mostRead is the encoding that reads most lines, then that which reads most
// of the rest, while there are enough.
func mostRead(lines [][]string) (out []string) {
	for {
		counts, best := map[string]int{}, ""
		for _, names := range lines {
			for _, name := range names {
				counts[name]++
			}
		}
		for _, name := range lineEncodings {
			if counts[name] >= enoughOthers && counts[name] > counts[best] {
				best = name
			}
		}
		if best == "" {
			return out
		}
		out = append(out, best)
		lines = slices.DeleteFunc(lines, func(names []string) bool { return slices.Contains(names, best) })
	}
}
