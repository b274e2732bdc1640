package apptest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// births are made-up rows; every tenth has a day that is none.
func births(n int) string {
	var b strings.Builder
	b.WriteString("so_gks,ho_ten,ngay_sinh,gioi_tinh\n")
	for i := range n {
		day := fmt.Sprintf("%02d/%02d/%d", 1+i%28, 1+i%12, 1990+i%30)
		if i%10 == 9 {
			day = "31/02/1987"
		}
		fmt.Fprintf(&b, "GKS-%05d,%s,%s,%s\n", i, []string{"NGUYỄN VĂN AN", "Trần Thị  Bình", "Lê Hoà"}[i%3], day, []string{"Nam", "Nữ"}[i%2])
	}
	return b.String()
}

// hubWithBirths is a hub in which one dataset is drafted, not yet synced.
func hubWithBirths(t *testing.T) *shell {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("sources/births.csv", births(200))
	s.ok("contract", "infer", "sources/births.csv", "--agency", "civil-status", "-o", "contracts/civil-status.odcs.yaml")
	return s
}

func TestTheFirstHourFromAFileToAProof(t *testing.T) {
	s := hubWithBirths(t)
	s.ok("contract", "check").says(t, "no errors")
	s.ok("status").says(t, "civil-status.births", "ready", "sen sync")
	s.ok("sync", "--dry-run").says(t, "for the first time", "Nothing was changed")
	s.ok("sync").says(t, "civil-status.births", "200", "✓")
	s.ok("sync").says(t, "unchanged")
	s.ok("status").says(t, "synchronised")
	s.ok("verify").says(t, "source and store agree", "200 rows")
	s.ok("quality").says(t, "correct", "complete")
	s.ok("quality", "--agency", "civil-status").says(t, "civil-status")
	s.ok("quarantine", "list").says(t, "impossible", "20")
	s.want(5, "quarantine", "show", "civil-status").says(t, "purpose")
	s.ok("quarantine", "show", "civil-status", "--purpose", "test", "--limit", "2").says(t, "31/02/1987", "2 of 20 rows")
	s.want(5, "query", `SELECT count(*) FROM "civil-status".births`).says(t, "purpose")
	s.ok("query", `SELECT count(*) AS n FROM "civil-status".births`, "--purpose", "test").says(t, "180")
}

func TestAChangedByteIsFoundAndNamed(t *testing.T) {
	s := hubWithBirths(t)
	s.ok("sync")
	s.write("sources/births.csv", strings.Replace(births(200), "GKS-00017,Lê Hoà", "GKS-00017,Lê Hoè", 1))
	r := s.want(8, "verify").says(t, "differs", "ho_ten", "row 17", "sen sync")
	if strings.Contains(r.out+r.err, "Hoè") {
		t.Errorf("verify shows a person's value:\n%s", r.out)
	}
}

func TestAnswersToProgramsAreJSON(t *testing.T) {
	s := hubWithBirths(t)
	for _, args := range []string{"version", "contract check", "sync --dry-run", "sync", "status", "quality", "quarantine list", "verify",
		"standardise date 2/9/1945", "quarantine show civil-status --purpose test", "contract infer sources/births.csv",
		"contract diff contracts/civil-status.odcs.yaml contracts/civil-status.odcs.yaml"} {
		var any any
		s.ok(append(strings.Fields(args), "--json")...).json(t, &any)
	}
	var answer struct {
		Columns []struct{ Name string }
		Rows    [][]any
	}
	s.ok("query", `SELECT ngay_sinh FROM "civil-status".births ORDER BY so_gks LIMIT 1`, "--purpose", "test", "--json").json(t, &answer)
	if len(answer.Rows) != 1 || answer.Rows[0][0] != "1990-01-01" {
		t.Errorf("got %+v, want one row with 1990-01-01", answer)
	}
	var sync struct{ In, Clean, Quarantined int64 }
	s.ok("sync", "--json").json(t, &sync)
	if sync.In != 200 || sync.In != sync.Clean+sync.Quarantined {
		t.Errorf("got %+v, want 200 in = clean + quarantined", sync)
	}
}

func TestErrorsHaveTheirCodesAndTheNextStep(t *testing.T) {
	s := newShell(t)
	s.want(3, "sync").says(t, "no hub", "sen init")
	s.want(2, "nonsense").says(t, "unknown command")
	s.want(2, "sync", "--nonsense").says(t, "--help")
	s.want(2, "init").says(t, "accepts 1 arg")
	s.write("full/file.txt", "x")
	s.want(4, "init", "full").says(t, "not empty", "file.txt")
	s.want(3, "standardise", "dat", "x").says(t, "did you mean date?")
	s.want(2, "standardise", "date", "31/02/1987").says(t, "impossible")
	s.want(3, "contract", "check", "nowhere.odcs.yaml").says(t, "no such file")
	s.want(3, "--dir", "nowhere", "status").says(t, "--dir", "sen init nowhere")
	s.ok("init", "hub")
	s.ok("init", "hub").says(t, "Nothing was changed")
	s.want(3, "--dir", "hub", "sync").says(t, "no contract", "sen contract infer")
	s.want(3, "--dir", "hub", "sync", "nobody").says(t, "nobody")
	s.write("hub/sen.yaml", "contry: X\n")
	s.want(2, "--dir", "hub", "status").says(t, "sen.yaml:1:1", "did you mean")
	s.write("hub/sen.yaml", "sen: 99.0\n")
	s.want(2, "--dir", "hub", "status").says(t, "asks for Sen 99.0")
	r := s.want(2, "--dir", "hub", "status", "--json")
	if !strings.Contains(r.err, `"kind":"invalid"`) || !strings.Contains(r.err, `"hint"`) {
		t.Errorf("errors beside --json are JSON, got %s", r.err)
	}
}

