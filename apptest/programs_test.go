package apptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/state"
)

// caller is a program with a token of an account of a role.
type caller struct {
	t           *testing.T
	base, token string
}

// roles are all, each with an account that is called like it; the agency's is
// civil-status.
var roles = []string{"operator", "steward", "reviewer", "officer", "leader", "agency", "reader"}

// callers starts the hub, and gives a program for each role.
func (s *shell) callers() (*server, map[string]*caller) {
	s.t.Helper()
	out := map[string]*caller{}
	for _, role := range append(slices.Clone(roles), "steward2") {
		var more []string
		if role == "agency" {
			more = []string{"--agency", "civil-status"}
		}
		out[role] = &caller{t: s.t, token: s.token(role, strings.TrimSuffix(role, "2"), "read,write,person", more...)}
	}
	v := s.up("--api-rate", "1000000")
	for _, c := range out {
		c.base = v.address + "/api/v1"
	}
	return v, out
}

// send calls the API; body is what is posted, nil to get.
func (c *caller) send(path string, body any) (int, string) {
	c.t.Helper()
	method, sent := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		sent, _ = json.Marshal(body)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, bytes.NewReader(sent))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Accept-Language", "en")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// call sends, wants a status and reads the answer into one of a type.
func call[T any](c *caller, want int, path string, body any) (out T) {
	c.t.Helper()
	status, text := c.send(path, body)
	if status != want {
		c.t.Fatalf("%s: got %d, want %d\n%.2000s", path, status, want, text)
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		c.t.Fatalf("%s: %v\n%.2000s", path, err, text)
	}
	return out
}

type said map[string]any

type listed struct {
	Items []said
	Next  string
}

// texts are what the items of a list say by a name.
func (l listed) texts(name string) (out []string) {
	for _, one := range l.Items {
		out = append(out, fmt.Sprint(one[name]))
	}
	return out
}

// journal is all that the hub's door has written down.
func (s *shell) journal() (out []access.Entry) {
	s.t.Helper()
	kept, err := state.Open(s.t.Context(), filepath.Join(s.dir, "data", "state.db"), state.Options{ReadOnly: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer kept.Close()
	stored, err := kept.Entries(s.t.Context(), state.EntryFilter{}, 1_000_000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, one := range stored {
		var e access.Entry
		if err := json.Unmarshal(one.Body, &e); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, e)
	}
	slices.Reverse(out)
	return out
}

// look is a request that reads people's data, and who may make it.
type look struct {
	path    string
	body    said
	may     []string
	purpose string // another that none of them has; "": there is none to state
	command string
}

// looksOf are all such requests of the API, over the demonstration country.
func looksOf(t *testing.T, as map[string]*caller, one, two string) []look {
	t.Helper()
	steward := as["steward"]
	held := call[listed](steward, 200, "/quarantine", nil)
	at := slices.IndexFunc(held.texts("dataset"), func(d string) bool { return strings.HasPrefix(d, "civil-status.") })
	cases := call[listed](steward, 200, "/cases?agency=civil-status&limit=200", nil)
	readable := ""
	for _, id := range cases.texts("id") {
		if call[said](steward, 200, "/cases/"+id, nil)["readable"] == true {
			readable = id
		}
	}
	if at < 0 || readable == "" {
		t.Fatalf("the country has nothing held back or no case of civil-status: %v, %v", held.texts("dataset"), cases.texts("id"))
	}
	dataset := held.texts("dataset")[at]
	var rule said
	for _, o := range call[listed](steward, 200, "/quality/datasets/"+dataset+"/offences?limit=200", nil).Items {
		if o["readable"] == true && rule == nil {
			rule = o
		}
	}
	column, _ := rule["column"].(string)
	openers, raters := []string{"operator", "steward"}, []string{"operator", "steward", "agency"}
	return []look{
		{"/entities/person/record", said{"key": one, "purpose": "correction", "case": "C-1"}, openers, "pension", "api record"},
		{"/entities/person/sources", said{"key": one, "purpose": "correction", "case": "C-1"}, openers, "pension", "api sources"},
		{"/entities/person/explanation", said{"a": one, "b": two, "purpose": "correction", "case": "C-1"}, openers, "pension", "api explanation"},
		{"/entities/person/looks", said{"key": one, "purpose": "correction", "case": "C-1"}, openers, "pension", "api looks"},
		{"/reviews/person/pairs", said{"purpose": "link-review", "case": "C-1"}, []string{"operator", "steward", "reviewer"}, "pension", "api review"},
		{"/services/residence", said{"number": one, "case": "C-1"}, []string{"officer"}, "", "api residence"},
		{"/quality/datasets/" + dataset + "/rows", said{"rule": rule["rule"], "column": column, "purpose": "correction", "case": "C-1"}, raters, "pension", "api quality rows"},
		{"/quarantine/" + dataset + "/rows", said{"purpose": "correction", "case": "C-1"}, raters, "pension", "api quarantine"},
		{"/cases/" + readable + "/rows", said{"purpose": "correction"}, raters, "pension", "api case"},
	}
}

func TestProgramsOnTheDemonstrationCountry(t *testing.T) {
	h, one, two := country(t)
	golden := h.golden("person", one)
	v, as := h.callers()
	part := func(name string, do func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			for _, c := range as {
				c.t = t
			}
			do(t)
		})
	}
	part("every read is an entry, and is for its roles", func(t *testing.T) { readsAreEntries(t, h, as, one, two) })
	part("of one person is seen what the console shows", func(t *testing.T) { onePerson(t, as, golden, one) })
	part("an agency replies to its cases", func(t *testing.T) { replies(t, as) })
	if log := v.err.String(); strings.Contains(log, one) || strings.Contains(log, two) || strings.Contains(log, "failed") {
		t.Errorf("the log has a number, or a failure:\n%s", log)
	}
}

