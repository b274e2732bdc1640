package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/object"
	"github.com/sen-hub/sen/internal/state"
)

// The points at which Options.Hook is called: a test kills the program there.
const (
	HookFile  = "backup.file"  // a file is in its place
	HookFiles = "backup.files" // all are; nothing names them yet
	HookDone  = "backup.done"  // the list names them
)

// Hub is an open hub.
type Hub struct {
	Dir   string // its declarations
	Data  string // its data folder: keys/, and tmp/ for the copy of the state
	State *state.State
	Keys  *keys.Keys
	Lake  *lake.Lake
}

// Options are how a backup is made. To is required.
type Options struct {
	To       object.Place
	DryRun   bool // says what would be copied, and writes nothing there
	Now      func() time.Time
	Progress func(Progress) // called by several goroutines
	Hook     func(point string)
}

// Progress is where a backup or a restore stands.
type Progress struct {
	Files, Of         int
	Bytes, TotalBytes int64
}

// Report is what a backup holds.
type Report struct {
	ID     string    `json:"id"`
	Key    string    `json:"key"` // that signed it
	Hub    string    `json:"hub"`
	Made   time.Time `json:"made"`
	Tables int       `json:"tables"`
	Files  int       `json:"files"`
	Bytes  int64     `json:"bytes"`

	Copied      int   `json:"copied"` // files that the place did not hold yet
	CopiedBytes int64 `json:"copied_bytes"`
	DryRun      bool  `json:"dry_run,omitempty"`
}

// item is a file on its way, and where it comes from.
type item struct {
	File
	from  object.Place
	name  string
	known bool // its digest is known already
}

// declared are the parts of a hub's folder that declare it; sources are the
// agencies' own.
var declared = []string{"sen.yaml", ".gitignore", "contracts/", "elements/", "entities/", "services/", "policies/", "indicators/", "rules/"}

type making struct {
	Options
	hub   Hub
	items []*item
	have  map[string]int64 // objects of the place, by name

	mu     sync.Mutex
	at     Progress
	report Report
}

// Make makes a backup. Syncs may run beside it: it takes the state as of one
// moment, and the lake's tables as of the same. A file that the place holds
// already, by its digest, is not copied again. Killed anywhere, the place
// holds the backups that it held before, and the next one goes on.
func Make(ctx context.Context, hub Hub, o Options) (Report, error) {
	m := &making{Options: o, hub: hub}
	m.fill()
	for _, own := range []string{hub.Lake.Root(), hub.Data} {
		if within(o.To.Address(), own) || within(own, o.To.Address()) {
			return m.report, sen.Errorf(sen.Invalid, "%s lies within what is to be backed up, or holds it: %s", o.To.Address(), own).
				WithHint("name a place of its own, best on another disk or at another server")
		}
	}
	if err := m.claim(ctx); err != nil {
		return m.report, err
	}
	scratch := filepath.Join(hub.Data, "tmp")
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return m.report, sen.Errorf(sen.Unavailable, "make a folder for the copy of the state: %w", err)
	}
	copied := filepath.Join(scratch, fmt.Sprintf("backup-%016x.db", rand.Uint64()))
	defer func() { _ = state.Discard(copied) }()
	list, err := m.gather(ctx, copied)
	if err != nil {
		return m.report, err
	}
	if err := m.copyAll(ctx); err != nil {
		return m.report, err
	}
	for _, i := range m.items {
		list.Files = append(list.Files, i.File)
	}
	m.Hook(HookFiles)
	if !o.DryRun {
		if err := list.write(ctx, o.To, hub.Keys); err != nil {
			return m.report, err
		}
	}
	m.Hook(HookDone)
	m.report.ID, m.report.Hub, m.report.Made, m.report.Key = list.ID, list.Hub, list.Made, hub.Keys.KeyID()
	m.report.Tables, m.report.Files, m.report.DryRun = len(list.Tables), len(list.Files), o.DryRun
	return m.report, nil
}

// within reports whether an address lies below another, or is it.
func within(address, other string) bool {
	return strings.HasPrefix(address+"/", strings.TrimSuffix(other, "/")+"/")
}

func (m *making) fill() {
	if m.Now == nil {
		m.Now = time.Now
	}
	if m.Progress == nil {
		m.Progress = func(Progress) {}
	}
	if m.Hook == nil {
		m.Hook = func(string) {}
	}
}

