package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// The points at which Target.Hook is called.
const (
	HookRestored = "restore.file"      // a file is in its place
	HookWhole    = "restore.files"     // all are; no catalogue names the tables
	HookAdopted  = "restore.catalogue" // the catalogue does; the folder is no hub yet
)

const (
	restoring  = ".sen-restoring" // in the hub's folder, while it is not whole
	noteFile   = "restored.json"  // in the data folder: what was restored, and what was written anew
	configFile = "sen.yaml"       // makes a folder a hub; comes last
)

// Set is a backup that is read.
type Set struct {
	Manifest Manifest
	Key      string // that signed it

	at object.Place
}

// Open reads the list of a backup and checks its signature with the public key
// that the backup brings along; id "" is the newest. It proves that the list
// is as the holder of that key signed it; hold Key against what the hub said
// when it made the backup.
func Open(ctx context.Context, at object.Place, id string) (*Set, error) {
	ids, err := List(ctx, at)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, sen.Errorf(sen.NotFound, "%s holds no whole backup", at.Address()).
			WithHint("one was begun and did not end; make it again with `sen backup`")
	}
	if id == "" {
		id = ids[len(ids)-1]
	}
	if !slices.Contains(ids, id) {
		return nil, sen.Errorf(sen.NotFound, "there is no backup %q in %s", id, at.Address()).WithHint("there are: %s", strings.Join(ids, ", "))
	}
	return open(ctx, at, id)
}

func open(ctx context.Context, at object.Place, id string) (*Set, error) {
	body, err := object.ReadAll(ctx, at, backupsDir+id+listSuffix)
	if err != nil {
		return nil, err
	}
	beside, err := object.ReadAll(ctx, at, backupsDir+id+signSuffix)
	if err != nil {
		return nil, err
	}
	s := &Set{at: at}
	if s.Manifest, err = parseManifest(body); err != nil {
		return nil, err
	}
	var signed signature
	if err := json.Unmarshal(beside, &signed); err != nil {
		return nil, damagedList(errors.New("its signature cannot be read"))
	}
	name, err := keys.PublicFile(signed.Key)
	if err != nil {
		return nil, damagedList(err)
	}
	public, err := s.Read(ctx, keysDir+name)
	if err != nil {
		return nil, err
	}
	if s.Manifest.ID != id {
		return nil, damagedList(errors.New("it is the list of another backup"))
	}
	s.Key = signed.Key
	return s, keys.VerifyWith(public, signed.Key, body, signed.Signature)
}

// Read reads one small file of the backup, its digest checked.
func (s *Set) Read(ctx context.Context, path string) ([]byte, error) {
	for _, f := range s.Manifest.Files {
		if f.Path == path {
			return s.read(ctx, f)
		}
	}
	return nil, sen.Errorf(sen.NotFound, "the backup holds no %s", path)
}

// Config is the hub's sen.yaml.
func (s *Set) Config(ctx context.Context) ([]byte, error) { return s.Read(ctx, hubDir+configFile) }

func (s *Set) read(ctx context.Context, f File) ([]byte, error) {
	var out bytes.Buffer
	err := s.copy(ctx, &out, f)
	return out.Bytes(), err
}

// copy writes a file's bytes, and fails where they are not those that were
// backed up.
func (s *Set) copy(ctx context.Context, to io.Writer, f File) error {
	got, err := object.Copy(ctx, to, s.at, f.object())
	switch {
	case err != nil && sen.KindOf(err) == sen.NotFound:
		return sen.Errorf(sen.Corrupt, "the backup lacks %s", f.Path).WithHint("restore another backup with --backup, or get the object %s from a copy", f.SHA256)
	case err != nil:
		return err
	case got.SHA256 != f.SHA256 || got.Bytes != f.Bytes:
		return sen.Errorf(sen.Corrupt, "%s in the backup is not what was backed up", f.Path).
			WithHint("its object %s is damaged: take that one away and run `sen backup` again at the hub, or restore another backup with --backup", f.SHA256)
	}
	return nil
}

// Target is where a hub is restored to.
type Target struct {
	Dir    string       // the hub's folder: new, or empty
	Data   string       // its data folder, as its sen.yaml says
	Lake   lake.Options // where its lake is, as its sen.yaml says
	Config []byte       // a sen.yaml in place of the backup's; nil for that one

	DryRun   bool // reads and checks everything, and writes nothing
	Now      func() time.Time
	Progress func(Progress)
	Hook     func(point string)
}

// Restored is what a restore did.
type Restored struct {
	Backup    string      `json:"backup"`
	Hub       string      `json:"hub"`
	Key       string      `json:"key"`
	From      string      `json:"from"` // address of the lake that was backed up
	To        string      `json:"to,omitempty"`
	At        time.Time   `json:"at"`
	Program   string      `json:"program"`
	Tables    int         `json:"tables"`
	Files     int         `json:"files"`
	Bytes     int64       `json:"bytes"`
	Rewritten []Rewritten `json:"rewritten,omitempty"` // because they name others by the lake's address
	DryRun    bool        `json:"dry_run,omitempty"`
}

