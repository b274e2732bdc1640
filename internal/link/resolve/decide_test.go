package resolve

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/state"
)

// says adds a decision that stands, about records named as "dataset key".
func (h *hub) says(verdict, a, b string) *state.Decision {
	h.Helper()
	side := func(name string) (s state.DecisionSide) {
		if _, err := fmt.Sscanf(name, "%s %d", &s.Dataset, &s.Record); err != nil {
			h.Fatal(err)
		}
		if h.ask("SELECT count(*) FROM duckdb_views() WHERE view_name = '"+Links+"'") == "1" {
			thing := h.ask(fmt.Sprintf("SELECT entity FROM %s WHERE dataset = '%s' AND record = %d", Links, s.Dataset, s.Record))
			_, _ = fmt.Sscan(thing, &s.Thing) // none before the first run
		}
		return s
	}
	h.decisions = append(h.decisions, state.Decision{Number: int64(len(h.decisions)) + 1, Entity: "person", Verdict: verdict, State: decision.Confirmed, A: side(a), B: side(b)})
	return &h.decisions[len(h.decisions)-1]
}

// links are all links as one text, and earlier keeps them as the run before.
func (h *hub) links() string {
	h.Helper()
	return h.ask("SELECT string_agg(coalesce(entity, 0) || ' ' || dataset || ' ' || record || ' ' || coalesce(how, ''), chr(10) ORDER BY dataset, record) FROM " + Links)
}

func (h *hub) keep() string {
	h.Helper()
	if err := h.c.Exec(h.Context(), "CREATE OR REPLACE TEMP TABLE earlier AS FROM "+Links); err != nil {
		h.Fatal(err)
	}
	return "earlier"
}

func (h *hub) thing(name string) string {
	h.Helper()
	dataset, key, _ := strings.Cut(name, " ")
	return h.ask(fmt.Sprintf("SELECT entity FROM %s WHERE dataset = '%s' AND record = %s", Links, dataset, key))
}

