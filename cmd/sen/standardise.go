package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/address"
)

func (p *program) standardiseCommand() *cobra.Command {
	var on string
	c := &cobra.Command{
		Use:     "standardise KIND VALUE",
		Aliases: []string{"standardize"},
		Short:   p.lang.Pick("Đưa một giá trị về dạng chuẩn của từ điển", "Put one value into the dictionary's standard form"),
		Long: `Shows what the shared dictionary makes of one value: its standard form, or what
is wrong with it and which readings there are. KIND is a data element, one of
the hub's own elements/*.yaml too.
--on says of which day the value speaks: a province's name before or after
1 July 2025. The exit code is 2 when the value has no standard form.`,
		Example: "  sen standardise date 2/9/1945\n  sen standardise province \"Hà Giang\" --on 2024-01-01\n  sen standardise address \"Phường Phúc Xá, Quận Ba Đình, Hà Nội\" --on 2024-01-01\n  sen standardise person-name \"NGUYỄN  THỊ HOÀ\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.standardise(cmd.Context(), args[0], args[1], on)
		},
		ValidArgsFunction: p.completeElements,
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

	Place *address.Answer `json:"place,omitempty"` // of an address
}

// unitsOfHub is the hub's index of administrative units.
func (p *program) unitsOfHub(ctx context.Context) (units *address.Index, err error) {
	err = p.withHub(ctx, nil, func(h *hub, _ []contract.Dataset) error {
		units, err = h.flow.Units(ctx)
		return err
	})
	if err == nil && units == nil {
		err = sen.Errorf(sen.NotFound, "this hub has no administrative units").
			WithHint("`sen units FOLDER` brings the published ones in; --dir names another hub")
	}
	return units, err
}

func (p *program) standardise(ctx context.Context, kind, value, on string) error {
	elements := p.elements()
	e, known := elements.Lookup(kind)
	if !known {
		return unknownElement(elements, kind)
	}
	day := p.now()
	if on != "" {
		var err error
		if day, err = time.Parse(time.DateOnly, on); err != nil {
			return sen.Errorf(sen.Invalid, "--on %q is no day", on).WithHint("write it as YYYY-MM-DD")
		}
	}
	options := dictionary.Options{On: day, Year: true}
	if e.NeedsUnits() {
		var err error
		if options.Units, err = p.unitsOfHub(ctx); err != nil {
			return err
		}
	}
	r := e.Standardise(value, options)
	a := standardAnswer{Element: e.Name, Raw: value, Value: r.Value, Blank: r.Blank(), Problem: r.Problem, Candidates: r.Candidates, Note: r.Note}
	if options.Units != nil {
		place := options.Units.Resolve(value, day)
		a.Place, a.Note = &place, ""
	}
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
	if a.Place != nil {
		p.showPlace(*a.Place)
		return
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

// showPlace shows what an address was read as.
func (p *program) showPlace(a address.Answer) {
	t := terminal.Table{Align: "lll", Left: 2}
	line := func(name string, place address.Place) {
		var codes []string
		for _, n := range []address.Named{place.Ward, place.District, place.Province} {
			if n.Code != "" {
				codes = append(codes, n.Code)
			}
		}
		if len(codes) > 0 {
			t.Add(terminal.Cell{Text: name, Style: terminal.Quiet}, terminal.C(place.String()), terminal.Cell{Text: strings.Join(codes, " · "), Style: terminal.Quiet})
		}
	}
	line(p.lang.Pick("khi ghi", "then"), a.Then)
	line(p.lang.Pick("ngày nay", "today"), a.Now)
	const most = 10
	seen := map[string]bool{}
	for _, c := range a.Candidates {
		if name := c.Now.String(); !seen[name] && len(seen) < most {
			seen[name] = true
			line(p.lang.Pick("có thể là", "it may be"), c.Now)
		}
	}
	t.Write(p.screen)
	if a.Since != "" {
		p.say("  đơn vị ngày nay có từ %s", "  today's unit stands since %s", a.Since)
	}
	if len(a.Candidates) > 0 {
		decides := decidesWords[a.Candidates[0].Decides]
		p.say("  điều phân biệt: %s", "  what decides: %s", p.lang.Pick(decides.VI, decides.EN))
	}
	if len(a.Reasons) > 0 {
		p.say("  đã làm: %s", "  done: %s", strings.Join(a.Reasons, ", "))
	}
}

var decidesWords = map[string]dictionary.Text{
	address.ByDistrict: {VI: "huyện, quận cũ", EN: "the old district"}, address.ByProvince: {VI: "tỉnh, thành phố", EN: "the province"},
	address.ByMarks: {VI: "tên viết đủ dấu", EN: "the name with its marks"}, address.ByKind: {VI: "là phường, xã hay thị trấn", EN: "whether it is a phường, a xã or a thị trấn"},
	address.ByDay: {VI: "ngày ghi địa chỉ", EN: "the day on which it was written"}, address.ByHamlet: {VI: "thôn, tổ, đường trong đơn vị cũ", EN: "the hamlet or street within the old unit"},
}

func unknownElement(elements *dictionary.Set, kind string) error {
	var names []string
	for _, e := range elements.Elements() {
		names = append(names, e.Name)
	}
	err := sen.Errorf(sen.NotFound, "there is no data element %q", kind)
	if near := contract.Nearest(kind, names); near != "" {
		return err.WithHint("did you mean %s?", near)
	}
	return err.WithHint("elements are: %s", strings.Join(names, ", "))
}

// completeElements offers the dictionary's elements with their titles.
func (p *program) completeElements(_ *cobra.Command, done []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(done) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, e := range p.elements().Elements() {
		out = append(out, e.Name+"\t"+e.Title.VI)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
