package web

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/account"
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