// twins are two people of the register, each with records of their own.
func (h *hub) twins() {
	h.crowd()
	h.put("pop.person", 9001, "001190011111", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("reg.birth", 9001, "001190011111", "Nguyễn Văn Minh", "1990-05-06")
	h.put("res.home", 9001, "001190011111", "Nguyễn Văn Minh", "1990-05-06", "số 1", "2020-01-01")
	h.put("pop.person", 9002, "001190022222", "", "Nguyễn Văn Mình", "1990-06-05", "2024-01-01")
	h.put("veh.car/owner", 9002, "001190022222", "Nguyễn Văn Mình")
}

func TestTwoPeopleOfTheRegisterAreOneWhereAPersonSaysSo(t *testing.T) {
	h := newHub(t)
	h.twins()
	h.run("")
	first := h.links()
	minh := h.thing("pop.person 9001")
	merged := h.says(decision.Same, "pop.person 9002", "pop.person 9001")
	r := h.run(h.keep())
	if got := h.thing("veh.car/owner 9002"); got != minh || h.thing("pop.person 9002") != minh {
		t.Errorf("got the thing %s, want %s, as most of the records were called", got, minh)
	}
	if _, how := h.linked("pop.person", 9002); how != Decided && h.ask("SELECT count(*) FROM "+Links+" WHERE how = 'decision'") == "0" {
		t.Errorf("got how %q, want one of the two by decision", how)
	}
	if d := r.Decisions; d == nil || d.Applied != 1 || d.Gone+d.Against != 0 || fmt.Sprint(d.Things[1]) != minh || r.Change.Merged != 1 {
		t.Errorf("got %+v and %+v, want one decision applied and one thing merged", d, r.Change)
	}
	if got := h.ask("SELECT identity || ' ' || records FROM (SELECT number AS identity, records FROM golden WHERE entity = " + minh + ")"); got != "001190011111 5" && got != "001190022222 5" {
		t.Errorf("the golden record: got %q", got)
	}
	merged.State = decision.Withdrawn
	if r = h.run(h.keep()); h.links() != first || r.Decisions.Applied != 0 {
		t.Errorf("merged and undone: got other links than before\n%s", r.report())
	}
}

func (r Report) report() string { return fmt.Sprintf("%+v %+v", r.Decisions, r.Change) }

func TestARecordIsTakenOutWithWhatHangsOnItAlone(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("pop.person", 9001, "001190011111", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("reg.birth", 9001, "001190011111", "Nguyễn Văn Minh", "1990-05-06")
	h.put("res.home", 9001, "001190011111", "Nguyễn Văn Minh", "1990-05-06", "số 1", "2020-01-01")
	h.put("pop.person", 9002, "001190011111", "123456789", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01") // the register has him twice, once with an old number
	h.put("veh.car/owner", 9002, "123456789", "Nguyễn Văn Minh")
	h.run("")
	minh := h.thing("pop.person 9001")
	if h.thing("veh.car/owner 9002") != minh || h.thing("pop.person 9002") != minh {
		t.Fatal("they are not one to begin with")
	}
	h.says(decision.Different, "res.home 9001", "pop.person 9001")
	h.says(decision.Different, "pop.person 9002", "pop.person 9001")
	r := h.run(h.keep())
	out := h.thing("pop.person 9002")
	if out == minh || h.thing("veh.car/owner 9002") != out {
		t.Errorf("got %s and %s, want a thing of their own, not %s", out, h.thing("veh.car/owner 9002"), minh)
	}
	if home := h.thing("res.home 9001"); home == minh || home == out || home == "" {
		t.Errorf("the record at home: got %s", home)
	}
	if h.thing("pop.person 9001") != minh || h.thing("reg.birth 9001") != minh {
		t.Error("what stays is called otherwise")
	}
	if r.Decisions.Applied != 2 || r.Change.Split != 1 {
		t.Errorf("got %s", r.report())
	}
}

func TestDecisionsHoldInAnyOrder(t *testing.T) {
	h := newHub(t)
	h.twins()
	h.put("res.home", 9003, "", "Phạm Hoa", "1961-11-30", "số 3", "2021-01-01")
	h.put("res.home", 9004, "", "Đặng Lan", "1951-01-02", "số 4", "2021-01-01")
	h.put("veh.car/owner", 9005, "", "Ai Đó") // a name alone says nothing
	h.says(decision.Same, "pop.person 9001", "res.home 9003")
	h.says(decision.Same, "pop.person 9002", "res.home 9004")
	h.says(decision.Same, "veh.car/owner 9005", "res.home 9004")
	h.says(decision.Different, "res.home 9001", "pop.person 9001")
	h.says(decision.Same, "res.home 9001", "res.home 9004")
	h.says(decision.Same, "reg.birth 9001", "res.home 9004") // against the fourth: 9001 stands with his birth
	h.says(decision.Same, "reg.birth 9001", "res.home 77")
	r := h.run("")
	want, all := h.links(), h.decisions
	if d := r.Decisions; d.Applied != 5 || d.Against != 1 || d.Gone != 1 {
		t.Errorf("got %+v, want five applied, one against another, one gone", d)
	}
	for _, pair := range [][2]string{{"pop.person 9001", "res.home 9003"}, {"pop.person 9002", "veh.car/owner 9005"}, {"res.home 9001", "pop.person 9002"}} {
		if a, b := h.thing(pair[0]), h.thing(pair[1]); a != b || a == "" {
			t.Errorf("%v: got %s and %s, want one thing", pair, a, b)
		}
	}
	if h.thing("res.home 9001") == h.thing("pop.person 9001") {
		t.Error("what a decision keeps apart came together over another")
	}
	for seed := range uint64(5) {
		h.decisions = append([]state.Decision(nil), all...)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(all), func(i, j int) { h.decisions[i], h.decisions[j] = h.decisions[j], h.decisions[i] })
		if h.run(""); h.links() != want {
			t.Fatalf("seed %d: other links", seed)
		}
	}
}

func TestDecisionsThatContradictOneAnotherAreRefusedByName(t *testing.T) {
	h := newHub(t)
	h.twins()
	h.says(decision.Same, "pop.person 9001", "res.home 9001")
	h.says(decision.Same, "res.home 9001", "pop.person 9002")
	h.says(decision.Different, "pop.person 9002", "pop.person 9001")
	_, err := h.try("")
	if sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "D-000002") || !strings.Contains(err.Error(), "D-000003") {
		t.Errorf("got %v, want an error that names both", err)
	}
}

func TestWhatIsUncertainIsKeptForAPersonUntilItIsDecided(t *testing.T) {
	h := newHub(t)
	h.entity.Match.Review = "between 0.30 and 0.99"
	h.crowd()
	for i := range 40 { // more than one record to learn from
		h.put("res.home", i, "", h.who(i), h.birthday(i), "số 9", "2020-01-01")
	}
	for i, number := range []string{"001190011111", "001190022222"} { // namesakes born on one day
		h.put("pop.person", 9001+i, number, "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	}
	h.put("reg.birth", 9001, "001190011111", "Nguyễn Văn Minh", "1990-05-06")
	h.put("res.home", 9003, "", "Nguyễn Văn Minh", "1990-05-06", "số 1", "2020-01-01")
	review := func() string {
		h.Helper()
		return h.ask("SELECT string_agg(dataset_a || ' ' || record_a || ', ' || dataset_b || ' ' || record_b || ' ' || round(probability, 1), '; ' ORDER BY value DESC) FROM " + Review)
	}
	r := h.run("")
	if got := review(); r.Review != 2 || got != "res.home 9003, pop.person 9001 0.5; res.home 9003, pop.person 9002 0.5" {
		t.Fatalf("got %d: %s", r.Review, got)
	}
	if h.ask("SELECT count(*) FROM "+Review+" r JOIN "+Links+" l ON r.entity_b = l.entity AND l.dataset = r.dataset_b AND l.record = r.record_b") != "2" {
		t.Error("the thing is not that of the record")
	}
	h.says(decision.Different, "res.home 9003", "pop.person 9002")
	if r = h.run(h.keep()); review() != "res.home 9003, pop.person 9001 0.5" || r.Decisions.Applied != 1 {
		t.Errorf("one is decided: got %s, %s", review(), r.report())
	}
	h.says(decision.Same, "res.home 9003", "pop.person 9001")
	if r = h.run(h.keep()); r.Review != 0 || h.thing("res.home 9003") != h.thing("pop.person 9001") {
		t.Errorf("both are decided: got %s, %s", review(), r.report())
	}
}
