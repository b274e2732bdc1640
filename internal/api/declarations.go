package api

import (
	"context"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
)

// Declarations say what of the hub's folder is in force.
type Declarations struct {
	Read   *time.Time  `json:"read,omitempty" doc:"when what is in force was read"`
	Faults []FileFault `json:"faults" nullable:"false" doc:"that keep what has changed since from coming into force; of no account of an agency"`
}

// FileFault is what is wrong with a file.
type FileFault struct {
	File    string `json:"file" example:"contracts/civil-status.odcs.yaml"`
	Line    int    `json:"line"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *API) declarations(_ context.Context, who sen.Principal, _ *struct{}) (Declarations, error) {
	out := Declarations{Faults: []FileFault{}}
	if !access.Sees(who, "") {
		return out, nil
	}
	d := a.o.Desk.Declarations()
	if !d.Read.IsZero() {
		out.Read = &d.Read
	}
	for _, f := range d.Faults {
		out.Faults = append(out.Faults, FileFault{f.File, f.Line, f.Msg, f.Hint})
	}
	return out, nil
}
