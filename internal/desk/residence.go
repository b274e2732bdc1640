package desk

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
)

// What a confirmation of residence answers.
const (
	Unknown      = "unknown"       // nobody has this number
	NoResidence  = "no-residence"  // the person has no registered residence
	Registered   = "registered"    // the person has one; no place was asked about
	AtThisPlace  = "at-this-place" // it is at the place that was asked about
	AtAnother    = "at-another"    // it is not
	personEntity = "person"
)

// Residence is the answer to a question about where a person is registered.
type Residence struct {
	Verdict string `json:"verdict"`
	Fields  []Line `json:"fields,omitempty"` // where the place itself was asked for
	// The proof: under which id, and as which entries, the journal has the question.
	Request string  `json:"request"`
	Entries []int64 `json:"entries"`
}

// ResidenceQuestion asks where a person is registered, and may say where they
// are said to be.
type ResidenceQuestion struct {
	access.Request
	Number         string // an identity number, or one of before
	Province, Ward string // as somebody wrote them; empty: not asked about
	Tell           bool   // the place itself is asked for, and not yes or no
}

// placeFields are what yes or no is found from; toldFields are what the purpose
// lets an officer see.
var (
	placeFields = []string{"residence", "ward", "province"}
	toldFields  = append([]string{"name"}, placeFields...)
)

var numberForm = regexp.MustCompile(`^([0-9]{9}|[0-9]{12})$`)

// Number is a person's number without what people put between its digits; false
// where it is none.
func Number(text string) (string, bool) {
	n := strings.NewReplacer(" ", "", "\u00a0", "", ".", "", "-", "").Replace(strings.TrimSpace(text))
	return n, numberForm.MatchString(n)
}

// ConfirmResidence answers through the door, with the least that serves: yes or
// no, or where it is asked for, name and place. Errors: Invalid for what is no
// number; Denied.
func (d *Desk) ConfirmResidence(ctx context.Context, q ResidenceQuestion) (r Residence, err error) {
	number, ok := Number(q.Number)
	if !ok {
		return r, sen.Errorf(sen.Invalid, "an identity number has 12 digits, one of before 9").InVietnamese("số định danh có 12 chữ số, số chứng minh cũ có 9", "")
	}
	only := placeFields
	if q.Tell {
		only = toldFields
	}
	found, request, err := d.Golden(ctx, GoldenRequest{Request: q.Request, Entity: personEntity, Keys: []string{number}, Only: only})
	r.Request = request
	switch {
	case sen.KindOf(err) == sen.NotFound && request != "":
		r.Verdict = Unknown
	case err != nil:
		return r, err
	default:
		if r.Verdict, err = d.verdict(ctx, q, found[0]); err != nil {
			return r, err
		}
	}
	if r.Verdict != Unknown && q.Tell {
		e, err := d.Entity(personEntity)
		if err != nil {
			return r, err
		}
		if r.Fields, err = d.lines(ctx, e, found[0].Fields); err != nil {
			return r, err
		}
	}
	r.Entries, err = d.entriesOf(ctx, request)
	return r, err
}

func (d *Desk) verdict(ctx context.Context, q ResidenceQuestion, g Golden) (string, error) {
	province, ward := g.Value("province"), g.Value("ward")
	switch {
	case province == "" && ward == "" && g.Value("residence") == "":
		return NoResidence, nil
	case q.Province == "" && q.Ward == "":
		return Registered, nil
	}
	wards, err := d.placeNames(ctx, "administrative-unit", ward)
	if err == nil && samePlace(q.Province, d.provinceNames(province)) && samePlace(q.Ward, wards) {
		return AtThisPlace, nil
	}
	return AtAnother, err
}

// entriesOf are the numbers of a request's entries in the journal, in order.
func (d *Desk) entriesOf(ctx context.Context, request string) ([]int64, error) {
	const most = 10
	found, err := d.o.Door.Entries(ctx, access.Filter{Request: request}, most)
	var out []int64
	for _, e := range found {
		out = append(out, e.Sequence)
	}
	slices.Sort(out)
	return out, err
}
