package resolve

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// m is the share of the pairs of one thing that were found to have a level.
func (r Report) m(column, level string) float64 {
	for _, w := range r.Weights {
		if w.Column == column && w.Level == level {
			return w.M
		}
	}
	return -1
}

func TestHowNamesDifferIsLearnedFromWhatKeysLink(t *testing.T) {
	h := newHub(t)
	for i := range 400 { // every fifth is called otherwise at birth
		number, name := fmt.Sprintf("0010900%05d", i), h.who(i)
		h.put("pop.person", i, number, "", name, h.birthday(i), "2024-01-01")
		if i%5 == 0 {
			name = "Quách Tuyết Nhung"
		}
		h.put("reg.birth", i, number, name, h.birthday(i))
		h.put("veh.car/owner", i, number, "Ai Đó") // of a name alone its key is not tested
	}
	for i := range 20 {
		h.put("res.home", 9000+i, "", h.who(i), h.birthday(i), "số 1", "2020-01-01")
	}
	r := h.run("")
	if got := r.m("name", "different"); got < 0.18 || got > 0.22 { // were a record held beside itself too, half as often
		t.Errorf("of two sources that differ in one of five: got m %.3f for different", got)
	}
	if got := r.m("born_on", "same"); got < 0.95 {
		t.Errorf("of birth dates that are always the same: got m %.3f", got)
	}
	// Each of the pairs has the number by which it was found: that says nothing of others.
	if got := r.m("number", "same"); got > 0.9 {
		t.Errorf("the first key: got m %.3f, want what EM makes of those whom no key links", got)
	}
}

func TestWhereNoOtherSourceSpeaksOfAThingNothingIsLearnedOfIt(t *testing.T) {
	weights := func(numbered int) any {
		h := newHub(t)
		h.crowd()
		for i := range numbered {
			h.put("pop.person", 1000+i, fmt.Sprintf("0010800%05d", i), "", strings.Repeat("Y ", 3)+h.who(i), fmt.Sprintf("1890-%02d-%02d", 1+i%12, 1+i%28), "2024-01-01")
		}
		for i := range 20 {
			h.put("res.home", 9000+i, "", h.who(i), h.birthday(i), "số 1", "2020-01-01")
		}
		return h.run("").Weights
	}
	if without, with := weights(0), weights(300); !reflect.DeepEqual(without, with) {
		t.Errorf("people whom the register alone knows changed the weights from\n%v to\n%v", without, with)
	}
}

func TestThingsAreDrawnByTheirIdentifiers(t *testing.T) {
	h := newHub(t)
	r := &run{Options: Options{Entity: h.entity}, c: h.c, entity: h.entity}
	for things, least := range map[int]int{100: 100, 4 * drawnThings: drawnThings * 9 / 10} {
		if err := r.exec(t.Context(), "CREATE OR REPLACE TEMP TABLE sen_register AS SELECT CAST(hash('person', i) >> 1 AS BIGINT) AS _entity FROM range(%d) t(i)", things); err != nil {
			t.Fatal(err)
		}
		if err := r.draw(t.Context()); err != nil {
			t.Fatal(err)
		}
		var drawn int
		if err := h.c.Row(t.Context(), "SELECT count(*) FROM sen_register WHERE "+r.drawn(), &drawn); err != nil {
			t.Fatal(err)
		}
		if drawn < least || drawn > drawnThings*11/10 {
			t.Errorf("of %d things: got %d drawn, want about %d at most", things, drawn, drawnThings)
		}
	}
}
