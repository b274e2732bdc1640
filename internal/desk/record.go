package desk

import (
	"cmp"
	"context"
	"strings"

	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/link"
)

// Why a value survived: nobody says otherwise, its source is believed before
// those that do, or else the field's rule.
const (
	Undisputed   = "undisputed"
	Believed     = "believed"
	MostAgreed   = "most-agreed"
	Newest       = "newest"
	MostComplete = "most-complete"
)

// Record is a golden record as people look into it: why each field says what it
// says and where that comes from, and who looked at it.
type Record struct {
	Golden
	Request   string `json:"request"` // under which the journal has this look
	Lines     []Line `json:"lines"`
	Conflicts int    `json:"conflicts"` // fields of which more than one value is said
	Looks     []Use  `json:"looks"`     // the newest first, this one among them
}

// Line is a field of a golden record.
type Line struct {
	Field
	Title   link.Title `json:"-"`
	Element string     `json:"element,omitempty"` // what the field is of
	Place   string     `json:"place,omitempty"`   // what a code of a place stands for
	Why     string     `json:"why"`
	Origin  Origin     `json:"origin"`
	Others  []Other    `json:"others,omitempty"` // what else is said
}

// Other is a value that did not survive.
type Other struct {
	Value  string `json:"value"`
	Place  string `json:"place,omitempty"`
	Origin Origin `json:"origin"`
}

// mostLooks is how many entries of the journal are told.
const mostLooks = 50

// Look reads the golden record that a key means, with what others are to it,
// through the door; see Golden.
func (d *Desk) Look(ctx context.Context, asked access.Request, entity, key string) (r Record, err error) {
	e, err := d.Entity(entity)
	if err != nil {
		return r, err
	}
	found, request, err := d.Golden(ctx, GoldenRequest{Request: asked, Entity: entity, Keys: []string{key}, Relations: true})
	r.Request = request
	if err != nil {
		return r, err
	}
	r.Golden = found[0]
	if r.Lines, err = d.lines(ctx, e, r.Fields); err != nil {
		return r, err
	}
	for _, line := range r.Lines {
		if len(line.Others) > 0 {
			r.Conflicts++
		}
	}
	r.Looks, err = d.looks(ctx, subjectOf(entity, r.ID), 0, mostLooks)
	return r, err
}

// Looked are up to limit entries of the journal that name the golden record that
// a key means, or that read all of its kind: those before an entry, the newest
// first; from the newest where before is 0. It is a look itself, and is among
// them. request is under which id the journal has it.
func (d *Desk) Looked(ctx context.Context, asked access.Request, entity, key string, before int64, limit int) (thing int64, looks []Use, request string, err error) {
	_, found, request, err := d.named(ctx, asked, entity, key)
	if err != nil {
		return 0, nil, request, err
	}
	looks, err = d.looks(ctx, subjectOf(entity, found[0].ID), before, limit)
	return found[0].ID, looks, request, err
}

// lines are fields with why they say what they say, and what codes stand for.
func (d *Desk) lines(ctx context.Context, e *link.Entity, fields []Field) ([]Line, error) {
	out := make([]Line, 0, len(fields))
	for _, f := range fields {
		line := d.line(e, f)
		names, err := d.placeNames(ctx, line.Element, line.Value)
		if err != nil {
			return nil, err
		}
		line.Place = first(names)
		for i := range line.Others {
			if names, err = d.placeNames(ctx, line.Element, line.Others[i].Value); err != nil {
				return nil, err
			}
			line.Others[i].Place = first(names)
		}
		out = append(out, line)
	}
	return out, nil
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// line says why a field says what it says, as the linkage decides it.
func (d *Desk) line(e *link.Entity, f Field) Line {
	rule, _ := e.Fields.Get(f.Name)
	out := Line{Field: f, Title: d.fieldTitle(rule), Element: rule.Element, Why: Undisputed, Origin: d.origin(e, f.Name, f.Source)}
	for _, said := range f.Rejected {
		value, source := said, ""
		if at := strings.LastIndex(said, " · "); at >= 0 {
			value, source = said[:at], said[at+len(" · "):]
		}
		out.Others = append(out.Others, Other{Value: value, Origin: d.origin(e, f.Name, source)})
	}
	switch {
	case len(out.Others) == 0:
	case e.Rank(f.Name, f.Source) < e.Rank(f.Name, out.Others[0].Origin.Dataset):
		out.Why = Believed
	default:
		out.Why = cmp.Or(rule.Then, MostAgreed)
	}
	return out
}

// fieldTitle is what people call a field.
func (d *Desk) fieldTitle(f link.Field) link.Title {
	if f.Title == (link.Title{}) {
		if element, known := d.o.Elements.Lookup(f.Element); known {
			return link.Title{VI: element.Title.VI, EN: element.Title.EN}
		}
	}
	return f.Title
}

// FieldTitle is what people call a field of an entity; empty where nobody says.
func (d *Desk) FieldTitle(e *link.Entity, name string) link.Title {
	f, _ := e.Fields.Get(name)
	return d.fieldTitle(f)
}

// looks are up to limit entries of the journal before one, the newest first, that
// name a record, or that read all of its kind.
func (d *Desk) looks(ctx context.Context, subject access.Subject, before int64, limit int) ([]Use, error) {
	found, err := d.o.Door.Entries(ctx, access.Filter{Subject: &subject, Before: before}, limit)
	out := make([]Use, 0, len(found))
	for _, e := range found {
		out = append(out, useOf(e))
	}
	return out, err
}
