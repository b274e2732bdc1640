// Package backup copies a hub to another place and brings it back: its state,
// keys, declarations, and every file that its lake needs, from and to a folder
// or a bucket. What comes in is an open hub; what goes out is a place that
// holds each content once, under its SHA-256, and for each backup a list of
// what belongs to it, signed by the hub. It knows no contract and reads no row.
//
// The place:
//
//	sen-backup.json       what this folder is
//	objects/ab/abcdef…    a content, named by its SHA-256 (FIPS 180-4)
//	backups/ID.sig        the signature (Ed25519, RFC 8032) of the list
//	backups/ID.json       the list; it is written last, and makes the backup
//
// A backup that was killed has no list: its objects serve the next one.
package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/object"
)

const (
	markerFile = "sen-backup.json"
	objectsDir = "objects/"
	backupsDir = "backups/"
	listSuffix = ".json"
	signSuffix = ".sig"

	// format is the version of the place; a newer one is left alone.
	format = 1
)

// Where the files of a hub stand in a backup, by the beginning of their path.
const (
	statePath = "state.db"
	lakeDir   = "lake/"
	keysDir   = "keys/"
	hubDir    = "hub/" // declarations
)

// Manifest lists what belongs to one backup.
type Manifest struct {
	Format  int          `json:"format"`
	ID      string       `json:"id"`
	Hub     string       `json:"hub"` // the hub's own identity, from its state
	Made    time.Time    `json:"made"`
	Program string       `json:"program"` // the version that made it
	Schema  int64        `json:"schema"`  // of the state
	Root    string       `json:"root"`    // the address by which the lake's files name one another
	Tables  []lake.Entry `json:"tables"`
	Files   []File       `json:"files"` // sorted by path
}

// File is one file of a backup.
type File struct {
	Path   string     `json:"path"` // state.db, lake/…, keys/…, hub/…
	Role   lake.Role  `json:"role,omitempty"`
	Bytes  int64      `json:"bytes"`
	SHA256 sen.Digest `json:"sha256"`
}

// signature is what stands beside a list.
type signature struct {
	Key       string `json:"key"`
	Signature []byte `json:"signature"`
}

// object is where a content lies.
func (f File) object() string {
	sum := f.SHA256.String()
	return objectsDir + sum[:2] + "/" + sum
}

var idForm = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}$`)

// parseManifest reads a list. Whoever wrote it, its paths lead nowhere but
// into the parts of a hub.
func parseManifest(text []byte) (Manifest, error) {
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&m); err != nil {
		return m, damagedList(err)
	}
	if m.Format > format {
		return m, sen.Errorf(sen.Unavailable, "the backup was made by a newer Sen (format %d, this one reads %d)", m.Format, format).
			WithHint("restore it with that version, or a newer one")
	}
	if m.Format < 1 || !idForm.MatchString(m.ID) || m.Root == "" {
		return m, damagedList(errors.New("it lacks its format, id or the lake's address"))
	}
	seen := map[string]bool{}
	for _, f := range m.Files {
		if err := f.check(); err != nil {
			return m, damagedList(err)
		}
		if seen[f.Path] {
			return m, damagedList(errors.New("a path stands twice"))
		}
		seen[f.Path] = true
	}
	for _, t := range m.Tables {
		if !seen[lakeDir+t.Metadata] {
			return m, damagedList(errors.New("a table's metadata is not among the files"))
		}
	}
	if !seen[statePath] {
		return m, damagedList(errors.New("it holds no state"))
	}
	return m, nil
}

func (f File) check() error {
	known := f.Path == statePath
	for _, dir := range []string{lakeDir, keysDir, hubDir} {
		known = known || strings.HasPrefix(f.Path, dir)
	}
	if !known || !fs.ValidPath(f.Path) || strings.ContainsAny(f.Path, "\x00\\") || f.Bytes < 0 {
		return errors.New("a file in it has a path or length that no backup has")
	}
	if strings.HasPrefix(f.Path, lakeDir) != (f.Role != "") || f.Role != "" && !slices.Contains(lake.Roles, f.Role) {
		return errors.New("a file in it has a role that no backup has")
	}
	return nil
}

func damagedList(err error) error {
	return sen.Errorf(sen.Corrupt, "the list of the backup is damaged: %w", err).WithHint("choose another backup with --backup; `sen restore SRC --list` names them")
}

// List names the backups of a place, oldest first.
func List(ctx context.Context, at object.Place) ([]string, error) {
	if err := isBackup(ctx, at); err != nil {
		return nil, err
	}
	return list(ctx, at)
}

func list(ctx context.Context, at object.Place) ([]string, error) {
	signed, listed := map[string]bool{}, map[string]bool{}
	err := at.List(ctx, backupsDir, func(i object.Info) error {
		name := strings.TrimPrefix(i.Name, backupsDir)
		if id, ok := strings.CutSuffix(name, signSuffix); ok && !i.Draft {
			signed[id] = true
		}
		if id, ok := strings.CutSuffix(name, listSuffix); ok && !i.Draft && idForm.MatchString(id) {
			listed[id] = true
		}
		return nil
	})
	var out []string
	for id := range listed {
		if signed[id] {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, err
}

// isBackup refuses a place that holds something else.
func isBackup(ctx context.Context, at object.Place) error {
	text, err := object.ReadAll(ctx, at, markerFile)
	if sen.KindOf(err) == sen.NotFound && err != nil {
		return sen.Errorf(sen.NotFound, "there is no backup in %s", at.Address()).WithHint("`sen backup %s` makes one", at.Address())
	}
	if err != nil {
		return err
	}
	var marker struct{ Format int }
	if err := json.Unmarshal(text, &marker); err != nil || marker.Format < 1 {
		return sen.Errorf(sen.Corrupt, "%s in %s cannot be read", markerFile, at.Address())
	}
	if marker.Format > format {
		return sen.Errorf(sen.Unavailable, "%s was made by a newer Sen", at.Address()).WithHint("use that version, or a newer one")
	}
	return nil
}

// write puts a list and its signature in their places, the list last.
func (m Manifest) write(ctx context.Context, to object.Place, ring *keys.Keys) error {
	body, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	var beside signature
	beside.Signature, beside.Key = ring.Sign(body)
	text, err := json.Marshal(beside)
	if err != nil {
		return err
	}
	if err := put(ctx, to, backupsDir+m.ID+signSuffix, text); err != nil {
		return err
	}
	return put(ctx, to, backupsDir+m.ID+listSuffix, body)
}

func put(ctx context.Context, to object.Place, name string, text []byte) error {
	_, err := to.Write(ctx, name, func(w io.Writer) error { _, err := w.Write(text); return err })
	return err
}