// claim takes an empty place, or one that holds backups.
func (m *making) claim(ctx context.Context) error {
	m.have = map[string]int64{}
	strange := ""
	err := m.To.List(ctx, "", func(i object.Info) error {
		switch {
		case i.Draft || i.Name == markerFile || strings.HasPrefix(i.Name, backupsDir):
		case strings.HasPrefix(i.Name, objectsDir):
			m.have[i.Name] = i.Bytes
		default:
			strange = i.Name
		}
		return nil
	})
	if err != nil {
		return err
	}
	if strange != "" {
		return sen.Errorf(sen.Exists, "%s holds something else: %s", m.To.Address(), strange).
			WithHint("name an empty place, or one that holds backups of Sen")
	}
	if err := isBackup(ctx, m.To); err == nil || sen.KindOf(err) != sen.NotFound {
		return err
	}
	if m.DryRun {
		return nil
	}
	text, err := json.Marshal(map[string]any{"format": format, "what": "backups of a Sen hub; see backups/"})
	if err != nil {
		return err
	}
	return put(ctx, m.To, markerFile, text)
}

// moments is how often a moment is looked for in which no run goes forward.
const moments = 20

// gather takes state and catalogue as of one moment. A run commits to the lake
// only while the state calls it committing, and after that the state says so;
// so where the runs stand the same in the copy of the state and after the
// catalogue was read, the two fit: what is in between, a run that goes on
// finds as it would after a kill.
func (m *making) gather(ctx context.Context, copied string) (Manifest, error) {
	for range moments {
		if err := m.hub.State.CopyTo(ctx, copied); err != nil {
			return Manifest{}, err
		}
		at, err := m.hub.Lake.Moment(ctx)
		if err != nil {
			return Manifest{}, err
		}
		now, err := m.hub.State.Standing(ctx)
		if err != nil {
			return Manifest{}, err
		}
		held, err := state.Open(ctx, copied, state.Options{ReadOnly: true})
		if err != nil {
			return Manifest{}, err
		}
		list, fits, err := m.look(ctx, held, at, now)
		if closed := held.Close(); err == nil {
			err = closed
		}
		if err != nil || fits {
			m.add(statePath, "", object.OpenFolder(filepath.Dir(copied)), filepath.Base(copied))
			return list, err
		}
		if err := state.Discard(copied); err != nil {
			return Manifest{}, err
		}
	}
	return Manifest{}, sen.Errorf(sen.Busy, "runs begin and end so fast that no moment holds still").
		WithHint("make the backup when fewer syncs run")
}

// look lists the files, if the copy of the state stands where the runs stand.
func (m *making) look(ctx context.Context, held *state.State, at lake.Moment, now string) (Manifest, bool, error) {
	then, err := held.Standing(ctx)
	if err != nil || then != now {
		return Manifest{}, false, err
	}
	made := m.Now().UTC().Truncate(time.Second)
	hub, err := held.Hub(ctx)
	if err != nil {
		return Manifest{}, false, err
	}
	inventory, err := m.hub.Lake.Inventory(ctx, at)
	if err != nil {
		return Manifest{}, false, err
	}
	list := Manifest{Format: format, ID: fmt.Sprintf("%s-%04x", made.Format("20060102T150405Z"), rand.Uint32N(1<<16)),
		Hub: hub.ID, Made: made, Program: sen.Version, Schema: state.Schema, Root: inventory.Root, Tables: inventory.Tables}
	return list, true, m.list(ctx, held, inventory, hub.ID)
}

// list makes an item of each file.
func (m *making) list(ctx context.Context, held *state.State, inventory lake.Inventory, hub string) error {
	known, err := m.digests(ctx, hub)
	if err != nil {
		return err
	}
	needed, err := held.NeededFiles(ctx)
	if err != nil {
		return err
	}
	l := m.hub.Lake
	for _, f := range needed {
		name, err := l.Name(l.Path(f.Path))
		if err != nil {
			return err
		}
		if inventory.Files[name] == "" {
			inventory.Files[name] = lake.RoleData
		}
		known[lakeDir+name] = File{Bytes: f.Bytes, SHA256: f.SHA256}
	}
	for name, role := range inventory.Files {
		i := m.add(lakeDir+name, role, l.Place(), name)
		if f, ok := known[i.Path]; ok {
			i.Bytes, i.SHA256, i.known = f.Bytes, f.SHA256, true
		}
	}
	if err := m.listKeys(); err != nil {
		return err
	}
	return m.listDeclared(ctx)
}

