// Package desk is what people ask of a hub that is open, and the answers as
// values: which systems stand where, what is wrong and whose it is, what one
// record says. The command line, the pages and the API say the same because
// they ask here. It writes no words but what a rule means, which contracts and
// the dictionary say: the others are for those who show.
package desk

import (
	"context"
	"sync"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/indicator"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// Options are the rooms of an open hub that answers come from.
type Options struct {
	Dir        string // the hub's folder
	Country    string
	Contracts  *contract.Set
	Problems   contract.Problems      // of what the folder declares; what has them is not in force
	Declared   time.Time              // when what is in force was read
	Elements   *dictionary.Set        // the dictionary with the hub's own elements
	Indicators []*indicator.Indicator // in the order of the leader's page
	State      *state.State           // nil where the hub has none yet
	Jobs       *job.Jobs              // nil where nobody does jobs
	Deadlines  correction.Deadlines
	Now        func() time.Time

	// Of a hub whose data are open; nil where only its state is.
	Entities func() ([]*link.Entity, error)
	Engine   *engine.Engine
	Lake     *lake.Lake
	Door     *access.Door
	Flow     *flow.Flow
	Index    func(context.Context) (index.Reader, error) // for one look-up; Busy or Unavailable where nobody who has it answers
	Reread   func() (*contract.Set, contract.Problems)   // the contracts as the folder has them now
	Settle   func(context.Context) error                 // brings up to date what hangs on a dataset's newest run
	Relink   func(context.Context, sen.Principal) error  // asks for records to be linked anew, soon; nil: the next run does it
}

// Desk answers. It is safe for concurrent use.
type Desk struct {
	o         Options
	catalogue func() *Catalogue // made when it is first asked for
}

// New answers from these rooms.
func New(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Desk{o: o, catalogue: sync.OnceValue(func() *Catalogue {
		return NewCatalogue(o.Contracts.Datasets(), o.Elements.Elements())
	})}
}

// Datasets are all that the hub's contracts declare.
func (d *Desk) Datasets() []contract.Dataset { return d.o.Contracts.Datasets() }

// mostRuns is how many runs of a dataset are told.
const mostRuns = 20

// Runs are a dataset's newest runs, the newest first.
func (d *Desk) Runs(ctx context.Context, dataset sen.Dataset) ([]state.Run, error) {
	return d.o.State.Runs(ctx, dataset, mostRuns)
}

// Column is a column of a dataset, as its contract has it.
type Column struct {
	Name        string `json:"name"`
	Element     string `json:"element,omitempty"`
	Required    bool   `json:"required,omitempty"`
	Description string `json:"description,omitempty"`
}

// Declarations says what of the folder is in force.
type Declarations struct {
	Read   time.Time         // when what is in force was read
	Faults contract.Problems // of files that are not in force, or of which a part is not
}

// Declarations says since when the hub goes by what it goes by, and what keeps
// its folder from being all in force.
func (d *Desk) Declarations() Declarations {
	return Declarations{d.o.Declared, d.o.Problems.Errors()}
}

// Columns are a dataset's columns.
func Columns(one contract.Dataset) []Column {
	out := make([]Column, 0, len(one.Object.Properties))
	for _, p := range one.Object.Properties {
		out = append(out, Column{Name: p.Name, Element: p.Element, Required: p.Required || p.PrimaryKey, Description: p.Description})
	}
	return out
}