// Rewritten is a file of the lake that was written anew for its new address.
type Rewritten struct {
	Name string     `json:"name"`
	Was  sen.Digest `json:"was"`
	Is   sen.Digest `json:"is"`
}

type restore struct {
	*Set
	Target
	lake  *lake.Lake
	mover lake.Mover
	begun bool // by an earlier call, which did not end

	mu  sync.Mutex
	at  Progress
	out Restored
}

// Restore brings the hub back. Every digest is checked before anything is
// published: the catalogue gets its tables only when all files are in their
// places, and the folder is a hub, by its sen.yaml, only at the very end.
// Killed anywhere, the same call goes on. A folder, a bucket's prefix or a
// catalogue that holds something else is refused with kind Exists.
func (s *Set) Restore(ctx context.Context, t Target) (Restored, error) {
	r := &restore{Set: s, Target: t}
	r.fill()
	r.out = Restored{Backup: s.Manifest.ID, Hub: s.Manifest.Hub, Key: s.Key, From: s.Manifest.Root, At: r.Now().UTC().Truncate(time.Second),
		Program: sen.Version, Tables: len(s.Manifest.Tables), Files: len(s.Manifest.Files), DryRun: t.DryRun}
	for _, f := range s.Manifest.Files {
		r.out.Bytes += f.Bytes
	}
	r.at = Progress{Of: len(s.Manifest.Files), TotalBytes: r.out.Bytes}
	if s.Manifest.Schema > state.Schema {
		return r.out, sen.Errorf(sen.Invalid, "the backup holds a state of schema %d, this program (Sen %s) knows up to %d: a newer Sen made it", s.Manifest.Schema, sen.Version, state.Schema).
			WithHint("restore it with Sen %s or newer", s.Manifest.Program)
	}
	if t.DryRun {
		return r.out, errors.Join(r.check(), r.each(ctx, s.Manifest.Files, func(f File) error { return s.copy(ctx, io.Discard, f) }))
	}
	if err := r.claim(ctx); err != nil {
		return r.out, err
	}
	return r.out, r.whole(ctx)
}

func (r *restore) fill() {
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Progress == nil {
		r.Progress = func(Progress) {}
	}
	if r.Hook == nil {
		r.Hook = func(string) {}
	}
}

// marker is what a folder says of itself while it is not whole.
type marker struct {
	Backup string `json:"backup"`
	Data   string `json:"data"`
}

// check refuses folders that hold something, unless it is this very restore
// that did not end.
func (r *restore) check() error {
	mine := marker{r.Manifest.ID, r.Data}
	var found marker
	text, err := os.ReadFile(filepath.Join(r.Dir, restoring))
	if err == nil && json.Unmarshal(text, &found) == nil && found == mine {
		if _, err := os.Stat(filepath.Join(r.Dir, configFile)); errors.Is(err, os.ErrNotExist) {
			r.begun = true
			return nil
		}
	}
	for _, dir := range []string{r.Dir, r.Data} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return sen.Errorf(sen.Unavailable, "look into the folder to restore to: %w", err)
		}
		if len(entries) > 0 {
			e := sen.Errorf(sen.Exists, "%s is not empty: it holds %s", dir, entries[0].Name())
			if found.Backup != "" {
				return e.WithHint("a restore of backup %s did not end there: go on with it by --backup %s, or name another folder", found.Backup, found.Backup)
			}
			return e.WithHint("name a new or empty folder")
		}
	}
	return nil
}

// claim takes the folders and opens the lake at its new address.
func (r *restore) claim(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	text, err := json.Marshal(marker{r.Manifest.ID, r.Data})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		return sen.Errorf(sen.Unavailable, "make the data folder: %w", err)
	}
	return put(ctx, object.OpenFolder(r.Dir), restoring, text)
}

// whole goes through the steps; each can be the first after a kill.
func (r *restore) whole(ctx context.Context) (err error) {
	if r.lake, err = lake.Open(ctx, r.Lake); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.lake.Close()) }()
	r.out.To = r.lake.Root()
	r.mover = lake.Mover{From: r.Manifest.Root, To: r.lake.Root()}
	for _, step := range []func(context.Context) error{r.alone, r.files, r.migrate, r.adopt, r.note, r.publish} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// alone sees that the lake's place holds nothing but what this restore puts there.
