package quality_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/text"
)

var update = flag.Bool("update", false, "write the golden pages anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\nIf it should be so: go test ./internal/quality -update", name, got, want)
	}
}

// country is three made-up agencies: a large one, a middling one with a past,
// a tiny one.
func country() []quality.AgencyReport {
	birth, person, ship := birthPlan("civil-status"), birthPlan("population"), birthPlan("inland-waterways-administration")
	birth.Dataset.Contract.SLA = latency(24)
	reports := []quality.DatasetReport{
		quality.Measure(quality.Input{Plan: birth, At: now, Newest: now.Add(-80 * time.Hour), Certified: true, Duplicates: 41, PublishedSince: "2026-01-01",
			Tally:      tally(31_204, 12, 120, 402, 2200, 120, 0, 31, 31_000, 30_100, 0, 5),
			References: []quality.Reference{{Column: "full_name", To: "population.person.full_name", Resolved: 29_870, Total: 31_000}}}),
		quality.Measure(quality.Input{Plan: person, At: now, Certified: true, Tally: tally(20_000, 0, 0, 1, 0, 0, 0, 0, 20_000, 20_000, 0, 0)}),
		quality.Measure(quality.Input{Plan: ship, At: now, Certified: true, Tally: tally(9, 0, 1, 3, 1, 1, 0, 0, 9, 9, 0, 0)}),
	}
	reports[0].Trend = map[quality.Criterion]quality.Trend{
		quality.Correct: {{Value: 95.2, Good: 952, Total: 1000}, {Value: 96.8, Good: 968, Total: 1000}, {Value: 98.6, Good: 986, Total: 1000}, {Value: 99.3, Good: 993, Total: 1000}},
		quality.Clean:   {{Value: 97, Good: 97, Total: 100}, {Value: 96.5, Good: 965, Total: 1000}},
	}
	return quality.Agencies(reports)
}

func draw(t *testing.T, lang text.Lang, agencies []quality.AgencyReport, width int, color bool) string {
	t.Helper()
	var b strings.Builder
	if err := quality.Render(&b, lang, agencies, width, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestThePageOfAllAgencies(t *testing.T) {
	golden(t, "agencies.vi.txt", draw(t, text.Vietnamese, country(), 100, false))
	golden(t, "agencies.en.txt", draw(t, text.English, country(), 100, false))
	golden(t, "agencies.color.txt", draw(t, text.Vietnamese, country(), 80, true))
}

func TestThePageOfOneAgency(t *testing.T) {
	golden(t, "agency.vi.txt", draw(t, text.Vietnamese, country()[:1], 100, false))
	golden(t, "agency.en.txt", draw(t, text.English, country()[:1], 80, false))
	golden(t, "agency.narrow.txt", draw(t, text.Vietnamese, country()[:1], 40, false))
}

func TestThePageOfNothingSaysWhatToDo(t *testing.T) {
	golden(t, "nothing.vi.txt", draw(t, text.Vietnamese, nil, 80, false))
}

func TestNoLineIsWiderThanThePage(t *testing.T) {
	for _, lang := range []text.Lang{text.Vietnamese, text.English} {
		for width := 40; width < 140; width++ {
			for _, agencies := range [][]quality.AgencyReport{country(), country()[:1]} {
				for line := range strings.Lines(draw(t, lang, agencies, width, false)) {
					line = strings.TrimRight(line, "\n")
					if got := text.Width(line); got > width && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "sen ") {
						t.Errorf("%s, width %d: a line takes %d cells: %q", lang, width, got, line)
					}
				}
			}
		}
	}
}

func TestOnlyPerfectDataReads100(t *testing.T) {
	almost := quality.AgencyReport{Agency: "a", Scores: quality.Scores{quality.Measure(quality.Input{Plan: birthPlan("a"),
		Tally: tally(1_000_000, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)}).Scores.Of(quality.Correct)}}
	page := draw(t, text.English, []quality.AgencyReport{almost}, 80, false)
	if !strings.Contains(page, "99.9") || strings.Contains(page, "100.0") {
		t.Errorf("one wrong value in a million: got\n%s\nwant 99.9", page)
	}
}

func TestPagesNeverNameAgenciesInOrderOfScore(t *testing.T) {
	var names []string
	for _, a := range country() {
		names = append(names, a.Agency)
	}
	if got, want := strings.Join(names, " "), "civil-status inland-waterways-administration population"; got != want {
		t.Errorf("got %q, want the alphabet's order %q", got, want)
	}
}

func TestAnOffendersSentenceHoldsNoValueOfARecord(t *testing.T) {
	o := quality.Offender{Dataset: sen.Dataset("tax.taxpayer"), Column: "born_on", Rule: "born_on.invalid", Finding: quality.FoundInvalid, Rows: 1, Of: 200_000}
	if got, want := o.Sentence(text.English), "tax.taxpayer.born_on: 1 row (< 0.1 %) are no valid value"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
