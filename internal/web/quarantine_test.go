package web

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/desk"
)

func TestQuarantineCountsAndShowsWholeRowsForAPurpose(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	steward := signIn(t, h, account.Steward)
	page := answered(t, ask(h, "GET", "/quarantine", nil, steward), 200)
	has(t, page, "score.maximum", `href="/quarantine/civil-status.birth"`)
	hasNot(t, page, "Phạm Dung", "population.person")
	page = answered(t, ask(h, "POST", "/quarantine/civil-status.birth", url.Values{"purpose": {"quality-control"}}, steward), 200)
	has(t, page, "Phạm Dung", "&lt;script&gt;alert(1)&lt;/script&gt;", "<mark><bdi>99</bdi></mark>")
	hasNot(t, page, "Lê Chi", "<script>alert")
	if seen := h.entries()[1].Seen; len(seen) != 2 {
		t.Errorf("the journal names %d records, want 2", len(seen))
	}
	page = answered(t, ask(h, "POST", "/quarantine/civil-status.birth", url.Values{"purpose": {"quality-control"}, "rule": {"score.maximum"}}, steward), 200)
	hasNot(t, page, "Phạm Dung")
}

// TestAPageOfManyRulesIsShortAtFirst has more of all than a page shows.
func TestAPageOfManyRulesIsShortAtFirst(t *testing.T) {
	rules := make([]desk.HeldRule, 60)
	for i := range rules {
		rules[i].Datasets = make([]sen.Dataset, 5)
	}
	of := func(rules []desk.HeldRule, datasets int, all bool) quarantineData {
		d := quarantineData{Datasets: make([]heldDataset, datasets)}
		d.fold(rules, all)
		return d
	}
	if d := of(rules, 22, false); len(d.Rules) != firstRules || len(d.Datasets) != firstDatasets || d.Of != 22 || len(d.Rules[0].Datasets) != firstOfRule || d.Rules[0].More != 2 || !d.Folded() {
		t.Errorf("at first: %+v", d)
	}
	if d := of(rules, 22, true); len(d.Rules) != mostRules || d.Fewer != 20 || len(d.Datasets) != 22 || d.Rules[0].More != 0 || d.Folded() {
		t.Errorf("all: %+v", d)
	}
	if d := of(rules[:2], 3, false); len(d.Rules) != 2 || len(d.Datasets) != 3 || !d.Folded() {
		t.Errorf("of a few, with some datasets not named: %+v", d)
	}
	rules[0].Datasets = rules[0].Datasets[:1]
	if d := of(rules[:1], 3, false); d.Folded() {
		t.Errorf("nothing more is to be shown: %+v", d)
	}
}

func TestAReleaseSaysWhatCameOfItAndWhoAskedForIt(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	steward := signIn(t, h, account.Steward)
	release := func(role string) (status int, at string) {
		answer := ask(h, "POST", "/quarantine/civil-status.birth/release", url.Values{}, signIn(t, h, role))
		return answer.StatusCode, answer.Header.Get("Location")
	}
	if status, _ := release(account.Agency); status != 403 {
		t.Errorf("an agency released its own: %d", status)
	}
	status, at := release(account.Steward)
	if status != 303 || !strings.HasSuffix(at, "?released=unchanged") {
		t.Fatalf("under the same contract: %d to %s", status, at)
	}
	has(t, answered(t, ask(h, "GET", at, nil, steward), 200), "Không có gì để thả")
	put(t, filepath.Join(h.dir, "contracts", "civil-status.odcs.yaml"), strings.ReplaceAll(birthContract, "maximum: 10", "maximum: 100"))
	status, at = release(account.Steward)
	if status != 303 {
		t.Fatalf("under the mended contract: %d", status)
	}
	has(t, answered(t, ask(h, "GET", at, nil, steward), 200), "Trước bị giữ 2, nay 1")
	runs, err := h.state.Runs(t.Context(), "civil-status.birth", 1)
	if err != nil || runs[0].Principal != "steward:steward" {
		t.Errorf("the run is %+v, %v", runs, err)
	}
	put(t, filepath.Join(h.dir, "contracts", "civil-status.odcs.yaml"), "no contract")
	if status, _ = release(account.Steward); status != 422 {
		t.Errorf("under a broken contract: %d", status)
	}
}