func (m *making) listKeys() error {
	folder := filepath.Join(m.hub.Data, "keys")
	names, err := keys.Files(folder)
	if err != nil {
		return err
	}
	for _, name := range names {
		m.add(keysDir+name, "", object.OpenPrivateFolder(folder), name)
	}
	return nil
}

func (m *making) listDeclared(ctx context.Context) error {
	from := object.OpenFolder(m.hub.Dir)
	for _, part := range declared {
		err := from.List(ctx, part, func(i object.Info) error {
			if (i.Name == part || strings.HasSuffix(part, "/")) && !i.Draft {
				m.add(hubDir+i.Name, "", from, i.Name)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *making) add(path string, role lake.Role, from object.Place, name string) *item {
	i := &item{File: File{Path: path, Role: role}, from: from, name: name}
	m.items = append(m.items, i)
	return i
}

// digests are those that the newest backup of this hub names: files of the
// lake do not change. A backup whose signature does not hold teaches nothing.
func (m *making) digests(ctx context.Context, hub string) (map[string]File, error) {
	out := map[string]File{}
	ids, err := list(ctx, m.To)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Backward(ids) {
		set, err := open(ctx, m.To, id)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil || set.Manifest.Hub != hub {
			continue
		}
		for _, f := range set.Manifest.Files {
			if strings.HasPrefix(f.Path, lakeDir) {
				out[f.Path] = f
			}
		}
		return out, nil
	}
	return out, nil
}

// atOnce is how many files are copied side by side.
const atOnce = 4

func (m *making) copyAll(ctx context.Context) error {
	slices.SortFunc(m.items, func(a, b *item) int { return strings.Compare(a.Path, b.Path) })
	m.at.Of = len(m.items)
	for _, i := range m.items {
		m.at.TotalBytes += i.Bytes
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, i := range m.items {
		group.Go(func() error {
			copied, err := m.copy(ctx, i)
			if err != nil {
				return fmt.Errorf("back up %s: %w", i.Path, err)
			}
			m.done(i, copied)
			m.Hook(HookFile)
			return nil
		})
	}
	return group.Wait()
}

// copy brings a file to its object, unless that is there.
func (m *making) copy(ctx context.Context, i *item) (bool, error) {
	if !i.known {
		sealed, err := object.Sum(ctx, i.from, i.name)
		if err != nil {
			return false, i.gone(err)
		}
		i.Bytes, i.SHA256 = sealed.Bytes, sealed.SHA256
	}
	m.mu.Lock()
	n, there := m.have[i.object()]
	m.mu.Unlock()
	if there && n == i.Bytes || m.DryRun {
		return !there, nil
	}
	_, err := m.To.Write(ctx, i.object(), func(w io.Writer) error {
		got, err := object.Copy(ctx, w, i.from, i.name)
		if err == nil && got.SHA256 != i.SHA256 {
			err = i.changed()
		}
		return err
	})
	return err == nil, i.gone(err)
}

// gone is the error for a file that was taken away since the lake was looked
// through: a retention ran beside the backup.
func (i *item) gone(err error) error {
	if sen.KindOf(err) != sen.NotFound || err == nil {
		return err
	}
	return sen.Errorf(sen.Busy, "it was taken away meanwhile: %w", err).
		WithHint("run `sen backup` again, not beside `sen retention`; if it is gone then too, `sen verify` says which dataset lacks it")
}

// changed is the error for a file that is not what it was.
func (i *item) changed() error {
	if i.Role != "" {
		return sen.Errorf(sen.Corrupt, "its bytes are not those that were written").
			WithHint("`sen verify` says which dataset it is; bring the file back from an older backup, or `sen sync --force` that dataset")
	}
	return sen.Errorf(sen.Busy, "it was changed while it was copied").WithHint("run the command again")
}

func (m *making) done(i *item, copied bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Files++
	m.at.Bytes += i.Bytes
	m.report.Bytes += i.Bytes
	if copied {
		m.have[i.object()] = i.Bytes
		m.report.Copied++
		m.report.CopiedBytes += i.Bytes
	}
	m.Progress(m.at)
}
