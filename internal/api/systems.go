package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/state"
)

// System is where a dataset stands.
type System struct {
	Dataset     string     `json:"dataset" example:"civil-status.birth"`
	Agency      string     `json:"agency"`
	Source      string     `json:"source" doc:"where its contract says that it is"`
	Stage       string     `json:"stage" enum:"ready,connected,synchronised"`
	State       string     `json:"state" enum:"never,extracting,committing,certified,failed,superseded" doc:"of the last run"`
	Run         string     `json:"run,omitempty" doc:"the last one"`
	Certified   *time.Time `json:"certified,omitempty" doc:"when the last certificate was signed"`
	In          int64      `json:"in" doc:"rows of the source; in = clean + quarantined"`
	Clean       int64      `json:"clean"`
	Quarantined int64      `json:"quarantined"`
	Proof       string     `json:"proof,omitempty" doc:"the source's digest, as people compare it"`
	Error       string     `json:"error,omitempty"`
	Blocks      string     `json:"blocks,omitempty" doc:"what stands in the way: state-secret, no-file, late, or an error's words"`
}

func showSystem(s desk.System) System {
	return System{Dataset: string(s.Dataset), Agency: s.Dataset.Agency(), Source: s.Source, Stage: s.Stage, State: s.State, Run: s.Run, Certified: s.Certified,
		In: s.In, Clean: s.Clean, Quarantined: s.Held, Proof: s.Proof, Error: s.Error, Blocks: s.Blocks}
}

// SystemDetail is a dataset, its contract and how its source is read.
type SystemDetail struct {
	System
	Description     string           `json:"description"`
	ContractID      string           `json:"contract_id"`
	ContractVersion string           `json:"contract_version"`
	Columns         []Column         `json:"columns" nullable:"false"`
	Supply          Supply           `json:"supply"`
	Changes         []ContractChange `json:"contract_changes,omitempty" nullable:"false" doc:"of the contract, since the run that was last certified"`
}

// Column is a column of a dataset, as its contract has it.
type Column struct {
	Name        string `json:"name"`
	Element     string `json:"element,omitempty" doc:"the data element that it holds"`
	Required    bool   `json:"required"`
	Description string `json:"description,omitempty"`
}

