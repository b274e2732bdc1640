package rows

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzSoundAndRepairAgreeWithTheStandardLibrary(f *testing.F) {
	for _, seed := range []string{"", "Nguyễn Thị Hồng", "a\x00b", "\xff\xfe", "\xed\xa0\x80", "\xf4\x90\x80\x80", "12345678ế\xe1\xba", "\uf701", "\ufffd"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want := utf8.Valid(text) && bytes.IndexByte(text, 0) < 0
		if got := Sound(text, false); got != want {
			t.Errorf("%q: sound %v, want %v", text, got, want)
		}
		repaired, fault := Repair(nil, text, false)
		if !Sound(repaired, false) || (fault == "") != want || want && !bytes.Equal(repaired, text) {
			t.Errorf("%q was repaired to %q, %q", text, repaired, fault)
		}
		if whole := Whole(text); utf8.Valid(text) && len(whole) != len(text) {
			t.Errorf("%q was cut to %q", text, whole)
		}
		marked := strings.ContainsFunc(string(text), func(r rune) bool { return r >= Escape && r <= Escape+0xFF })
		if want && Sound(text, true) == marked {
			t.Errorf("%q: sound beside escapes is %v", text, !marked)
		}
	})
}

func TestNamesAreMadeUnique(t *testing.T) {
	got := Unique([]string{"a", "", "A", "a_2", "a", "_ROW", "x\x00\xff"})
	want := []string{"a", "column_2", "A_3", "a_2", "a_4", "_ROW_2", "x??"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