// readsAreEntries calls all that reads people's data as every role: who may gets
// data and each call one request of the journal; who may not gets neither.
func readsAreEntries(t *testing.T, h *shell, as map[string]*caller, one, two string) {
	before := len(h.journal())
	var asked []string // what the journal is to have, in order
	for _, l := range looksOf(t, as, one, two) {
		for _, role := range roles {
			want := http.StatusForbidden
			if slices.Contains(l.may, role) {
				want = http.StatusOK
			}
			const times = 2
			for range times {
				if got, text := as[role].send(l.path, l.body); got != want {
					t.Errorf("%s as %s: got %d, want %d: %.500s", l.path, role, got, want, text)
				} else if got == http.StatusForbidden && (strings.Contains(text, one) || !strings.Contains(text, `"type":"/api/v1/problems/denied"`)) {
					t.Errorf("%s as %s: the refusal says %s", l.path, role, text)
				}
				if want == http.StatusOK {
					asked = append(asked, role+" "+l.command+" asked", role+" "+l.command+" outcome")
				}
			}
		}
		if other := l.may[len(l.may)-1]; l.purpose != "" {
			body := said{}
			for name, value := range l.body {
				body[name] = value
			}
			body["purpose"] = l.purpose
			if got, text := as[other].send(l.path, body); got != http.StatusForbidden && l.command != "api residence" {
				t.Errorf("%s as %s for %s: got %d: %.500s", l.path, other, l.purpose, got, text)
			}
			asked = append(asked, other+" "+l.command+" denied")
		}
	}
	var found []string
	for _, e := range h.journal()[before:] {
		if e.Kind != access.Saw {
			found = append(found, fmt.Sprintf("%s %s %s", e.Principal.Role, e.Command, e.Kind))
		}
		if e.Kind == access.Asked && (e.Purpose == "" || e.Case == "") {
			t.Errorf("entry %d has purpose %q and case %q", e.Sequence, e.Purpose, e.Case)
		}
	}
	if !slices.Equal(found, asked) {
		t.Errorf("the journal has\n  %s\nwant\n  %s", strings.Join(found, "\n  "), strings.Join(asked, "\n  "))
	}
}

