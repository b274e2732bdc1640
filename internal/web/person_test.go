package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/text"
)

// asked sends a request, and gives what the answer shows.
func asked(t *testing.T, h http.Handler, method, target string, form url.Values, cookies ...*http.Cookie) (status int, page string) {
	t.Helper()
	answer := ask(h, method, target, form, cookies...)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

func TestWhoMayOpenARecordAndWhoMayServe(t *testing.T) {
	h := console(t)
	may := map[string][]string{
		"/person":    {account.Operator, account.Steward},
		"/residence": {account.Officer},
	}
	for _, role := range account.Roles() {
		cookie := signIn(t, h, role)
		for path, roles := range may {
			want := http.StatusForbidden
			for _, one := range roles {
				if one == role {
					want = http.StatusOK
				}
			}
			if got, _ := asked(t, h, "GET", path, nil, cookie); got != want {
				t.Errorf("%s as %s: got %d, want %d", path, role, got, want)
			}
			if want == http.StatusForbidden {
				if got, _ := asked(t, h, "POST", path, url.Values{"key": {"1"}, "number": {"001090012345"}}, cookie); got != want {
					t.Errorf("POST %s as %s: got %d, want %d", path, role, got, want)
				}
			}
		}
	}
}

func TestNoRecordOpensWithoutAPurpose(t *testing.T) {
	h := console(t)
	steward := signIn(t, h, account.Steward)
	status, text := asked(t, h, "POST", "/person", url.Values{"entity": {"person"}, "key": {"001090012345"}}, steward)
	if status != http.StatusUnprocessableEntity || !strings.Contains(text, `id="purpose-w"`) || !strings.Contains(text, `value="001090012345"`) {
		t.Errorf("got %d, want 422 with what is missing beside the purpose, and the number still there", status)
	}
	if _, text := asked(t, h, "GET", "/person", nil, steward); strings.Contains(text, "other-purpose") || strings.Contains(text, "residence-confirmation") {
		t.Error("a steward is offered a purpose that stewards do not have")
	}
	if _, text := asked(t, h, "GET", "/person", nil, signIn(t, h, account.Operator)); !strings.Contains(text, "other-purpose") {
		t.Error("an operator cannot state a purpose in words")
	}
}

func TestANumberInAnAddressIsNotTaken(t *testing.T) {
	h := console(t)
	for _, query := range []string{"key=001090012345", "id=<script>", "number=001090012345"} {
		if _, text := asked(t, h, "GET", "/person?"+query, nil, signIn(t, h, account.Steward)); strings.Contains(text, `value="001090012345" maxlength`) || strings.Contains(text, "<script>") {
			t.Errorf("%s fills the form", query)
		}
	}
}

func TestAConfirmationOfResidenceNeedsANumberAndACase(t *testing.T) {
	h := console(t)
	officer := signIn(t, h, account.Officer)
	for _, form := range []url.Values{
		{"number": {"00109001234"}, "case": {"12"}},
		{"number": {"001090012345"}},
		{"number": {`"><b>x`}, "case": {strings.Repeat("a", 101)}},
		{"number": {"1152921504606846976"}, "case": {"12"}}, // an identifier of the hub is no number of a person
	} {
		status, text := asked(t, h, "POST", "/residence", form, officer)
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, `aria-invalid="true"`) || strings.Contains(text, "<b>x") {
			t.Errorf("%v: got %d, want 422 and what is wrong beside the field", form, status)
		}
	}
}

func TestEveryLevelOfComparisonHasAWord(t *testing.T) {
	for _, kind := range []link.Kind{link.Name, link.Text, link.Date, link.Code, link.Email, link.Number} {
		for _, level := range kind.Levels() {
			if w := levelWords[level]; w.vi == "" || w.en == "" || w.icon == "" {
				t.Errorf("%s: the level %q has no words", kind, level)
			}
		}
	}
}

func TestAWaterfallEndsWhereItsWeightsAddUp(t *testing.T) {
	e, err := link.ParseEntity("person.yaml", []byte("entity: person\nfields:\n  name: {element: person-name}\n  born_on: {element: date}\nmatch: {compare: [name, born_on], review: between 0.25 and 0.875}\n"))
	if err != nil {
		t.Fatal(err)
	}
	x := desk.Explanation{Prior: -8, Bits: 1, Steps: []desk.Step{{Field: "name", Bits: 12, Level: "same"}, {Field: "born_on", Bits: -3, Level: "different"}}}
	p := desk.ReviewedPair{OpenPair: desk.OpenPair{Explanation: x}}
	for _, step := range x.Steps {
		p.Compared = append(p.Compared, desk.Compared{Step: step})
	}
	q := &request{lang: text.English}
	w := q.waterfall(e, p)
	// From -9 to 5: each bit is a fourteenth of the width.
	place := func(bits float64) string { return fmt.Sprintf("%.1f%%", 100*(bits+9)/14) }
	if w.Zero != place(0) || w.End != place(1) || w.Rows[1].At != place(-8) || w.Rows[2].At != place(1) || w.Rows[2].After != w.End || w.Rows[2].Class != "f-wait" {
		t.Errorf("got %+v", w)
	}
	for i := 1; i < len(w.Rows); i++ {
		if w.Rows[i].Before != w.Rows[i-1].After {
			t.Errorf("row %d begins at %s, and the one before ended at %s", i, w.Rows[i].Before, w.Rows[i-1].After)
		}
	}
}