func (r *restore) alone(ctx context.Context) error {
	ours := map[string]bool{}
	for _, f := range r.Manifest.Files {
		ours[f.Path] = true
	}
	return r.lake.Place().List(ctx, "", func(i object.Info) error {
		first, _, below := strings.Cut(i.Name, "/")
		if i.Draft || r.begun && ours[lakeDir+i.Name] || !below && strings.HasPrefix(first, lake.CatalogueFile) {
			return nil
		}
		return sen.Errorf(sen.Exists, "%s holds something already: %s", r.lake.Root(), i.Name).
			WithHint("name an empty place for the lake: `sen restore … --config FILE` takes another sen.yaml")
	})
}

// files brings every file to its place: by role, since one that names others
// is written when those are.
func (r *restore) files(ctx context.Context) error {
	parts := map[lake.Role][]File{}
	for _, f := range r.Manifest.Files {
		if f.Path != hubDir+configFile {
			parts[f.Role] = append(parts[f.Role], f)
		}
	}
	if err := state.Discard(filepath.Join(r.Data, statePath)); err != nil {
		return err
	}
	for _, role := range append([]lake.Role{""}, lake.Roles...) {
		place := func(f File) error { return r.bring(ctx, f) }
		if role != "" && role != lake.RoleData && r.mover.From != r.mover.To {
			place = func(f File) error { return r.rewrite(ctx, f) }
		}
		if err := r.each(ctx, parts[role], place); err != nil {
			return err
		}
	}
	r.Hook(HookWhole)
	return nil
}

// each does something with files, several at once.
func (r *restore) each(ctx context.Context, files []File, do func(File) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, f := range files {
		group.Go(func() error {
			if ctx.Err() != nil {
				return sen.Errorf(sen.Canceled, "restore: %w", context.Cause(ctx))
			}
			if err := do(f); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			r.mu.Lock()
			r.at.Files++
			r.at.Bytes += f.Bytes
			at := r.at
			r.mu.Unlock()
			r.Progress(at)
			r.Hook(HookRestored)
			return nil
		})
	}
	return group.Wait()
}

// place is where a file of the backup belongs.
func (r *restore) place(f File) (object.Place, string) {
	for dir, place := range map[string]object.Place{
		lakeDir: r.lake.Place(), keysDir: object.OpenPrivateFolder(filepath.Join(r.Data, "keys")), hubDir: object.OpenFolder(r.Dir),
	} {
		if name, ok := strings.CutPrefix(f.Path, dir); ok {
			return place, name
		}
	}
	return object.OpenPrivateFolder(r.Data), f.Path
}

// bring copies a file, unless an earlier attempt has.
func (r *restore) bring(ctx context.Context, f File) error {
	to, name := r.place(f)
	if got, err := object.Sum(ctx, to, name); err == nil && got.SHA256 == f.SHA256 {
		return nil
	}
	_, err := to.Write(ctx, name, func(w io.Writer) error { return r.copy(ctx, w, f) })
	return err
}

// rewrite writes a file that names others by the lake's address anew.
func (r *restore) rewrite(ctx context.Context, f File) error {
	text, err := r.read(ctx, f)
	if err != nil {
		return err
	}
	_, name := r.place(f)
	r.mu.Lock()
	text, err = r.mover.Rewrite(ctx, f.Role, name, text)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if err := put(ctx, r.lake.Place(), name, text); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Rewritten = append(r.out.Rewritten, Rewritten{Name: name, Was: f.SHA256, Is: sha256.Sum256(text)})
	return nil
}

// migrate opens the state, which brings it to this program's schema, and
// reads it whole.
func (r *restore) migrate(ctx context.Context) error {
	s, err := state.Open(ctx, filepath.Join(r.Data, statePath), state.Options{Now: r.Now})
	if err != nil {
		return err
	}
	err = s.Check(ctx)
	if err == nil {
		var hub state.Hub
		if hub, err = s.Hub(ctx); err == nil && hub.ID != r.Manifest.Hub {
			err = sen.Errorf(sen.Corrupt, "the state in the backup is of another hub than its list says")
		}
	}
	return errors.Join(err, s.Close())
}

func (r *restore) adopt(ctx context.Context) error {
	if err := r.lake.Adopt(ctx, r.Manifest.Tables); err != nil {
		return err
	}
	r.Hook(HookAdopted)
	return nil
}

// note keeps beside the data what was restored and what was written anew.
func (r *restore) note(ctx context.Context) error {
	slices.SortFunc(r.out.Rewritten, func(a, b Rewritten) int { return strings.Compare(a.Name, b.Name) })
	text, err := json.MarshalIndent(r.out, "", " ")
	if err != nil {
		return err
	}
	return put(ctx, object.OpenPrivateFolder(r.Data), noteFile, text)
}

// publish makes the folder a hub.
func (r *restore) publish(ctx context.Context) error {
	text := r.Target.Config
	if text == nil {
		var err error
		if text, err = r.Set.Config(ctx); err != nil {
			return err
		}
	}
	folder := object.OpenFolder(r.Dir)
	if err := put(ctx, folder, configFile, text); err != nil {
		return err
	}
	return folder.Remove(ctx, restoring)
}
