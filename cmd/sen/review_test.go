package main

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/text"
)

func TestAPersonIsAskedUntilTheyAnswer(t *testing.T) {
	for lang, typed := range map[string]string{"en": "what?\ns\n D \nk\nq\n", "vi": "gì\nm\nk\nb\nt\n"} {
		var out bytes.Buffer
		p := &program{lang: text.LangOf(lang), screen: terminal.Screen{Writer: &out}}
		lines := bufio.NewScanner(strings.NewReader(typed))
		var got []string
		for {
			verdict, goOn := p.ask(lines)
			if !goOn {
				break
			}
			got = append(got, verdict)
		}
		if want := []string{decision.Same, decision.Different, ""}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
		if _, goOn := p.ask(lines); goOn {
			t.Errorf("%s: asks on when nobody is there", lang)
		}
	}
}