func onePerson(t *testing.T, as map[string]*caller, golden golden, one string) {
	stated := func(more said) said { more["purpose"], more["case"] = "correction", "C-7"; return more }

	record := call[struct {
		ID, Request string
		Fields      []struct {
			Name, Value string
			Source      said
		}
	}](as["steward"], 200, "/entities/person/record", stated(said{"key": one}))
	if record.ID != golden.ID || record.Request == "" || len(record.Fields) != len(golden.Fields) {
		t.Fatalf("got %+v, want what the command line shows: %+v", record, golden)
	}
	for i, f := range record.Fields {
		if f.Value != golden.Fields[i].Value || f.Source["dataset"] != golden.Fields[i].Source || f.Source["source"] == "" || f.Source["contract"] == "" {
			t.Errorf("field %s is %q from %v, want %+v", f.Name, f.Value, f.Source, golden.Fields[i])
		}
	}
	byID := call[said](as["steward"], 200, "/entities/person/record", stated(said{"key": record.ID}))
	if byID["id"] != record.ID {
		t.Errorf("its id leads to %v", byID["id"])
	}

	whole := call[listed](as["steward"], 200, "/entities/person/sources", stated(said{"key": one, "limit": 200}))
	var parts []string
	for body := stated(said{"key": one, "limit": 1}); ; {
		page := call[listed](as["steward"], 200, "/entities/person/sources", body)
		if parts = append(parts, page.texts("record")...); page.Next == "" {
			break
		}
		body["after"] = page.Next
	}
	if !slices.Equal(parts, whole.texts("record")) || int64(len(parts)) != golden.records() {
		t.Errorf("in pages of one: %v, want %v and %d", parts, whole.texts("record"), golden.records())
	}

	for name, hostile := range map[string]string{"SQL": "' OR '1'='1", "a NUL": "a\x00b", "markup": "<script>alert(1)</script>", "a formula": "=1+1", "marks of direction": "\u202e" + one,
		"a comment": one + "'; DROP TABLE person; --", "letters": strings.Repeat("Ạ", 100), "a cut letter": "\xc3(", "a number too large": "99999999999999999999"} {
		if status, text := as["steward"].send("/entities/person/record", stated(said{"key": hostile})); status != 404 || strings.Contains(text, hostile) {
			t.Errorf("%s as a key: got %d: %s", name, status, text)
		}
	}

	residence := func(more said) (out struct {
		Verdict string
		Fields  []struct{ Name, Value string }
		Entries []int64
	}) {
		more["case"] = "C-8"
		out = call[struct {
			Verdict string
			Fields  []struct{ Name, Value string }
			Entries []int64
		}](as["officer"], 200, "/services/residence", more)
		if len(out.Entries) < 2 {
			t.Errorf("%v: the proof is %v", more, out.Entries)
		}
		return out
	}
	if r := residence(said{"number": "000000000000"}); r.Verdict != "unknown" || len(r.Fields) > 0 {
		t.Errorf("nobody's number: %+v", r)
	}
	if r := residence(said{"number": one, "province": "Nowhere"}); r.Verdict != "at-another" && r.Verdict != "no-residence" || len(r.Fields) > 0 {
		t.Errorf("elsewhere: %+v", r)
	}
	for _, f := range residence(said{"number": one, "tell": true}).Fields {
		if !slices.Contains([]string{"name", "residence", "ward", "province"}, f.Name) {
			t.Errorf("an officer is told %s", f.Name)
		}
	}

	looks := call[listed](as["steward"], 200, "/entities/person/looks", stated(said{"key": one, "limit": 200}))
	by := map[string]int{}
	for _, l := range looks.Items {
		by[fmt.Sprint(l["principal"], " ", l["command"], " ", l["case"])]++
	}
	if by["steward:steward api record C-7"] != 2 || by["officer:officer api residence C-8"] != 2 || by["steward:steward api looks C-7"] != 1 || by["steward:steward api sources C-7"] != 1+len(parts) {
		t.Errorf("who looked: %v", by)
	}
	first := call[listed](as["steward"], 200, "/entities/person/looks", stated(said{"key": one, "limit": 2}))
	second := call[listed](as["steward"], 200, "/entities/person/looks", stated(said{"key": one, "limit": 200, "after": first.Next}))
	if len(first.Items) != 2 || second.Items[0]["sequence"] != looks.Items[0]["sequence"] && len(second.Items) < len(looks.Items)-1 {
		t.Errorf("in pages: %v and then %d entries of %d", first.texts("sequence"), len(second.Items), len(looks.Items))
	}
}

