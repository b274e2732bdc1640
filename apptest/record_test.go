package apptest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is somebody who has signed in to a console that runs.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

// visit signs one of the demonstration's people in.
func visit(t *testing.T, base, name string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, base: base, http: &http.Client{Jar: jar}}
	v.post(http.StatusOK, "/sign-in", url.Values{"name": {name}, "password": {"sen-trinh-dien"}, "next": {"/?lang=en"}})
	return v
}

func (v *visitor) post(want int, path string, form url.Values) string {
	v.t.Helper()
	answer, err := v.http.PostForm(v.base+path, form)
	return v.read(want, path, answer, err)
}

func (v *visitor) get(want int, path string) string {
	v.t.Helper()
	answer, err := v.http.Get(v.base + path)
	return v.read(want, path, answer, err)
}

func (v *visitor) read(want int, path string, answer *http.Response, err error) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if answer.StatusCode != want {
		v.t.Fatalf("%s: got %s, want %d\n%.2000s", path, answer.Status, want, body)
	}
	return string(body)
}

// wants texts in a page.
func (v *visitor) wants(page string, parts ...string) {
	v.t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			v.t.Errorf("the page does not say %q", part)
		}
	}
}

func TestOnePersonIsOpenedOnTheConsoleAndEveryOpeningIsAnEntry(t *testing.T) {
	h, _, _ := country(t)
	var homes struct{ Rows [][]any }
	h.ok("query", `SELECT identity_number, residence FROM "entity"."person" WHERE identity_number IS NOT NULL AND residence IS NOT NULL ORDER BY 1 LIMIT 1`, "--json").json(t, &homes)
	number, address := homes.Rows[0][0].(string), homes.Rows[0][1].(string)
	base := h.up().address

	lan := visit(t, base, "lan")
	form := url.Values{"entity": {"person"}, "key": {number}, "case": {"12/2026"}}
	lan.post(http.StatusUnprocessableEntity, "/person", form)
	form.Set("purpose", "quality-control")
	first := lan.post(http.StatusOK, "/person", form)
	lan.wants(first, number, "population.person", "12/2026", "nobody says otherwise", "sources/population/")
	if n := strings.Count(first, "steward:lan"); n != 1 {
		t.Errorf("after one opening %d entries name who opened it, want 1", n)
	}
	form.Set("purpose", "residence-confirmation") // not a steward's
	lan.post(http.StatusForbidden, "/person", form)
	form.Set("purpose", "quality-control")
	if n := strings.Count(lan.post(http.StatusOK, "/person", form), "steward:lan"); n != 2 {
		t.Errorf("after two openings %d entries, want 2: what was refused saw nothing", n)
	}
	form.Set("key", "000000000000")
	lan.wants(lan.post(http.StatusNotFound, "/person", form), "No record has this key", "The request is in the journal")

	mai := visit(t, base, "mai")
	mai.get(http.StatusForbidden, "/person")
	yes := mai.post(http.StatusOK, "/residence", url.Values{"number": {number}, "case": {"7"}})
	mai.wants(yes, "Yes. This person has a registered residence", "Proof, entries")
	if strings.Contains(yes, address) {
		t.Error("yes or no shows the address")
	}
	mai.wants(mai.post(http.StatusOK, "/residence", url.Values{"number": {number}, "case": {"7"}, "tell": {"1"}}), address)
	mai.wants(mai.post(http.StatusOK, "/residence", url.Values{"number": {number}, "case": {"7"}, "province": {"Nowhere"}}), "No. The registered residence is not")
	mai.wants(mai.post(http.StatusOK, "/residence", url.Values{"number": {"000000000000"}, "case": {"7"}}), "Nobody in the hub has this number")
	form.Set("key", number)
	if n := strings.Count(lan.post(http.StatusOK, "/person", form), "officer:mai"); n != 3 {
		t.Errorf("the person finds %d entries of the officer, want 3", n)
	}

	h.ok("get", "person", number).says(t, number) // from the hub that runs
	h.ok("link", "run").says(t, "Person")
}

func TestAMergeOfTheConsoleWaitsForASecondPersonAndIsUndoneWithItsUses(t *testing.T) {
	h := namesakes(t)
	h.write("sen.yaml", h.read("sen.yaml")+"\ndemo: true\n")
	base := h.up().address
	hanh, lan, quang := visit(t, base, "hanh"), visit(t, base, "lan"), visit(t, base, "quang")
	hanh.wants(hanh.get(http.StatusOK, "/links"), `href="/links/person"`)
	page := hanh.get(http.StatusOK, "/links/person")
	hanh.wants(page, "Nguyễn Văn Minh", "the record fits another too", `accesskey="1"`)
	side := func(name string) string {
		found := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(page)
		if found == nil {
			t.Fatalf("the pair's form does not name %s", name)
		}
		return found[1]
	}
	answer := url.Values{"a": {side("a")}, "b": {side("b")}, "do": {"later"}, "skip": {"0"}}
	hanh.wants(hanh.post(http.StatusOK, "/links/person", answer), "Nguyễn Văn Minh")
	answer.Set("do", "same")
	hanh.wants(hanh.post(http.StatusOK, "/links/person", answer), "D-000001", "waits for a second person")
	hanh.wants(hanh.post(http.StatusOK, "/links/person", answer), "Somebody else has answered")
	answer.Set("do", "erase")
	hanh.post(http.StatusUnprocessableEntity, "/links/person", answer)
	h.ok("decisions").says(t, "D-000001", "proposed", "reviewer:hanh")

	hanh.post(http.StatusForbidden, "/merges/D-000001/confirm", nil)
	quang.wants(quang.get(http.StatusOK, "/merges?state=proposed"), "D-000001")
	quang.wants(quang.post(http.StatusOK, "/merges/D-000001/confirm", nil), "confirmed", "steward:quang")
	linked := func(want string) {
		t.Helper()
		for range 600 { // the hub links anew beside what it answers
			if strings.Contains(lan.get(http.StatusOK, "/merges/D-000001"), want) {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("the decision does not come to be %q", want)
	}
	linked("took effect")
	number := regexp.MustCompile(`0011900\d{5}`).FindString(page)
	record := lan.post(http.StatusOK, "/person", url.Values{"entity": {"person"}, "key": {number}, "purpose": {"link-review"}, "case": {"K-1"}})
	lan.wants(record, "person&#39;s decision", "town.home")

	quang.post(http.StatusUnprocessableEntity, "/merges/D-000001/withdraw", url.Values{"reason": {" "}})
	quang.post(http.StatusOK, "/merges/D-000001/withdraw", url.Values{"reason": {"two people"}})
	linked("undone")
	quang.wants(quang.get(http.StatusOK, "/merges/D-000001"), "steward:lan", "K-1", "two people")
	hanh.post(http.StatusForbidden, "/merges/D-000001/withdraw", url.Values{"reason": {"x"}})
	lan.get(http.StatusNotFound, "/merges/D-000099")
	lan.get(http.StatusNotFound, "/merges/x")
}
