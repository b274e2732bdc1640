package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
)

func (p *program) standardiseCommand() *cobra.Command {
	var on string
	c := &cobra.Command{
		Use:     "standardise KIND VALUE",
		Aliases: []string{"standardize"},
		Short:   p.lang.Pick("Đưa một giá trị về dạng chuẩn của từ điển", "Put one value into the dictionary's standard form"),
		Long: `Shows what the shared dictionary makes of one value: its standard form, or what
is wrong with it and which readings there are. KIND is a data element.
--on says of which day the value speaks: a province's name before or after
1 July 2025. The exit code is 2 when the value has no standard form.`,
		Example: "  sen standardise date 2/9/1945\n  sen standardise province \"Hà Giang\" --on 2024-01-01\n  sen standardise person-name \"NGUYỄN  THỊ HOÀ\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			return p.standardise(args[0], args[1], on)
		},
		ValidArgsFunction: completeElements,
	}
	c.Flags().StringVar(&on, "on", "", "the day that the value speaks of, as YYYY-MM-DD (default: today)")
	return c
}

type standardAnswer struct {
	Element    string   `json:"element"`
	Raw        string   `json:"raw"`
	Value      string   `json:"value,omitempty"`
	Blank      bool     `json:"blank,omitempty"`
	Problem    string   `json:"problem,omitempty"`
	Meaning    string   `json:"meaning,omitempty"`
	Candidates []string `json:"candidates,omitempty"`
	Note       string   `json:"note,omitempty"`
}

func (p *program) standardise(kind, value, on string) error {
	e, known := dictionary.Lookup(kind)
	if !known {
		return unknownElement(kind)
	}
	day := p.now()
	if on != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, on); err != nil {
			return sen.Errorf(sen.Invalid, "--on %q is no day", on).WithHint("write it as YYYY-MM-DD")
		}
	}
	r := e.Standardise(value, dictionary.Options{On: day, Year: true})
	a := standardAnswer{Element: e.Name, Raw: value, Value: r.Value, Blank: r.Blank(), Problem: r.Problem, Candidates: r.Candidates, Note: r.Note}
	if text, ok := e.Problems()[r.Problem]; ok {
		a.Meaning = p.lang.Pick(text.VI, text.EN)
	}
	if err := p.answer(a, func() { p.showStandard(a, e) }); err != nil {
		return err
	}
	if a.Problem != "" {
		return reported{sen.Errorf(sen.Invalid, "the value has no standard form")}
	}
	return nil
}

func (p *program) showStandard(a standardAnswer, e *dictionary.Element) {
	switch {
	case a.Blank:
		p.say("không có giá trị", "no value")
	case a.Problem != "":
		fmt.Fprintln(p.screen, p.screen.Paint(terminal.Bad, "✗ "+a.Problem)+"  "+a.Meaning)
	default:
		fmt.Fprintln(p.screen, terminal.Clean(a.Value))
	}
	if len(a.Candidates) > 0 {
		p.say("có thể là: %s", "it may be: %s", terminal.Clean(strings.Join(a.Candidates, ", ")))
	}
	if a.Note != "" {
		fmt.Fprintln(p.screen, p.screen.Paint(terminal.Quiet, a.Note))
	}
	if a.Problem != "" && len(e.Examples) > 0 {
		p.say("ví dụ: %s → %s", "example: %s → %s", e.Examples[0].Raw, e.Examples[0].Value)
	}
}

func unknownElement(kind string) error {
	var names []string
	for _, e := range dictionary.Elements() {
		names = append(names, e.Name)
	}
	err := sen.Errorf(sen.NotFound, "there is no data element %q", kind)
	if near := contract.Nearest(kind, names); near != "" {
		return err.WithHint("did you mean %s?", near)
	}
	return err.WithHint("elements are: %s", strings.Join(names, ", "))
}

// completeElements offers the dictionary's elements with their titles.
func completeElements(_ *cobra.Command, done []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(done) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, e := range dictionary.Elements() {
		out = append(out, e.Name+"\t"+e.Title.VI)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
