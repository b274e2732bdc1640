package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/link"
)

// inForce is a served hub under what its folder declares, and what answers from
// it. It never changes: another takes its place when the folder has changed, and
// what is under way goes on with the one that it began with.
type inForce struct {
	*hub
	entities []*link.Entity
	refused  contract.Problems // what the folder declares since that is not in force, and why
	site     http.Handler
}

// declaredIn are the folders of what a hub declares, beside sen.yaml.
var declaredIn = []string{"contracts", "elements", "entities", "indicators"}

// fingerprint tells whether the files of the declarations are those of before.
func (d *declarations) fingerprint() (sum [sha256.Size]byte) {
	all := sha256.New()
	for _, folder := range declaredIn {
		entries, err := os.ReadDir(d.path(folder))
		fmt.Fprintln(all, folder, len(entries), err)
		for _, e := range entries {
			if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(d.path(folder), e.Name()))
			fmt.Fprintf(all, "%q %d %v\n", e.Name(), len(text), err)
			all.Write(text)
		}
	}
	return [sha256.Size]byte(all.Sum(nil))
}

// again reads the hub's folder again. sen.yaml stays as it was read: the open
// rooms were made by it.
func (d *declarations) again(at time.Time) *declarations {
	next := &declarations{dir: d.dir, config: d.config, readAt: at}
	next.readFolders()
	return next
}

// faults are what is wrong with declarations; none: they can come into force, with
// these timetables and entities.
func (d *declarations) faults() (found contract.Problems, tables map[sen.Dataset]job.Planned, entities []*link.Entity) {
	found = d.problems.Errors()
	tables, err := d.timetables()
	if err != nil {
		found = append(found, faultOf(err))
	}
	if err = d.keep(); err == nil && len(found) == 0 { // else they may miss what a contract with faults declares
		entities, err = d.readEntities(nil)
	}
	if err != nil {
		found = append(found, faultOf(err))
	}
	_, indicators := d.indicators()
	found = append(found, indicators...)
	for i := range found {
		found[i].File = d.short(found[i].File)
	}
	return found, tables, entities
}

// faultOf is an error about a declaration as a problem of its file.
func faultOf(err error) contract.Problem {
	out := contract.Problem{Line: 1, Column: 1, Width: 1, Msg: err.Error()}
	var e *sen.Error
	if errors.As(err, &e) {
		out.Msg, out.Hint = e.Msg, e.Hint
		parts := strings.Split(e.Where, ":")
		out.File = parts[0]
		if len(parts) > 1 {
			out.Line, _ = strconv.Atoi(parts[1])
		}
	}
	return out
}

// fresh is the hub under what its folder declares now. Where that has faults, it
// is the hub as it was, and whoever looks at its systems is told.
func (w *worker) fresh() *inForce {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now.Load()
	if now.fingerprint() == w.seen {
		return now
	}
	next := now.again(w.p.now())
	w.seen = next.seen
	found, tables, entities := next.faults()
	var err error
	if len(found) > 0 {
		w.log.Error("the hub's folder has changed and has faults; what it declared before stays in force", "faults", len(found), "first", found[0].String())
		err = w.putInForce(now.hub, now.entities, found)
	} else if err = w.putInForce(now.declaring(next), entities, nil); err == nil {
		w.jobs.Replan(tables)
		w.log.Info("what the hub's folder declares has changed, and is in force", "datasets", len(next.contracts.Datasets()))
	}
	if err != nil {
		w.log.Error("the pages cannot be made anew; they stay as they were", "error", err)
	}
	return w.now.Load()
}

// putInForce has everybody answered by a hub from now on; refused is what its
// folder says that is not in force.
func (w *worker) putInForce(h *hub, entities []*link.Entity, refused contract.Problems) error {
	site, err := w.site(h.deskOf(w.p, w, refused))
	if err != nil {
		return err
	}
	w.faults.Set(float64(len(refused)))
	w.now.Store(&inForce{hub: h, entities: entities, refused: refused, site: site})
	return nil
}

// ServeHTTP answers by what is in force.
func (w *worker) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.now.Load().site.ServeHTTP(out, r)
}

// watchEvery is how often a hub that is up looks whether its folder has changed.
// Each job looks too, before it begins.
const watchEvery = 2 * time.Second

// watch keeps in force what the folder declares, until ctx ends.
func (w *worker) watch(ctx context.Context) {
	turn := time.NewTicker(watchEvery)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
			w.fresh()
		}
	}
}
