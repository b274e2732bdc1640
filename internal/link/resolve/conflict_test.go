package resolve

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sen-hub/sen/internal/engine"
)

// conflicts links what was put, and finds what is most likely wrong of it.
func (h *hub) conflicts() ConflictReport {
	h.Helper()
	h.run("")
	r, err := FindConflicts(h.Context(), h.c, h.entity, h.sources(), Links, "golden")
	if err != nil {
		h.Fatal(err)
	}
	return r
}

func (h *hub) blamed(field string, record int) string {
	h.Helper()
	return h.ask(fmt.Sprintf("SELECT string_agg(dataset || ': ' || said || ' / ' || against || ' / ' || evidence || ' ' || survived, '; ' ORDER BY dataset) FROM %s WHERE field = %s AND record = %d",
		Conflicts, engine.Literal(field), record))
}

func TestWhoStandsAloneIsMostLikelyWrong(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("pop.person", 9001, "001190099991", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("reg.birth", 9001, "001190099991", "NGUYEN  van Minh", "1990-05-06") // the same, written otherwise
	h.put("res.home", 9001, "001190099991", "Nguyễn Văn Minh", "1990-06-05", "số 1", "2019-01-01")
	h.put("pop.person", 9002, "001190099992", "", "Bùi Thu Trang", "1971", "2024-01-01") // a year agrees with a day in it
	h.put("reg.birth", 9002, "001190099992", "Bùi Thu Trang", "1971-03-04")
	h.put("res.home", 9002, "001190099992", "Bùi Thu Trang", "1971-03-04", "số 2", "2019-01-01")
	h.put("pop.person", 9003, "001190099993", "", "Đặng Quốc Bảo", "1962-07-08", "2024-01-01") // the register is wrong
	h.put("reg.birth", 9003, "001190099993", "Đặng Quốc Toàn", "1962-07-08")
	h.put("res.home", 9003, "001190099993", "Đặng Quốc Toàn", "1962-07-08", "số 3", "2019-01-01")
	h.put("res.home", 9004, "001190099993", "Đặng Quốc Toàn", "1962-07-08", "số 4", "2021-01-01") // he moved
	r := h.conflicts()
	for _, one := range []struct {
		field  string
		record int
		want   string
	}{
		{"born_on", 9001, "res.home: 1990-06-05 / 1990-05-06 / pop.person, reg.birth false"},
		{"name", 9001, ""}, {"born_on", 9002, ""}, {"residence", 9004, ""},
		{"name", 9003, "pop.person: Đặng Quốc Bảo / Đặng Quốc Toàn / reg.birth, res.home true"},
	} {
		if got := h.blamed(one.field, one.record); got != one.want {
			t.Errorf("%s of %d: got %q, want %q", one.field, one.record, got, one.want)
		}
	}
	if r.Things != 2 || r.Survived != 1 || r.Undecided != 0 || len(r.By) != 2 {
		t.Errorf("got %+v, want two things, one golden value that is most likely wrong, and two columns", r)
	}
}

func TestAMentionCountsWhereItGivesTheKeyBesideAnotherName(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("pop.person", 9001, "001190099991", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("reg.birth", 9001, "001190099991", "Nguyễn Văn Minh", "1990-05-06")
	h.put("veh.car/owner", 9001, "001190099991", "Nguyễn V. Minh")
	h.put("veh.car/owner", 9002, "001190099991", "Phạm Thị Hồng Hạnh")
	r := h.conflicts()
	if got := h.blamed("name", 9001); got != "" {
		t.Errorf("a name that is written short: got %q, want no conflict", got)
	}
	if got, want := h.blamed("name", 9002), "veh.car/owner: Phạm Thị Hồng Hạnh / Nguyễn Văn Minh / pop.person, reg.birth false"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(r.By) != 1 || r.By[0].Column != "nm" || r.By[0].Records != 1 {
		t.Errorf("got %+v, want one record of the column nm", r.By)
	}
}

// Where two datasets are against one another and nobody else speaks of the
// thing, the one that is wrong more often elsewhere is most likely wrong; of two
// that were never wrong, nobody is called so.
func TestReliabilityDecidesBetweenTwo(t *testing.T) {
	h := newHub(t)
	for i := range 1000 {
		number, day, wrong := fmt.Sprintf("0010900%05d", i), fmt.Sprintf("19%02d-%02d-%02d", 40+i%60, 1+i%12, 1+i%28), ""
		if wrong = day; i%10 == 0 {
			wrong = "2001-01-01"
		}
		name := fmt.Sprintf("Lê Văn %c%c", 'A'+i%26, 'a'+i/26%26)
		h.put("pop.person", i, number, "", name, day, "2024-01-01")
		h.put("reg.birth", i, number, name, day)
		h.put("res.home", i, number, name, wrong, "số 1", "2019-01-01")
	}
	h.put("pop.person", 9001, "001190099991", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("res.home", 9001, "001190099991", "Nguyễn Văn Minh", "1990-06-05", "số 1", "2019-01-01")
	h.put("pop.person", 9002, "001190099992", "", "Nguyễn Văn Ninh", "1980-05-06", "2024-01-01")
	h.put("reg.birth", 9002, "001190099992", "Nguyễn Văn Ninh", "1980-06-05")
	r := h.conflicts()
	if got, want := h.blamed("born_on", 9001), "res.home: 1990-06-05 / 1990-05-06 / pop.person false"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := h.blamed("born_on", 9002); got != "" || r.Undecided != 1 {
		t.Errorf("got %q and %d undecided, want nobody called wrong", got, r.Undecided)
	}
	if c := r.By[0]; c.Dataset != "res.home" || c.Records != 101 || c.Of != 1001 || c.Rate < 0.08 || c.Rate > 0.12 {
		t.Errorf("got %+v, want 101 of 1001 records of res.home wrong, one in ten", c)
	}
}

// Whatever datasets say: who is called wrong says other than who outweighs it,
// and a thing of which all say the same is not in conflict.
func TestNobodyIsCalledWrongForWhatAllSay(t *testing.T) {
	for seed := range uint64(5) {
		h, g := newHub(t), rand.New(rand.NewPCG(seed, 1))
		for i := range 200 {
			number := fmt.Sprintf("0010900%05d", i)
			day := func() string { return fmt.Sprintf("1990-01-%02d", 1+g.IntN(2)) }
			h.put("pop.person", i, number, "", fmt.Sprintf("Lê Văn %c%c", 'A'+i%26, 'a'+i/26), day(), "2024-01-01")
			h.put("reg.birth", i, number, fmt.Sprintf("Lê Văn %c%c", 'A'+i%26, 'a'+i/26), day())
			h.put("res.home", i, number, fmt.Sprintf("Lê Văn %c%c", 'A'+i%26, 'a'+i/26), day(), "số 1", "2019-01-01")
		}
		r := h.conflicts()
		if got := h.ask("SELECT count(*) FROM " + Conflicts + " WHERE said = against OR bits < 3 OR contains(evidence, dataset)"); got != "0" {
			t.Errorf("seed %d: %s records are called wrong for what they do not say alone", seed, got)
		}
		if got := h.ask("SELECT count(*) FROM " + Conflicts + " c JOIN golden g USING (entity) WHERE g.born_on_rejected IS NULL"); got != "0" {
			t.Errorf("seed %d: %s things of which all say the same are in conflict", seed, got)
		}
		if r.Things == 0 {
			t.Errorf("seed %d: no conflict in 200 things of chance", seed)
		}
	}
}
