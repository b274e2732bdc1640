package main

import (
	"strings"
	"testing"
)

func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	for _, value := range []string{"=1+1", "+84", "-5", "@x", "\tx", "", "Nguyễn", "12"} {
		text, err := caseWriters["csv"]([]caseRow{{Case: "C-000001", Value: value, Reply: "reject", Note: value}})
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range strings.Split(strings.TrimSpace(strings.SplitN(string(text), "\n", 2)[1]), ",") {
			if cell != "" && strings.ContainsRune("=+-@\t", rune(strings.Trim(cell, `"`)[0])) {
				t.Errorf("%q is written as %q", value, cell)
			}
		}
		replies, _, err := parseReplies("x.csv", text)
		if err != nil || len(replies) != 1 || replies[0].Note != strings.TrimSpace(value) {
			t.Errorf("%q comes back as %+v, %v", value, replies, err)
		}
	}
}

func TestAWorkbookOfCasesComesBackAsItWasFilledIn(t *testing.T) {
	text, err := caseWriters["xlsx"]([]caseRow{{Case: "C-000001", Key: "id=001", Value: "=1+1"}, {Case: "C-000002", Reply: "more-time", Until: "2026-12-31"}})
	if err != nil {
		t.Fatal(err)
	}
	replies, lines, err := parseReplies("x.xlsx", text)
	if err != nil || len(replies) != 1 || replies[0].Case != 2 || replies[0].Until.Format("2006-01-02") != "2026-12-31" || lines[0] != 3 {
		t.Errorf("got %+v at %v, %v", replies, lines, err)
	}
}

// Whatever the file: no panic, and each reply has its line.
func FuzzReplies(f *testing.F) {
	f.Add([]byte("case,reply\nC-1,accept\n"))
	f.Add([]byte(`[{"case":"C-1","reply":"reject","note":"x","until":"2026-01-01"}]`))
	f.Add([]byte("reply,case,until\naccept,2,2026-99-99\n\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		replies, lines, err := parseReplies("f", text)
		if err == nil && len(replies) != len(lines) {
			t.Errorf("%d replies, %d lines", len(replies), len(lines))
		}
	})
}
