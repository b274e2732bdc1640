package terminal_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/text"
)

func TestATableAlignsWideCharactersAndDecomposedLetters(t *testing.T) {
	var out bytes.Buffer
	table := terminal.Table{Align: "lr", Head: []string{"tên", "n"}, Left: 2}
	table.Add(terminal.C("漢字"), terminal.C(1))
	table.Add(terminal.C(norm.NFD.String("hộ tịch")), terminal.C(20000))
	table.Write(terminal.Screen{Writer: &out})
	want := "  tên          n\n  漢字         1\n  " + norm.NFD.String("hộ tịch") + "  20000\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestATableFitsItsScreen(t *testing.T) {
	var out bytes.Buffer
	table := terminal.Table{Align: "lrl", Left: 2}
	table.Add(terminal.C(strings.Repeat("a", 70)), terminal.C("12,345"), terminal.C(strings.Repeat("b", 50)))
	table.Write(terminal.Screen{Writer: &out, Columns: 60})
	line := strings.TrimRight(out.String(), "\n")
	if text.Width(line) > 60 || !strings.Contains(line, "12,345") {
		t.Errorf("line of %d cells, want at most 60 with the number whole:\n%s", text.Width(line), line)
	}
}

func TestColoursAreLeftOutWhereNobodyWantsThem(t *testing.T) {
	if got := (terminal.Screen{}).Paint(terminal.Bad, "x"); got != "x" {
		t.Errorf("got %q, want x", got)
	}
	if got := (terminal.Screen{Colour: true}).Paint(terminal.Bad, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
}

func TestValuesCannotMoveTheCursor(t *testing.T) {
	if got, want := terminal.Clean("a\x1b[2Jb\u202ec\nd\x00"), "a\uFFFD[2Jb\uFFFDc d\uFFFD"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
