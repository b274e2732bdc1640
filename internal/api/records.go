package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
)

// Stated is why people's data are asked for.
type Stated struct {
	Purpose string `json:"purpose" minLength:"1" maxLength:"100" pattern:"\\S" example:"correction" doc:"why it is read: one that the role has (get-account names them). It stands in the journal."`
	Case    string `json:"case,omitempty" nullable:"true" pattern:"^[A-Za-z0-9][A-Za-z0-9./-]{0,39}$" example:"CASE-2026-0042" doc:"the number of the case that it is for. It stands in the journal."`
}

// asks is what the door is asked.
func (s Stated) asks(who sen.Principal, command string) access.Request {
	return access.Request{Principal: who, Purpose: sen.Purpose(s.Purpose), Case: s.Case, Command: command}
}

// Entity is a kind of thing of which the hub has golden records.
type Entity struct {
	Name     string        `json:"name" example:"person"`
	Title    Text          `json:"title"`
	Keys     []string      `json:"keys" nullable:"false" doc:"fields by whose values a record is found"`
	Compared bool          `json:"compared" doc:"records of it are linked by what they say too, so that pairs wait for a person"`
	Fields   []EntityField `json:"fields" nullable:"false"`
}

// EntityField is a field of golden records.
type EntityField struct {
	Name    string `json:"name" example:"born_on"`
	Title   Text   `json:"title"`
	Element string `json:"element,omitempty" example:"date" doc:"the data element that it is of"`
}

// EntityInput is the entity in a path.
type EntityInput struct {
	Entity string `path:"entity" minLength:"1" maxLength:"100" example:"person" doc:"list-entities names them"`
}

func (a *API) registerRecords() {
	const tag = "records"
	answer(a, route{id: "list-entities", method: http.MethodGet, path: "/entities", summary: "The kinds of things of which there are golden records", tag: tag, scopes: reading, act: access.SeeCatalogue}, a.entities)
	answer(a, route{id: "get-lineage", method: http.MethodGet, path: "/entities/{entity}/lineage", summary: "Where golden records come from, field by field", tag: tag, scopes: reading, act: access.SeeCatalogue,
		about: "Back to the columns of sources, who is believed first at the head. By declarations alone: nobody's values."}, a.lineage)
	answer(a, route{id: "read-record", method: http.MethodPost, path: "/entities/{entity}/record", summary: "The golden record of one thing", tag: tag, scopes: ofPeople, act: access.SeePerson,
		about: "Each field stands with its source, its day, why it survived and what others say instead. One look: its entries are in the journal, under `request`, before the answer goes out."}, a.record)
	answer(a, route{id: "list-sources", method: http.MethodPost, path: "/entities/{entity}/sources", summary: "The records of datasets that speak of one thing", tag: tag, scopes: ofPeople, act: access.SeePerson,
		about: "Up to 1,000, those first whose dataset is believed first. `take-out` takes one of them out."}, a.sources)
	answer(a, route{id: "explain-pair", method: http.MethodPost, path: "/entities/{entity}/explanation", summary: "Why two golden records are one thing, or are not", tag: tag, scopes: ofPeople, act: access.SeePerson,
		about: "The waterfall of weights as the last linkage compared records, in bits: +10 makes it a thousand times as likely that the two are one."}, a.explanation)
	answer(a, route{id: "list-looks", method: http.MethodPost, path: "/entities/{entity}/looks", summary: "Who looked at one thing", tag: tag, scopes: ofPeople, act: access.SeePerson,
		about: "Entries of the journal that name its golden record, or that read all of its kind, the newest first. To ask is a look itself, and is among them."}, a.looks)
}

func (a *API) entities(_ context.Context, _ sen.Principal, in *PageInput) (Page[Entity], error) {
	all, err := a.o.Desk.Entities()
	if err != nil {
		return Page[Entity]{}, err
	}
	return paged(*in, "entities", all, func(e *link.Entity) string { return e.Entity }, func(e *link.Entity) Entity {
		out := Entity{Name: e.Entity, Title: Text(e.Name), Keys: e.Keys(), Compared: len(e.Match.Compare) > 0, Fields: []EntityField{}}
		for _, name := range e.Fields.Names() {
			f, _ := e.Fields.Get(name)
			out.Fields = append(out.Fields, EntityField{name, Text(a.o.Desk.FieldTitle(e, name)), f.Element})
		}
		return out
	})
}