func TestAMergeOfAProgramWaitsForASecondSteward(t *testing.T) {
	h := namesakes(t)
	_, as := h.callers()
	first, second := as["steward"], as["steward2"]
	type decided struct {
		ID, State string
		A, B      struct{ Record string }
		History   []struct{ What, Principal, Note string }
	}
	type pairs struct {
		Items []struct {
			A, B        string
			Explanation struct {
				Prior, Bits float64
				Steps       []struct{ Bits, Sum float64 }
			}
		}
		Next string
		More int
	}
	review := said{"purpose": "link-review", "limit": 1}
	page := call[pairs](as["reviewer"], 200, "/reviews/person/pairs", review)
	if len(page.Items) != 1 || page.Next == "" || page.More != 1 {
		t.Fatalf("got %+v, want one of two pairs", page)
	}
	pair := page.Items[0]
	if x := pair.Explanation; len(x.Steps) == 0 || x.Steps[len(x.Steps)-1].Sum != x.Bits {
		t.Errorf("the waterfall does not end where its weights add up: %+v", x)
	}
	answer := said{"a": pair.A, "b": pair.B, "verdict": "different", "reason": "asked at the door"}
	made := call[decided](as["reviewer"], 201, "/reviews/person/answers", answer)
	if made.State != "proposed" || made.History[0].Principal != "reviewer:reviewer" || made.History[0].Note != "asked at the door" {
		t.Errorf("got %+v", made)
	}
	call[said](as["reviewer"], 404, "/reviews/person/answers", answer)
	review["after"] = page.Next // behind a pair that is answered by now
	if rest := call[pairs](as["reviewer"], 200, "/reviews/person/pairs", review); len(rest.Items) != 1 || rest.Items[0].A == pair.A && rest.Items[0].B == pair.B || rest.Next != "" {
		t.Errorf("behind it: %+v", rest)
	}
	call[said](as["reviewer"], 403, "/decisions/"+made.ID+"/confirm", said{})
	call[said](as["reviewer"], 200, "/decisions/"+made.ID+"/withdraw", said{"reason": "not sure"}) // their own, while it waits
	call[said](as["reviewer"], 403, "/decisions/"+made.ID+"/withdraw", said{"reason": "not sure"})

	merge := said{"a": "001190011111", "b": "001190022222", "reason": "re-issued number", "purpose": "link-review", "case": "K-1"}
	made = call[decided](first, 201, "/entities/person/merge", merge)
	call[said](first, 409, "/entities/person/merge", merge)
	if problem := call[said](first, 403, "/decisions/"+made.ID+"/confirm", said{}); problem["hint"] == nil {
		t.Errorf("who proposed confirms: %v", problem)
	}
	call[said](second, 200, "/decisions/"+made.ID+"/confirm", said{})
	call[said](second, 409, "/decisions/"+made.ID+"/confirm", said{})
	until := func(what string) (d decided) {
		for range 600 { // the hub links anew beside what it answers
			if d = call[decided](first, 200, "/decisions/"+made.ID, nil); d.History[len(d.History)-1].What == what {
				return d
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("the decision does not come to be %s: %+v", what, d)
		return d
	}
	until("applied")
	id := func(key string) string {
		return fmt.Sprint(call[said](first, 200, "/entities/person/record", said{"key": key, "purpose": "link-review", "case": "K-1"})["id"])
	}
	if a, b := id("001190011111"), id("001190022222"); a != b {
		t.Errorf("merged, they are %s and %s", a, b)
	}
	const other = "001090000000" // whose home gives no number
	sources := call[listed](first, 200, "/entities/person/sources", said{"key": other, "purpose": "link-review"}).texts("record")
	at := slices.IndexFunc(sources, func(s string) bool { return strings.HasPrefix(s, "town.home:") })
	if at < 0 {
		t.Fatalf("no home speaks of them: %v", sources)
	}
	taking := said{"key": other, "record": sources[at], "reason": "a namesake", "purpose": "link-review"}
	if out := call[decided](first, 201, "/entities/person/take-out", taking); out.A.Record != sources[at] || out.State != "proposed" {
		t.Errorf("taken out: %+v", out)
	}
	taking["record"] = "town.person:1" // it speaks of somebody else
	call[said](first, 404, "/entities/person/take-out", taking)
	call[said](second, 200, "/decisions/"+made.ID+"/withdraw", said{"reason": "two people"})
	until("undone")
	if a, b := id("001190011111"), id("001190022222"); a == b {
		t.Errorf("undone, they are both %s", a)
	}
	uses := call[listed](second, 200, "/decisions/"+made.ID+"/uses", nil)
	if cases := uses.texts("case"); !slices.Contains(cases, "K-1") {
		t.Errorf("who used it: %v", uses.Items)
	}
	if all := call[listed](first, 200, "/decisions?state="+url.QueryEscape("withdrawn"), nil).texts("id"); !slices.Equal(all, []string{"D-000002", "D-000001"}) {
		t.Errorf("withdrawn are %v", all)
	}
}

func replies(t *testing.T, as map[string]*caller) {
	agency, steward := as["agency"], as["steward"]
	own := call[listed](agency, 200, "/cases?agency=population&limit=200", nil) // what it asks for is its own all the same
	for _, owner := range own.texts("owner") {
		if owner != "civil-status" {
			t.Errorf("it sees a case of %s", owner)
		}
	}
	others := call[listed](steward, 200, "/cases?limit=200", nil)
	id := own.texts("id")[0]
	for i, owner := range others.texts("owner") {
		if owner != "civil-status" {
			foreign := others.texts("id")[i]
			call[said](agency, 404, "/cases/"+foreign, nil)
			call[said](agency, 404, "/cases/"+foreign+"/replies", said{"says": "accept"})
			break
		}
	}
	call[said](agency, 422, "/cases/"+id+"/replies", said{"says": "reject"})
	call[said](agency, 422, "/cases/"+id+"/replies", said{"says": "reject", "note": "it is of 001090012345"})
	call[said](agency, 422, "/cases/"+id+"/replies", said{"says": "more-time", "until": "2020-01-01"})
	call[said](agency, 422, "/cases/"+id+"/replies", said{"says": "more-time", "until": "2027-02-31"})
	call[said](agency, 422, "/cases/"+id+"/replies", said{"says": "hand-over", "to": "nobody"})
	call[said](agency, 403, "/cases/"+id+"/replies", said{"says": "insist"})
	call[said](steward, 403, "/cases/"+id+"/replies", said{"says": "accept"})
	rejected := call[struct {
		State   string
		History []struct{ What, Principal, Note string }
	}](agency, 200, "/cases/"+id+"/replies", said{"says": "reject", "note": "the book agrees, page 4"})
	last := rejected.History[len(rejected.History)-1]
	if rejected.State != "rejected" || last.What != "reject" || last.Principal != "agency:agency" || last.Note != "the book agrees, page 4" {
		t.Errorf("got %+v", rejected)
	}
	if again := call[said](steward, 200, "/cases/"+id+"/replies", said{"says": "insist"}); again["state"] != "open" {
		t.Errorf("got %v", again)
	}

	released := call[said](steward, 200, "/quarantine/civil-status.birth/release", said{})
	if released["run"] != nil || released["before"] != released["after"] {
		t.Errorf("a release under the same contract did %v", released)
	}
	for _, path := range []string{"/quarantine", "/quality/datasets"} {
		for _, dataset := range call[listed](agency, 200, path+"?limit=200", nil).texts("dataset") {
			if !strings.HasPrefix(dataset, "civil-status.") {
				t.Errorf("%s shows it %s", path, dataset)
			}
		}
	}
}