func TestBadInputIsSaidAndTheOthersGoOn(t *testing.T) {
	s := hubWithBirths(t)
	s.ok("sync")
	contract, err := os.ReadFile(filepath.Join(s.dir, "contracts/civil-status.odcs.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file, content string
		code                int
		says                string
	}{
		{"a column is missing", "sources/births.csv", strings.ReplaceAll(births(200), "so_gks", "so"), 9, "so_gks"},
		{"a file is empty", "sources/births.csv", "", -1, "births"},
		{"a file has ragged rows", "sources/births.csv", births(200) + "GKS-99999,An\n", 0, "201"},
		{"a file holds a NUL byte", "sources/births.csv", births(200) + "GKS-99998,A\x00n,1/1/2000,Nam\n", -1, "births"},
		{"a contract is no YAML", "contracts/other.odcs.yaml", "a: [\n", 2, "other.odcs.yaml:1"},
		{"a contract is a state secret's", "contracts/other.odcs.yaml",
			strings.Replace(strings.Replace(string(contract), "id: civil-status", "id: other", 1), "\nschema:", "\ntags: [state-secret]\nschema:", 1), 5, "state-secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			s.write("sources/births.csv", births(200))
			s.write(c.file, c.content)
			r := s.sen("sync").says(t, c.says)
			if c.code >= 0 && r.code != c.code {
				t.Errorf("exit code %d, want %d\n%s%s", r.code, c.code, r.out, r.err)
			}
			os.Remove(filepath.Join(s.dir, "contracts/other.odcs.yaml"))
			s.write("sources/births.csv", births(200))
			s.ok("sync").says(t, "200")
		})
	}
}

func TestAHubThatLostAPartOfItsDataIsRefused(t *testing.T) {
	s := hubWithBirths(t)
	s.ok("sync")
	if err := os.Rename(filepath.Join(s.dir, "data/keys"), filepath.Join(s.dir, "keys")); err != nil {
		t.Fatal(err)
	}
	s.want(8, "sync").says(t, "not whole", "backup")
	s.want(8, "status").says(t, "not whole")
}

func TestEveryCommandHelpsWithAnExample(t *testing.T) {
	s := newShell(t)
	for _, command := range []string{"init", "contract infer", "contract check", "contract diff", "contract drift", "source list", "source test", "source grants", "sync", "status", "quality", "quarantine list",
		"quarantine show", "quarantine release", "case list", "case show", "case reply", "case export", "case import", "units", "verify", "standardise", "query", "demo", "bench sync", "bench dictionary", "version"} {
		s.ok(append(strings.Fields(command), "--help")...).says(t, "Examples:", "sen "+command)
	}
}

func TestNamesCompleteFromTheHub(t *testing.T) {
	s := hubWithBirths(t)
	s.ok("__complete", "sync", "").says(t, "civil-status\n", "civil-status.births\n")
	s.ok("__complete", "standardise", "").says(t, "date", "person-name")
	s.ok("__complete", "quality", "--agency", "").says(t, "civil-status")
	s.ok("__complete", "quarantine", "show", "civil-status.births", "--rule", "").says(t, "ngay_sinh.impossible")
	s.ok("completion", "bash").says(t, "sen")
}

func TestTheDemonstrationCountryRunsAgainAndKeepsItsTruthOutside(t *testing.T) {
	s := newShell(t)
	s.want(2, "demo", "--people", "300", "--dir", "land", "--truth", "land/truth").says(t, "inside the hub")
	s.ok("demo", "--people", "300", "--seed", "3", "--dir", "land", "--truth", "truth").says(t, "population", "certificate", "22 of 22", "Next")
	s.ok("demo", "--people", "300", "--seed", "3", "--dir", "land").says(t, "22 of 22")
	s.ok("--dir", "land", "verify").says(t, "agree")
	s.ok("--dir", "land", "query", "SELECT count(*) FROM population.person") // the demonstration brings its purpose
	served := s.serving("demo", "--people", "300", "--seed", "3", "--dir", "land", "--serve=127.0.0.1:0")
	visit(t, served.address, "lan").get(http.StatusOK, "/systems")
	served.stop()
	s.want(2, "demo", "--people", "300", "--dir", "land", "--serve=0.0.0.0:0").says(t, "in the clear")
	s.ok("init", "own")
	s.want(4, "demo", "--dir", "own").says(t, "no demonstration")
}

func TestAScheduleThatNobodyCouldFollowIsFoundByTheCheck(t *testing.T) {
	s := twoAgencies(t)
	file := "contracts/civil-status.odcs.yaml"
	whole, err := os.ReadFile(filepath.Join(s.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	for schedule, says := range map[string]string{"@daily": "has 1 fields, not five", "0 0 * * * *": "has 6 fields", "61 * * * *": `"61" is no minute`} {
		s.write(file, string(whole)+"\nslaProperties:\n  - property: frequency\n    value: 1\n    unit: d\n    schedule: '"+schedule+"'\n    scheduler: cron\n")
		s.want(2, "contract", "check").says(t, "civil-status.odcs.yaml:", says)
		s.want(2, "contract", "check", file).says(t, says)
	}
	s.write(file, string(whole)+"\nslaProperties:\n  - property: frequency\n    value: 1\n    unit: d\n    schedule: '30 2 * * 1-5'\n    scheduler: cron\n")
	s.ok("contract", "check").says(t, "no errors")
}
