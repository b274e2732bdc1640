package flow_test

import (
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
)

const keepsThirtyYears = people + "slaProperties:\n  - {property: retention, value: 30, unit: y, element: person.born_on}\n"

func TestRowsPastTheContractsRetentionAreCountedAndStay(t *testing.T) {
	h := newHub(t, keepsThirtyYears, "ma,ho_ten,ngay_sinh,diem\n1,An,3/5/1987,7\n2,Bình,1/1/2001,8\n")
	h.mustSync()
	out := h.flow.Retain(t.Context(), []contract.Dataset{h.dataset()}, 0, false)[0]
	if out.Err != nil || out.Past != 1 || len(out.Tables) != 3 {
		t.Errorf("got %+v; want one row past 30 years, three tables", out)
	}
	h.want("clean", "id", "1 | 2")
}

func TestAContractsRetentionShortensTheHubsAndNeverLengthensIt(t *testing.T) {
	h := newHub(t, keepsThirtyYears, three)
	day := 24 * time.Hour
	for keep, want := range map[time.Duration]time.Duration{day: day, 100 * 365 * day: 30 * 365 * day} {
		if got := h.flow.Retain(t.Context(), []contract.Dataset{h.dataset()}, keep, true)[0]; got.Kept != want || got.Err != nil {
			t.Errorf("lake.keep %s: kept %s, %v; want %s", keep, got.Kept, got.Err, want)
		}
	}
}

func TestADatasetThatIsBeingSynchronisedIsPassedOver(t *testing.T) {
	h := newHub(t, people, three)
	unlock, err := h.options.State.Lock(t.Context(), "people.person")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if out := h.flow.Retain(t.Context(), []contract.Dataset{h.dataset()}, 0, false)[0]; sen.KindOf(out.Err) != sen.Busy {
		t.Errorf("got %v, want busy", out.Err)
	}
}