// Lineage is where the fields of an entity's golden records come from.
type Lineage struct {
	Entity string         `json:"entity" example:"person"`
	Fields []FieldLineage `json:"fields" nullable:"false"`
}

// FieldLineage is a field with all that it can come from.
type FieldLineage struct {
	Name    string         `json:"name" example:"born_on"`
	Title   Text           `json:"title"`
	Element string         `json:"element,omitempty" example:"date"`
	Then    string         `json:"then" enum:"most-agreed,newest,most-complete" doc:"what decides where belief does not"`
	Origins []RankedOrigin `json:"origins" nullable:"false" doc:"who is believed first at the head"`
}

// RankedOrigin is an origin and how far it is believed.
type RankedOrigin struct {
	Origin
	Role  string `json:"role" enum:"authoritative,contributing,mentioning"`
	First bool   `json:"believed_first" doc:"the entity's file names it for this field"`
}

func (a *API) lineage(_ context.Context, _ sen.Principal, in *EntityInput) (Lineage, error) {
	e, fields, err := a.o.Desk.Lineage(in.Entity)
	if err != nil {
		return Lineage{}, err
	}
	out := Lineage{Entity: e.Entity, Fields: []FieldLineage{}}
	for _, f := range fields {
		one := FieldLineage{Name: f.Name, Title: Text(f.Title), Element: f.Element, Then: f.Then, Origins: []RankedOrigin{}}
		for _, o := range f.Origins {
			one.Origins = append(one.Origins, RankedOrigin{Origin(o.Origin), string(o.Role), o.First})
		}
		out.Fields = append(out.Fields, one)
	}
	return out, nil
}

// Record is a golden record.
type Record struct {
	Entity    string        `json:"entity" example:"person"`
	ID        string        `json:"id" example:"1152921504606846976" doc:"the record's own; it says nothing of the thing, and is a key too"`
	Request   string        `json:"request" doc:"under which the journal has this look"`
	Fields    []RecordField `json:"fields" nullable:"false" doc:"that have a value"`
	Conflicts int           `json:"conflicts" doc:"fields of which more than one value is said"`
	Relations []Relation    `json:"relations" nullable:"false" doc:"what others are to it"`
	SaidBy    []SaidBy      `json:"said_by" nullable:"false" doc:"how many records of which dataset speak of it"`
}

// RecordField is a field of a golden record.
type RecordField struct {
	Name    string       `json:"name" example:"born_on"`
	Title   Text         `json:"title"`
	Element string       `json:"element,omitempty" example:"date"`
	Value   string       `json:"value" example:"1990-05-17"`
	Place   string       `json:"place,omitempty" doc:"what a code of a place stands for"`
	AsOf    string       `json:"as_of,omitempty" format:"date" doc:"the day of which the source speaks"`
	Why     string       `json:"why" enum:"undisputed,believed,most-agreed,newest,most-complete" doc:"why this value survived"`
	Source  Origin       `json:"source"`
	Others  []OtherValue `json:"others,omitempty" nullable:"false" doc:"what else is said"`
	Dispute *Dispute     `json:"dispute,omitempty" doc:"the value is most likely wrong"`
}

// Origin is where a value comes from: back from the golden field to the column
// of a source.
type Origin struct {
	Dataset   string `json:"dataset" example:"population.person" doc:"or dataset/part"`
	Column    string `json:"column,omitempty" doc:"of the dataset"`
	Element   string `json:"element,omitempty" doc:"as which it is cleaned"`
	Type      string `json:"type,omitempty" doc:"into which it is cleaned"`
	Transform string `json:"transform,omitempty" doc:"what the contract says is done to it"`
	Source    string `json:"source,omitempty" doc:"the column as the source calls it"`
	Table     string `json:"table,omitempty" doc:"the file, or the table of a server"`
	Contract  string `json:"contract,omitempty"`
}

// OtherValue did not survive.
type OtherValue struct {
	Value  string `json:"value"`
	Place  string `json:"place,omitempty"`
	Source Origin `json:"source"`
}

// Dispute is what others say instead of a value.
type Dispute struct {
	Against string  `json:"others_say"`
	Others  string  `json:"others"`
	Bits    float64 `json:"bits" doc:"by which they outweigh it"`
}

