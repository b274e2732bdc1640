package contract

import (
	"strings"
	"testing"
)

// head is what every contract starts with: five lines.
const head = "apiVersion: v3.1.0\nkind: DataContract\nid: civil-status\nversion: 1.0.0\nstatus: active\n"

func parseErrors(t *testing.T, src string) Problems {
	t.Helper()
	c, problems := Parse("c.odcs.yaml", []byte(src), Options{})
	if errs := problems.Errors(); (c == nil) != (len(errs) > 0) {
		t.Errorf("contract is nil: %v, with %d errors; want nil exactly with errors", c == nil, len(errs))
	}
	return problems
}

func TestAProblemIsShownWithItsLineCaretsAndHint(t *testing.T) {
	src := head + `schema:
  - name: birth
    physicalName: khai_sinh
    quality:
      - name: every-year-present
        metric: duplicateValues
        mustBe: 0
        arguments:
          column: nam_dk
    properties:
      - {name: so_gks}
      - {name: ngay_dk}
`
	problems := parseErrors(t, src)
	if len(problems) != 1 {
		t.Fatalf("got %d problems, want 1: %v", len(problems), problems)
	}
	got := problems[0].Render([]byte(src))
	want := `c.odcs.yaml:14:19: error: quality rule "every-year-present" names column nam_dk, which object birth does not have
   14 │           column: nam_dk
      │                   ^^^^^^ did you mean ngay_dk?
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCaretsLineUpUnderWideCombiningAndVietnameseText(t *testing.T) {
	tests := []struct{ name, line, marks string }{
		{"Vietnamese", `tags: [Hộ tịch, 7]`, `                ^`},
		{"East Asian", `tags: [漢字, 7]`, `             ^`},
		{"combining before", "tags: [Ho\u0323\u0302, 7]", `           ^`},
		{"tab before", "tags: [a,\t7]", "             ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := head + tt.line + "\n"
			problems := parseErrors(t, src)
			if len(problems) != 1 {
				t.Fatalf("got %v, want one problem", problems)
			}
			lines := strings.Split(problems[0].Render([]byte(src)), "\n")
			got, _, _ := strings.Cut(lines[2], "^")
			want, _, _ := strings.Cut("      │ "+tt.marks, "^")
			if got != want {
				t.Errorf("got %q before the caret, want %q\n%s", got, want, strings.Join(lines, "\n"))
			}
		})
	}
}

func TestALongOrHostileLineIsShownShortAndSafe(t *testing.T) {
	src := head + "name: [" + strings.Repeat("x, ", 5000) + "\"\u202e\"]\n"
	for _, p := range parseErrors(t, src) {
		shown := p.Render([]byte(src))
		if len(shown) > 1500 || strings.ContainsRune(shown, '\u202e') {
			t.Errorf("got %d bytes shown, with a direction override: %v", len(shown), strings.ContainsRune(shown, '\u202e'))
		}
	}
}

func TestNearMissesAreSuggested(t *testing.T) {
	tests := []struct{ word, want string }{
		{"requird", "required"}, {"logical_type", "logicalType"}, {"covrage", "coverage"}, {"qualtiy", "quality"}, {"zzz", ""}, {"", ""},
	}
	candidates := []string{"required", "logicalType", "coverage", "quality"}
	for _, tt := range tests {
		if got := Nearest(tt.word, candidates); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}

// The word at a problem's line and column is the one it is about, after block
// scalars, folded text, quotes over lines, comments, and Vietnamese text.
func TestEveryPlaceInAFileIsWhereItsWordStands(t *testing.T) {
	src := `# Dữ liệu khai sinh
apiVersion: v3.1.0
kind: DataContract
id: x
version: "1"
status: active
description:
  purpose: |
    Xin chào

      thế giới: không phải khoá
  usage: >-
    gấp lại
    một dòng
  limitations: "nhiều
    dòng"
name: Hộ tịch # chú thích
tags: ["thẻ một", 'thẻ hai', thẻ ba]
schema:
- name: birth
  description: nhiều
    dòng trần
  properties: [{name: số, description: "đ"}, {name: tên}]
- {name: death, properties: [
    {name: a},   {name: b}]}
`
	for _, newline := range []string{"\n", "\r\n"} {
		text := strings.ReplaceAll(src, "\n", newline)
		for _, bom := range []string{"", "\ufeff"} {
			root, problems := readYAML([]byte(bom + text))
			if len(problems) > 0 {
				t.Fatalf("got %v, want none", problems)
			}
			checkPlaces(t, root, strings.Split(src, "\n"))
		}
	}
}

func checkPlaces(t *testing.T, n *node, lines []string) {
	t.Helper()
	at := func(n *node, want string) {
		line := []rune(lines[n.line-1])
		if n.column > len(line) || !strings.HasPrefix(strings.TrimLeft(string(line[n.column-1:]), `"'`), want) {
			t.Errorf("line %d column %d is %q, want %q", n.line, n.column, string(line[min(n.column-1, len(line)):]), want)
		}
	}
	for _, e := range n.entries {
		at(e.key, e.key.text)
		checkPlaces(t, e.value, lines)
	}
	for _, item := range n.items {
		checkPlaces(t, item, lines)
	}
	if n.kind == aText && !strings.ContainsAny(lines[n.line-1][:], "|>") {
		word, _, _ := strings.Cut(n.text, " ")
		at(n, word)
	}
}
