package web

import (
	"cmp"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/state"
)

// systemsData is what the page of all systems shows.
type systemsData struct {
	Datasets               []desk.System
	Agencies, Synchronised int
	Need                   []sen.Dataset
	In, Clean, Held        int64
	HeldShare              float64
	Faults                 contract.Problems // of the hub's files: some, for who sees all of the hub
	MoreFaults             int
	Read                   time.Time // when the declarations in force were read
}

// mostFaults is how many faults of files the page of all systems names.
const mostFaults = 5

// Bar is the width of a dataset's bar of quarantined rows: the whole is a tenth.
func (d systemsData) Bar(one desk.System) string {
	if one.In == 0 {
		return "0%"
	}
	return strconv.FormatFloat(min(100, 1000*float64(one.Held)/float64(one.In)), 'f', 1, 64) + "%"
}

// seen are the datasets that are for this person.
func (q *request) seen() []contract.Dataset {
	return slices.DeleteFunc(slices.Clone(q.o.Desk.Datasets()), func(d contract.Dataset) bool { return !access.Sees(q.principal(), d.Name) })
}

func (q *request) systems() error {
	all, err := q.o.Desk.Systems(q.ctx(), q.seen())
	if err != nil {
		return err
	}
	d := systemsData{Datasets: all.Datasets}
	agencies := map[string]bool{}
	for _, one := range all.Datasets {
		agencies[one.Dataset.Agency()] = true
		d.In, d.Clean, d.Held = d.In+one.In, d.Clean+one.Clean, d.Held+one.Held
		if one.Stage == desk.Synchronised {
			d.Synchronised++
		}
		if one.Blocks != "" {
			d.Need = append(d.Need, one.Dataset)
		}
	}
	d.Agencies = len(agencies)
	if d.In > 0 {
		d.HeldShare = float64(d.Held) / float64(d.In)
	}
	if declared := q.o.Desk.Declarations(); access.Sees(q.principal(), "") {
		d.Read, d.Faults = declared.Read, declared.Faults[:min(mostFaults, len(declared.Faults))]
		d.MoreFaults = len(declared.Faults) - len(d.Faults)
	}
	slices.SortStableFunc(d.Datasets, func(a, b desk.System) int { return cmp.Compare(b.Clean, a.Clean) })
	return q.render(http.StatusOK, "systems", q.lang.Pick("Hệ thống kết nối", "Connected systems"), d)
}

// systemData is what the page of one system shows.
type systemData struct {
	System      desk.System
	Description string
	File        string
	Runs        []state.Run
	Columns     []desk.Column
	Supply      desk.Supply
	Work        jobsData
	MayRun      bool
	Changes     []contract.Change // of the contract, since the last certified run
	Compared    bool              // there is a contract to compare with
}

// dataset is the one in the path, where it is for this person.
func (q *request) dataset() (contract.Dataset, error) {
	name := sen.Dataset(q.r.PathValue("dataset"))
	for _, one := range q.seen() {
		if one.Name == name {
			return one, nil
		}
	}
	return contract.Dataset{}, sen.Errorf(sen.NotFound, "there is no such dataset")
}

func (q *request) system() error {
	one, err := q.dataset()
	if err != nil {
		return err
	}
	d := systemData{Description: one.Object.Description, File: filepath.Base(one.Contract.File), Columns: desk.Columns(one)}
	if d.System, err = q.o.Desk.System(q.ctx(), one); err != nil {
		return err
	}
	if d.Runs, err = q.o.Desk.Runs(q.ctx(), one.Name); err != nil {
		return err
	}
	if d.Supply, err = q.o.Desk.Supply(q.ctx(), one); err != nil {
		return err
	}
	if d.Work, err = q.workOf(one); err != nil {
		return err
	}
	if d.Changes, d.Compared, err = q.o.Desk.ContractChanges(q.ctx(), one); err != nil {
		return err
	}
	d.MayRun = q.may(access.RunSync) && !one.StateSecret()
	return q.render(http.StatusOK, "system", string(one.Name), d)
}