// ContractChange is how a contract differs from another.
type ContractChange struct {
	Class  string `json:"class" enum:"breaking,compatible,note"`
	Path   string `json:"path"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Reason string `json:"reason"`
}

// Supply is how a dataset's source is read.
type Supply struct {
	Server      string     `json:"server,omitempty"`
	Live        bool       `json:"live" doc:"the server is in use while it is read"`
	Schedule    string     `json:"schedule,omitempty" example:"0 2 * * *"`
	Next        *time.Time `json:"next,omitempty" doc:"when it is due"`
	Paused      bool       `json:"paused" doc:"by a person"`
	Rate        int64      `json:"bytes_per_second,omitempty" doc:"at most: by the contract, or by a person where that is less"`
	Connections int        `json:"connections,omitempty" doc:"at most, at once"`
	Windows     []string   `json:"windows,omitempty" nullable:"false" doc:"hours of reading; none: always"`
}

func showSupply(s desk.Supply) Supply {
	out := Supply{Server: s.Server, Live: s.Live, Schedule: s.Schedule}
	if !s.Next.IsZero() {
		out.Next = &s.Next
	}
	if s.Budget != nil {
		out.Rate, out.Connections, out.Windows = s.Budget.Rate, s.Budget.Connections, s.Budget.Windows
	}
	if s.Held != nil {
		out.Paused = s.Held.Paused
		if s.Held.Rate > 0 && (out.Rate == 0 || s.Held.Rate < out.Rate) {
			out.Rate = s.Held.Rate
		}
	}
	return out
}

// Run is one sync of a dataset.
type Run struct {
	ID        string     `json:"id"`
	Dataset   string     `json:"dataset"`
	Sequence  int64      `json:"sequence" doc:"1, 2, 3… of the dataset"`
	State     string     `json:"state" enum:"extracting,committing,certified,failed,superseded"`
	Started   time.Time  `json:"started"`
	Finished  *time.Time `json:"finished,omitempty"`
	Contract  string     `json:"contract" doc:"digest of the contract and of what was compiled from it"`
	Error     string     `json:"error,omitempty"`
	Principal string     `json:"principal"`
	Program   string     `json:"program"`
	Engine    string     `json:"engine"`
}

func showRun(r state.Run) Run {
	out := Run{ID: r.ID, Dataset: string(r.Dataset), Sequence: r.Sequence, State: string(r.State), Started: r.Started, Contract: r.Contract.String(),
		Error: r.Error, Principal: r.Principal, Program: r.Program, Engine: r.Engine}
	if !r.Finished.IsZero() {
		out.Finished = &r.Finished
	}
	return out
}

// Certificate is a run's certificate, byte for byte as it was signed.
type Certificate struct {
	Run       string    `json:"run"`
	Dataset   string    `json:"dataset"`
	Body      []byte    `json:"body" doc:"JSON, over which the signature is"`
	Signature []byte    `json:"signature" doc:"Ed25519"`
	KeyID     string    `json:"key_id"`
	Issued    time.Time `json:"issued"`
}

// DatasetInput is the dataset in a path.
type DatasetInput struct {
	Dataset string `path:"dataset" maxLength:"200" example:"civil-status.birth"`
}

func (a *API) registerSystems() {
	const tag = "systems"
	answer(a, route{id: "list-systems", method: http.MethodGet, path: "/systems", summary: "The datasets, and where each stands", tag: tag, scopes: reading, act: access.SeeSystems}, a.systems)
	answer(a, route{id: "get-system", method: http.MethodGet, path: "/systems/{dataset}", summary: "A dataset: its columns, schedule, budget, what changed in its contract", tag: tag, scopes: reading, act: access.SeeSystems}, a.system)
	answer(a, route{id: "list-runs", method: http.MethodGet, path: "/systems/{dataset}/runs", summary: "A dataset's syncs, the newest first", tag: tag, scopes: reading, act: access.SeeSystems}, a.runs)
	answer(a, route{id: "get-declarations", method: http.MethodGet, path: "/declarations", summary: "Since when the hub goes by what its folder declares, and what is wrong with what has changed since", tag: tag, scopes: reading, act: access.SeeSystems}, a.declarations)
	answer(a, route{id: "get-certificate", method: http.MethodGet, path: "/certificates/{run}", summary: "The certificate of a run, to be checked by anyone", tag: tag, scopes: reading, act: access.SeeSystems}, a.certificate)
}

func (a *API) systems(ctx context.Context, who sen.Principal, in *PageInput) (Page[System], error) {
	page, err := paged(*in, "systems", a.seen(who), func(d contract.Dataset) string { return string(d.Name) }, same)
	if err != nil {
		return Page[System]{}, err
	}
	all, err := a.o.Desk.Systems(ctx, page.Items)
	out := Page[System]{Items: []System{}, Next: page.Next}
	for _, one := range all.Datasets {
		out.Items = append(out.Items, showSystem(one))
	}
	return out, err
}

func (a *API) system(ctx context.Context, who sen.Principal, in *DatasetInput) (out SystemDetail, err error) {
	one, err := a.dataset(who, in.Dataset)
	if err != nil {
		return out, err
	}
	stands, err := a.o.Desk.System(ctx, one)
	if err != nil {
		return out, err
	}
	supply, err := a.o.Desk.Supply(ctx, one)
	if err != nil {
		return out, err
	}
	changes, _, err := a.o.Desk.ContractChanges(ctx, one)
	if err != nil {
		return out, err
	}
	out = SystemDetail{System: showSystem(stands), Description: one.Object.Description, ContractID: one.Contract.ID, ContractVersion: one.Contract.Version,
		Columns: []Column{}, Supply: showSupply(supply)}
	for _, c := range desk.Columns(one) {
		out.Columns = append(out.Columns, Column(c))
	}
	for _, c := range changes {
		out.Changes = append(out.Changes, ContractChange{string(c.Class), c.Path, c.From, c.To, c.Reason})
	}
	return out, nil
}

type runsInput struct {
	DatasetInput
	PageInput
}

func (a *API) runs(ctx context.Context, who sen.Principal, in *runsInput) (Page[Run], error) {
	out := Page[Run]{Items: []Run{}}
	one, err := a.dataset(who, in.Dataset)
	if err != nil {
		return out, err
	}
	list := "runs " + in.Dataset
	before, err := in.before(list)
	if err != nil {
		return out, err
	}
	found, err := a.o.Desk.RunsBefore(ctx, one.Name, before, in.Limit+1)
	for _, r := range found[:min(len(found), in.Limit)] {
		out.Items = append(out.Items, showRun(r))
	}
	if len(found) > in.Limit {
		out.Next = cursor(list, strconv.FormatInt(found[in.Limit-1].Sequence, 10))
	}
	return out, err
}

type runInput struct {
	Run string `path:"run" maxLength:"64"`
}

func (a *API) certificate(ctx context.Context, who sen.Principal, in *runInput) (Certificate, error) {
	c, err := a.o.Desk.Certificate(ctx, who, in.Run)
	return Certificate{c.Run, string(c.Dataset), c.Body, c.Signature, c.KeyID, c.Issued}, err
}
