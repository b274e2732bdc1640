package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/indicator"
	"github.com/sen-hub/sen/internal/state"
)

// governed is a console over a hub with the demonstration's indicators, of which
// one was found twice, and a cookie for each role.
func governed(t *testing.T) (http.Handler, func(role string) *http.Cookie) {
	t.Helper()
	dir := t.TempDir()
	for name, from := range map[string]error{"contracts": os.CopyFS(filepath.Join(dir, "contracts"), demo.Contracts()), "indicators": os.CopyFS(filepath.Join(dir, "indicators"), demo.Indicators())} {
		if from != nil {
			t.Fatal(name, from)
		}
	}
	set, _ := contract.LoadDir(filepath.Join(dir, "contracts"), contract.Options{Elements: func(string) bool { return true }})
	indicators, _ := indicator.ReadDir(filepath.Join(dir, "indicators"), filepath.Base)
	s, err := state.Open(t.Context(), filepath.Join(dir, "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const query = `"query":"0000000000000000000000000000000000000000000000000000000000000000"`
	for days, body := range map[int]string{
		8: `{"indicator":"population",` + query + `,"smallest":5,"total":{"value":900000}}`,
		0: `{"indicator":"population",` + query + `,"smallest":5,"snapshots":{"entity.person":77},"total":{"value":1000000},"cells":[{"group":"01","value":999000},{"group":"79","withheld":"small"},{"group":"<b>x</b>","withheld":"beside"}]}`,
	} {
		at := time.Now().AddDate(0, 0, -days)
		body = strings.Replace(body, "{", `{"at":"`+at.Format(time.RFC3339)+`",`, 1)
		if err := s.PutFigure(t.Context(), state.Figure{Indicator: "population", At: at, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	accounts := account.New(s, account.Options{})
	addAccounts(t, s)
	pages, err := New(Options{Desk: desk.New(desk.Options{Dir: dir, Country: "Sen", Contracts: set, Elements: (*dictionary.Set)(nil), Indicators: indicators, State: s}), Accounts: accounts, Country: "Sen"})
	if err != nil {
		t.Fatal(err)
	}
	h := pages.Handler()
	return h, func(role string) *http.Cookie { return signIn(t, h, role) }
}

func TestALeaderBeginsWithTheCountry(t *testing.T) {
	h, cookie := governed(t)
	leader := cookie(account.Leader)
	answer := ask(h, "GET", "/", nil, leader)
	defer answer.Body.Close()
	if at := answer.Header.Get("Location"); at != "/leader" {
		t.Errorf("the first page is %q", at)
	}
	page := shown(t, h, "/leader", leader)
	for _, want := range []string{"1.000.000", "&#43;100.000", `href="/indicators/population"`, "Hà Nội", "Ca sửa"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if len(page) > 100_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
}

func TestEveryFigureLeadsToItsQueryAndItsOwner(t *testing.T) {
	h, cookie := governed(t)
	leader := cookie(account.Leader)
	page := shown(t, h, "/leader", leader)
	links := strings.Count(page, `class="q" href="/indicators/`)
	if links < 8 {
		t.Errorf("%d figures lead to their query", links)
	}
	one := shown(t, h, "/indicators/population", leader)
	for _, want := range []string{"FROM &#34;entity&#34;.&#34;person&#34;", "Dân cư", "&lt; 5", "giữ kín", ">77<", "900.000", "&lt;b&gt;x&lt;/b&gt;", `aria-label="2 lần tính`} {
		if !strings.Contains(one, want) {
			t.Errorf("the page of the indicator has no %q", want)
		}
	}
	shown(t, h, "/indicators/births", leader) // that was never run
	shown(t, h, "/indicators", leader)
}

func TestFiguresAreForThoseWhoMaySeeThem(t *testing.T) {
	h, cookie := governed(t)
	may := map[string]bool{account.Operator: true, account.Steward: true, account.Leader: true}
	for _, role := range account.Roles() {
		want := http.StatusForbidden
		if may[role] {
			want = http.StatusOK
		}
		for _, target := range []string{"/leader", "/indicators", "/indicators/population"} {
			answer := ask(h, "GET", target, nil, cookie(role))
			answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("%s as %s: %s, want %d", target, role, answer.Status, want)
			}
		}
	}
}
