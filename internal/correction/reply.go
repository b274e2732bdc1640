package correction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// Reply is what an agency says of a case.
type Reply struct {
	Case  int64
	Says  string    // Accepts, Rejects, HandsOver, MoreTime, Insists
	Note  string    // required to reject: the evidence, in words or where it lies; it is no place for people's data
	To    string    // of HandsOver: the agency whose datum it is
	Until time.Time // of MoreTime: the new last day
}

// MostDays bounds how much more time is given at once.
const MostDays = 90

// Replies are what can be said: by the agency, and, of a rejection, by the
// steward.
func Replies() []string { return []string{Accepts, Rejects, HandsOver, MoreTime, Insists} }

// Name is a case's number as people call it: C-000012.
func Name(number int64) string { return fmt.Sprintf("C-%06d", number) }

// ParseName reads a case's name, with or without its letter and zeros.
func ParseName(name string) (int64, error) {
	digits := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(name)), "C"), "-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 {
		return 0, sen.Errorf(sen.Invalid, "%q is no case", name).WithHint("cases are called like C-000012: `sen case list`")
	}
	return n, nil
}

// check refuses what says nothing, or not enough.
func (r Reply) check(c state.Case, today time.Time, agencies []string) error {
	switch {
	case !slices.Contains(Replies(), r.Says):
		return sen.Errorf(sen.Invalid, "%q is no reply", r.Says).WithHint("replies are %s", strings.Join(Replies(), ", "))
	case r.Says == Rejects && strings.TrimSpace(r.Note) == "":
		return sen.Errorf(sen.Invalid, "a rejection needs its evidence").WithHint("say in a note why the data are right, or where that is shown").
			InVietnamese("không nhận thì cần chứng cứ", "ghi vì sao dữ liệu đúng, hoặc điều ấy nằm ở đâu")
	case r.Says == HandsOver && !slices.Contains(agencies, r.To):
		return sen.Errorf(sen.Invalid, "that is no agency of this hub").WithHint("agencies are %s", strings.Join(agencies, ", ")).
			InVietnamese("trung tâm không có cơ quan ấy", "các cơ quan: "+strings.Join(agencies, ", "))
	case r.Says == MoreTime && (r.Until.Before(today) || r.Until.After(today.AddDate(0, 0, MostDays))):
		return sen.Errorf(sen.Invalid, "the deadline cannot be moved to %s", r.Until.Format(time.DateOnly)).WithHint("name a day from today to %s", today.AddDate(0, 0, MostDays).Format(time.DateOnly)).
			InVietnamese("không dời hạn tới ngày ấy được", "chọn một ngày từ hôm nay đến "+today.AddDate(0, 0, MostDays).Format(time.DateOnly))
	case r.Says == Insists && c.State != Rejected:
		return sen.Errorf(sen.Invalid, "case %s was not rejected", Name(c.Number)).WithHint("a steward insists where an agency has rejected a case").
			InVietnamese("phiếu "+Name(c.Number)+" chưa bị từ chối", "chỉ giữ yêu cầu với phiếu mà cơ quan không nhận")
	}
	return nil
}

// errTried ends the transaction of replies that were only to be tried.
var errTried = errors.New("tried")

// Try is Reply without keeping anything.
func (c Cases) Try(ctx context.Context, at time.Time, by sen.Principal, agencies []string, replies ...Reply) (changed int, err error) {
	changed, err = c.take(ctx, at, by, agencies, replies, errTried)
	if errors.Is(err, errTried) {
		err = nil
	}
	return changed, err
}

// Reply keeps replies, all of them or none. One that says what is so already
// changes nothing, so that a file of replies can be taken twice. The error names
// the reply by its place in the list.
func (c Cases) Reply(ctx context.Context, at time.Time, by sen.Principal, agencies []string, replies ...Reply) (changed int, err error) {
	return c.take(ctx, at, by, agencies, replies, nil)
}

// take applies replies, and ends with end, which undoes them where it is an
// error.
func (c Cases) take(ctx context.Context, at time.Time, by sen.Principal, agencies []string, replies []Reply, end error) (changed int, err error) {
	err = c.State.ChangeCases(ctx, func(all []state.Case) ([]state.Case, []state.CaseEvent, error) {
		changed = 0
		var events []state.CaseEvent
		touched := map[int64]bool{}
		for i, r := range replies {
			at := at.UTC()
			place := slices.IndexFunc(all, func(one state.Case) bool { return one.Number == r.Case })
			if place < 0 {
				return nil, nil, wrong(i, sen.Errorf(sen.NotFound, "there is no case %s", Name(r.Case)).WithHint("`sen case list` names them"))
			}
			one := &all[place]
			if err := r.check(*one, c.day(at), agencies); err != nil {
				return nil, nil, wrong(i, err)
			}
			if one.State == Closed {
				return nil, nil, wrong(i, sen.Errorf(sen.Invalid, "case %s is closed: the data are right", Name(r.Case)).WithHint("it opens by itself if they are wrong again").
					InVietnamese("phiếu "+Name(r.Case)+" đã đóng: dữ liệu đã đúng", "phiếu tự mở lại nếu dữ liệu lại sai"))
			}
			if !c.apply(r, one, at) {
				continue
			}
			one.Changed, touched[one.Number] = at, true
			changed++
			note := r.Note
			switch r.Says {
			case HandsOver:
				note = strings.TrimSpace("→ " + r.To + "  " + note)
			case MoreTime:
				note = strings.TrimSpace("→ " + r.Until.Format(time.DateOnly) + "  " + note)
			}
			events = append(events, state.CaseEvent{Number: one.Number, At: at, What: r.Says, Principal: by.ID, Note: note, Rows: one.Rows})
		}
		return slices.DeleteFunc(all, func(one state.Case) bool { return !touched[one.Number] }), events, end
	})
	return changed, err
}

func wrong(i int, err error) error {
	return PlacedError{Place: i, Err: err}
}

// PlacedError is an error of one of several replies.
type PlacedError struct {
	Place int // from 0
	Err   error
}

func (e PlacedError) Error() string { return e.Err.Error() }
func (e PlacedError) Unwrap() error { return e.Err }

// apply changes a case; false where it says what is so already.
func (cs Cases) apply(r Reply, c *state.Case, at time.Time) bool {
	switch r.Says {
	case Accepts:
		if c.State == Accepted {
			return false
		}
		c.State = Accepted
	case Rejects:
		if c.State == Rejected {
			return false
		}
		c.State = Rejected
	case HandsOver:
		if c.Owner == r.To {
			return false
		}
		c.Owner, c.State = r.To, Open
	case MoreTime:
		if !r.Until.After(c.Due) {
			return false
		}
		c.Due, c.Level = r.Until, 0
	case Insists:
		c.State, c.Level, c.Due = Open, 0, cs.day(at).AddDate(0, 0, cs.Deadlines.days(c.Severity))
	}
	return true
}
