package api

import (
	"context"
	"net/http"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
)

// Residence is the answer to a question about where a person is registered.
type Residence struct {
	Verdict string        `json:"verdict" enum:"unknown,no-residence,registered,at-this-place,at-another" doc:"unknown: nobody has this number; registered: no place was asked about"`
	Fields  []RecordField `json:"fields" nullable:"false" doc:"name and place, where tell asked for them"`
	Request string        `json:"request" doc:"under which the journal has the question"`
	Entries []int64       `json:"entries" nullable:"false" doc:"of the journal: the proof that it was asked, and for which case"`
}

func (a *API) registerServices() {
	answer(a, route{id: "confirm-residence", method: http.MethodPost, path: "/services/residence", summary: "Confirm where a person is registered", tag: "services", scopes: ofPeople, act: access.Serve,
		about: "Yes or no, with the least that serves: is the person registered, and where a province or a ward is named, there? With `tell` the place itself. " +
			"The purpose is always residence-confirmation. Names of places are taken without marks and capitals, and those of before 2025 too."}, a.residence)
}

type residenceInput struct {
	Body struct {
		Number   string `json:"number" pattern:"^([0-9]{9}|[0-9]{12})$" example:"001090012345" doc:"an identity number, or one of before with 9 digits"`
		Province string `json:"province,omitempty" nullable:"true" maxLength:"100" example:"Hà Nội" doc:"where they say that they are registered"`
		Ward     string `json:"ward,omitempty" nullable:"true" maxLength:"100" example:"Phường Ba Đình"`
		Tell     bool   `json:"tell,omitempty" nullable:"true" doc:"the place is asked for, and not yes or no"`
		Case     string `json:"case" pattern:"^[A-Za-z0-9][A-Za-z0-9./-]{0,39}$" example:"CASE-2026-0042" doc:"the number of the case that it is for. It stands in the journal."`
	}
}

func (a *API) residence(ctx context.Context, who sen.Principal, in *residenceInput) (Residence, error) {
	b := in.Body
	r, err := a.o.Desk.ConfirmResidence(ctx, desk.ResidenceQuestion{
		Request: access.Request{Principal: who, Purpose: access.Residence, Case: b.Case, Command: "api residence"},
		Number:  b.Number, Province: b.Province, Ward: b.Ward, Tell: b.Tell,
	})
	out := Residence{Verdict: r.Verdict, Fields: []RecordField{}, Request: r.Request, Entries: append([]int64{}, r.Entries...)}
	for _, l := range r.Fields {
		out.Fields = append(out.Fields, showLine(l))
	}
	return out, err
}
