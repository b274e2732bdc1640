package addresstest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen/internal/dictionary/address"
	"github.com/sen-hub/sen/internal/dictionary/address/published"
)

// Score is what became of the addresses of one kind.
type Score struct {
	Noise     string   `json:"noise"`
	Addresses int      `json:"addresses"`
	Resolved  int      `json:"resolved"`  // the unit of its day, and today's or all of them
	Ambiguous int      `json:"ambiguous"` // the unit is among at most five candidates
	Wrong     int      `json:"wrong"`     // another unit was named
	Open      int      `json:"open"`      // none was
	Wrongs    []string `json:"-"`         // some of them
	Opens     []string `json:"-"`
}

// Share of the addresses that were resolved or rightly ambiguous.
func (s Score) Share() float64 { return float64(s.Resolved+s.Ambiguous) / float64(max(s.Addresses, 1)) }

// Add is the sum of two scores.
func (s Score) Add(o Score) Score {
	s.Addresses, s.Resolved, s.Ambiguous = s.Addresses+o.Addresses, s.Resolved+o.Resolved, s.Ambiguous+o.Ambiguous
	s.Wrong, s.Open = s.Wrong+o.Wrong, s.Open+o.Open
	return s
}

// mostFew is how many few candidates are.
const mostFew = 5

// Case is one address with what is true of it.
type Case struct {
	Text string
	On   time.Time
	Then string   // code of the ward, or of a district that had none
	Now  []string // codes of what stands there today
}

// Cases are all wards of the country, before and after the merger, written in
// one way. The day is known, but for one in ten.
func Cases(c published.Country, n Noise, seed uint64) []Case {
	r := rand.New(rand.NewPCG(seed, uint64(len(n.Name))))
	var out []Case
	day := func(on time.Time) time.Time {
		if r.IntN(10) == 0 {
			return time.Time{}
		}
		return on
	}
	for _, o := range c.Old {
		one := Case{Text: n.Write(r, o.Ward, o.District, o.Province), On: day(published.Merger.AddDate(-2, 0, r.IntN(600))), Then: o.Code}
		for _, next := range o.New {
			one.Now = append(one.Now, next.Code)
		}
		out = append(out, one)
	}
	for _, w := range c.New {
		out = append(out, Case{Text: n.Write(r, w.Ward, w.Province), On: day(published.Merger.AddDate(0, 0, r.IntN(400))), Then: w.Code, Now: []string{w.Code}})
	}
	return out
}

// Judge holds answers against what is true.
func Judge(n Noise, cases []Case, answers []address.Answer) Score {
	s := Score{Noise: n.Name, Addresses: len(cases)}
	for i, one := range cases {
		switch s.verdict(one, answers[i]) {
		case 'r':
			s.Resolved++
		case 'a':
			s.Ambiguous++
		case 'w':
			s.Wrong++
			s.Wrongs = append(s.Wrongs, one.Text+" = "+one.Then+" got "+answers[i].Then.String()+" "+answers[i].Then.Ward.Code)
		default:
			s.Open++
			s.Opens = append(s.Opens, one.Text+" = "+one.Then+" got "+answers[i].Problem+" "+answers[i].Then.String())
		}
	}
	return s
}

func (s *Score) verdict(one Case, a address.Answer) byte {
	then := a.Then.Ward.Code
	if then == "" && a.Then.District.Code == one.Then {
		then = one.Then
	}
	switch {
	case a.Problem == address.Ambiguous:
		among := slices.ContainsFunc(a.Candidates, func(c address.Candidate) bool {
			return c.Then.Ward.Code == one.Then || c.Then.District.Code == one.Then
		})
		if units := distinct(a.Candidates); among && units <= mostFew {
			return 'a'
		}
		return 'o'
	case a.Problem == address.NoUnit || a.Problem == address.NoWard:
		return 'o'
	case then == one.Then && a.Problem == address.Split:
		var now []string
		for _, c := range a.Candidates {
			now = append(now, c.Now.Ward.Code)
		}
		if same(now, one.Now) {
			return 'r'
		}
		return 'w'
	case (then == one.Then || then == "") && same([]string{a.Now.Ward.Code}, one.Now):
		return 'r'
	}
	return 'w'
}

func distinct(all []address.Candidate) int {
	seen := map[string]bool{}
	for _, c := range all {
		seen[c.Then.Ward.Code+c.Then.String()] = true
	}
	return len(seen)
}

func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return strings.Join(slices.Compact(a), " ") == strings.Join(slices.Compact(b), " ")
}
