package charset

import (
	"fmt"
	"slices"
	"strings"
)

// Thresholds of DetectText.
const (
	enoughForm   = 0.05 // share of the values above ASCII from which a form of Unicode is believed
	enoughOthers = 2    // values that must be read by an encoding, and by no other, before a column is said to mix it
)

// DetectText finds what is wrong with a column of text that is UTF-8
// already: bytes of a Vietnamese encoding or of UTF-8 that a program took for
// Windows-1252 or Latin-1 ("NguyÔn V¨n"), VIQR, the capitals of the .VnTimeH
// fonts ("NGUYễN"), or decomposed letters. Its answer is a name for MenderOf
// and SQL: one of ColumnNames, or several with + between them where values are
// in several, that of the most first; or UTF-8 when nothing is to be done.
func DetectText(samples []string) Guess {
	main := mainReading(samples)
	found := main
	rest := samples
	for {
		other, clear := nextReading(found.Name, rest)
		if clear == 0 {
			break
		}
		found = Guess{Name: found.Name + "+" + other, Share: main.Share, Evidence: fmt.Sprintf("%s; %d values are clearly %s", found.Evidence, clear, other)}
	}
	if found.Name == UTF8 {
		return byForm(samples, found)
	}
	return found
}

// mainReading is what most values of a column are in.
func mainReading(samples []string) Guess {
	joined := strings.Join(samples, "\n")
	if asciiPrefix([]byte(joined)) == len(joined) {
		return ofASCII([]byte(joined))
	}
	good, all := countWords(joined)
	most := countValues(samples, func(s string) bool { return asItIs(s) && !fitsLatin(s) })
	best := Guess{Name: UTF8, Share: ratio(good, all), Evidence: fmt.Sprintf("%.0f %% of the words above ASCII are Vietnamese syllables as they are", 100*ratio(good, all))}
	for _, name := range misread {
		read := readAll(name, samples)
		good, words := countWords(read)
		g := wordGuess(name, good, words)
		if g.Share < enoughWords || g.Share <= best.Share {
			continue
		}
		if n := countValues(samples, func(s string) bool { read, fits := reading(name, s); return fits && vietnamese(read) && !asItIs(s) }); n > most {
			best, most = g, n
		}
	}
	return best
}

func countValues(samples []string, ok func(string) bool) (n int) {
	for _, s := range samples {
		if ok(s) {
			n++
		}
	}
	return n
}

// readAll joins the samples, in the reading that a name gives where it gives one.
func readAll(name string, samples []string) string {
	read := make([]string, len(samples))
	for i, s := range samples {
		read[i], _ = reading(name, s)
	}
	return strings.Join(read, "\n")
}

// nextReading is the encoding that reads most of the values which the names
// so far leave unread, and by how many of them no other is meant.
func nextReading(names string, samples []string) (best string, clear int) {
	so, _ := MenderOf(names)
	counts := map[string]int{}
	for _, s := range samples {
		own, fits := reading(so.own, s)
		if fits && vietnamese(own) {
			continue
		}
		if asItIs(s) {
			if so.own != UTF8 && !fitsLatin(s) {
				counts[UTF8]++
			}
			continue
		}
		if _, changed := so.Mend(s); changed {
			continue
		}
		if name, _, ok := (Mender{others: columnReadings}).clear(s); ok {
			counts[name]++
		}
	}
	for _, name := range append([]string{UTF8}, columnReadings...) {
		if counts[name] >= enoughOthers && counts[name] > clear && !slices.Contains(strings.Split(names, "+"), name) {
			best, clear = name, counts[name]
		}
	}
	return best, clear
}

// fitsLatin: a program may have shown bytes as s.
func fitsLatin(s string) bool { _, ok := shownBytes(s); return ok }

// byForm looks for what is no wrong encoding but a wrong form of Unicode
// text: decomposed letters, small letters in capital words.
func byForm(samples []string, otherwise Guess) Guess {
	for _, name := range []string{NFD, TCVN3Upper} {
		changed, above := 0, 0
		for _, s := range samples {
			if asciiPrefix([]byte(s)) == len(s) {
				continue
			}
			above++
			if _, ok := reading(name, s); ok {
				changed++
			}
		}
		if share := ratio(changed, above); share >= enoughForm {
			return Guess{Name: name, Share: share, Evidence: fmt.Sprintf("%.0f %% of the values above ASCII %s", share*100, formEvidence[name])}
		}
	}
	return otherwise
}

var formEvidence = map[string]string{
	NFD:        "hold decomposed letters",
	TCVN3Upper: "are capitals with small letters among them, as fonts of the .VnTimeH kind leave behind",
}