// Relation is what another thing is to this one.
type Relation struct {
	Relationship string  `json:"relationship" example:"mother"`
	Title        Text    `json:"title"`
	Entity       string  `json:"entity" example:"person"`
	ID           string  `json:"id,omitempty" doc:"absent: the record that names it is not linked"`
	Name         string  `json:"name,omitempty" example:"Trần Thị Bích"`
	Source       string  `json:"source" example:"civil-status.birth"`
	Since        string  `json:"since,omitempty" format:"date"`
	Until        string  `json:"until,omitempty" format:"date"`
	Probability  float64 `json:"probability,omitempty" doc:"that it is between these two"`
}

// SaidBy is how many records of a dataset speak of a thing, linked in one way.
type SaidBy struct {
	Dataset     string  `json:"dataset" example:"land.parcel/owner"`
	Records     int64   `json:"records"`
	How         string  `json:"how" enum:"key,other-key,probable,alone,decision"`
	Probability float64 `json:"probability,omitempty" doc:"the mean of those linked by comparison"`
}

func number(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func showLine(l desk.Line) RecordField {
	out := RecordField{Name: l.Name, Title: Text(l.Title), Element: l.Element, Value: l.Value, Place: l.Place, AsOf: l.AsOf, Why: l.Why, Source: Origin(l.Origin)}
	for _, o := range l.Others {
		out.Others = append(out.Others, OtherValue{o.Value, o.Place, Origin(o.Origin)})
	}
	if d := l.Disputed; d != nil {
		out.Dispute = &Dispute{d.Against, d.Evidence, d.Bits}
	}
	return out
}

func showRecord(r desk.Record) Record {
	out := Record{Entity: r.Entity, ID: number(r.ID), Request: r.Request, Fields: []RecordField{}, Conflicts: r.Conflicts, Relations: []Relation{}, SaidBy: []SaidBy{}}
	for _, l := range r.Lines {
		out.Fields = append(out.Fields, showLine(l))
	}
	for _, o := range r.Relations {
		out.Relations = append(out.Relations, Relation{o.Relationship, Text(o.Title), o.Entity, number(o.ID), o.Name, o.Source, o.Since, o.Until, o.Probability})
	}
	for _, p := range r.Records {
		out.SaidBy = append(out.SaidBy, SaidBy(p))
	}
	return out
}

// KeyBody names one thing, and says why it is looked at. It is exported for the
// types that embed it.
type KeyBody struct {
	Key string `json:"key" minLength:"1" maxLength:"100" example:"001090012345" doc:"the value of one of the entity's keys, or the record's id"`
	Stated
}

type recordInput struct {
	EntityInput
	Body KeyBody
}

func (a *API) record(ctx context.Context, who sen.Principal, in *recordInput) (Record, error) {
	r, err := a.o.Desk.Look(ctx, in.Body.asks(who, "api record"), in.Entity, in.Body.Key)
	if err != nil {
		return Record{}, standing(ctx, err) // a key of several records
	}
	return showRecord(r), nil
}

// Source is a record of a dataset that speaks of a thing.
type Source struct {
	Record      string   `json:"record" example:"vehicles.registration/owner:8812" doc:"DATASET:KEY or DATASET/PART:KEY"`
	How         string   `json:"how" enum:"key,other-key,probable,alone,decision"`
	Probability *float64 `json:"probability,omitempty"`
}

type keyPageInput struct {
	EntityInput
	Body struct {
		KeyBody
		PageBody
	}
}

func (a *API) sources(ctx context.Context, who sen.Principal, in *keyPageInput) (Page[Source], error) {
	_, all, _, err := a.o.Desk.Speaking(ctx, in.Body.asks(who, "api sources"), in.Entity, in.Body.Key)
	if err != nil {
		return Page[Source]{}, standing(ctx, err)
	}
	return paged(in.Body.input(), "sources "+in.Entity, all, func(s desk.Speaks) string { return s.Record }, func(s desk.Speaks) Source {
		return Source{s.Record, s.How, s.Probability}
	})
}

// Explanation is what speaks for and against two records being one thing.
type Explanation struct {
	Prior       float64   `json:"prior" doc:"bits of any two records, before they are compared"`
	Steps       []Compare `json:"steps" nullable:"false"`
	Bits        float64   `json:"bits" doc:"in all: the prior and the steps"`
	Probability float64   `json:"probability" doc:"that they are one: 1 / (1 + 2^-bits)"`
}

// Compare is what one field says: a bar of the waterfall.
type Compare struct {
	Field string  `json:"field" example:"born_on"`
	Title Text    `json:"title"`
	A     string  `json:"a" example:"1990-05-17"`
	B     string  `json:"b" example:"1990-07-15"`
	Level string  `json:"level" example:"day and month swapped" doc:"how alike they are; empty where one side says nothing"`
	Bits  float64 `json:"bits" doc:"what this weighs"`
	Sum   float64 `json:"sum" doc:"where the bar ends: the prior and all steps up to here"`
}

func (a *API) showExplanation(e *link.Entity, x desk.Explanation) Explanation {
	out := Explanation{Prior: x.Prior, Steps: []Compare{}, Bits: x.Bits, Probability: x.Probability}
	sum := x.Prior
	for _, s := range x.Steps {
		sum += s.Bits
		out.Steps = append(out.Steps, Compare{s.Field, Text(a.o.Desk.FieldTitle(e, s.Field)), s.A, s.B, s.Level, s.Bits, sum})
	}
	return out
}

type explainInput struct {
	EntityInput
	Body struct {
		A string `json:"a" minLength:"1" maxLength:"100" example:"001090012345" doc:"a key of the one"`
		B string `json:"b" minLength:"1" maxLength:"100" example:"001090054321" doc:"a key of the other"`
		Stated
	}
}

// PairExplanation is an Explanation of two golden records.
type PairExplanation struct {
	A       string `json:"a" doc:"the id of the one"`
	B       string `json:"b" doc:"the id of the other"`
	Request string `json:"request" doc:"under which the journal has this look"`
	Explanation
}

func (a *API) explanation(ctx context.Context, who sen.Principal, in *explainInput) (out PairExplanation, err error) {
	e, err := a.o.Desk.Entity(in.Entity)
	if err != nil {
		return out, err
	}
	both, request, err := a.o.Desk.Golden(ctx, desk.GoldenRequest{Request: in.Body.asks(who, "api explanation"), Entity: in.Entity,
		Keys: []string{in.Body.A, in.Body.B}, Only: e.Match.Compare})
	if err != nil {
		return out, standing(ctx, err)
	}
	x, err := a.o.Desk.Explain(ctx, in.Entity, both)
	if err != nil {
		return out, err
	}
	return PairExplanation{number(both[0].ID), number(both[1].ID), request, a.showExplanation(e, x)}, nil
}

// Look is an entry of the journal that says that a record was seen.
type Look struct {
	Sequence  int64     `json:"sequence" doc:"of the entry in the journal"`
	At        time.Time `json:"at"`
	Principal string    `json:"principal" example:"officer:mai"`
	Purpose   string    `json:"purpose" example:"residence-confirmation"`
	Case      string    `json:"case,omitempty" example:"CASE-2026-0042"`
	Command   string    `json:"command" example:"api residence" doc:"through which it was read"`
	Request   string    `json:"request"`
	Whole     bool      `json:"whole" doc:"all records of the kind were read, this one among them"`
}

func showLook(u desk.Use) Look {
	return Look{u.Sequence, u.At, u.Principal, string(u.Purpose), u.Case, u.Command, u.Request, u.Whole}
}

func (a *API) looks(ctx context.Context, who sen.Principal, in *keyPageInput) (Page[Look], error) {
	out, list, page := Page[Look]{Items: []Look{}}, "looks "+in.Entity, in.Body.input()
	before, err := page.before(list)
	if err != nil {
		return out, err
	}
	_, found, _, err := a.o.Desk.Looked(ctx, in.Body.asks(who, "api looks"), in.Entity, in.Body.Key, before, page.Limit+1)
	if err != nil {
		return out, standing(ctx, err)
	}
	for _, u := range found[:min(len(found), page.Limit)] {
		out.Items = append(out.Items, showLook(u))
	}
	if len(found) > page.Limit {
		out.Next = cursor(list, strconv.FormatInt(found[page.Limit-1].Sequence, 10))
	}
	return out, nil
}
