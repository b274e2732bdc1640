// Package access is the one door through which people's data goes out. What
// comes in is a request: who asks, for which purpose, on which case, with
// which command, for which fields of which datasets. What goes out is leave to
// read, and an entry in the journal for everything that happens: asked, seen,
// outcome, denied. No journal, no read. It reads no data itself, and no value
// of any record is ever written to the journal: subjects are keyed hashes.
//
// The order of every command that shows people's data:
//
//	reading, err := door.Open(ctx, request)    // the entry "asked" is durable
//	defer func() { err = errors.Join(err, reading.Close(err)) }()
//	… read into memory …
//	err = reading.Saw(subjects...)             // or reading.All(dataset, snapshot)
//	err = reading.Seal()                       // the entries "seen" are durable
//	… now, and not before, show the answer …
//
// A long answer repeats the last three steps, part by part.
package access

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/state"
)

// Request says who wants what, and why. Nothing in it may hold a value of a
// record: Command is the command's name without its arguments, Case a case
// number.
type Request struct {
	Principal sen.Principal
	Purpose   sen.Purpose
	Case      string
	Command   string
	Dataset   []sen.Dataset
	Fields    map[sen.Dataset][]string // of each dataset; none named means all
}

// Subject is one record that was seen: the material of its key, and its
// version, which is the record's `_position`.
type Subject struct {
	Dataset sen.Dataset
	Key     []byte
	Version int64
}

// Options are what a caller may set. The zero value works.
type Options struct {
	Now func() time.Time // default: time.Now
	Log *slog.Logger     // default: none
}

// Door decides, and writes down. It is safe for concurrent use.
type Door struct {
	state *state.State
	keys  *keys.Keys
	now   func() time.Time
	log   *slog.Logger
}

// New makes the door of a hub.
func New(s *state.State, k *keys.Keys, o Options) *Door {
	d := &Door{state: s, keys: k, now: o.Now, log: o.Log}
	if d.now == nil {
		d.now = time.Now
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	return d
}

// Open lets a request in. When it returns without an error, the entry "asked"
// is durable and the data may be read; close the Reading in any case. Errors:
// Denied, which is an entry too; whatever kept the journal from being written.
func (d *Door) Open(ctx context.Context, r Request) (*Reading, error) {
	id := state.NewID(d.now())
	asked := entryOf(id, r)
	if refusal := decide(r); refusal != nil {
		return nil, d.deny(ctx, asked, refusal)
	}
	asked.Kind = Asked
	if err := d.append(ctx, asked); err != nil {
		return nil, err
	}
	return &Reading{door: d, ctx: context.WithoutCancel(ctx), request: asked}, nil
}

func (d *Door) deny(ctx context.Context, e Entry, refusal *sen.Error) error {
	e.Kind, e.Reason = Refused, refusal.Msg
	d.log.Info("the door stayed shut", logRequest, e.Request, logReason, refusal.Msg)
	if err := d.append(ctx, e); err != nil {
		return errors.Join(refusal, err)
	}
	return refusal
}

// Log keys.
const (
	logRequest = "request"
	logReason  = "reason"
)

const (
	longest = 200 // bytes of a purpose, a case or a principal
)

// commandForm has no place for an argument: values would come in with it.
var commandForm = regexp.MustCompile(`^[a-z]+([ -][a-z]+)*$`)

// decide is deny by default: a request passes that says everything it must.
// The answer goes into the journal, so it quotes nothing.
func decide(r Request) *sen.Error {
	switch {
	case r.Principal.ID == "":
		return denied("nobody is named who asks").InVietnamese("không biết ai hỏi", "").
			WithHint("the operator is the user of the system: run the command as a user with a name")
	case strings.TrimSpace(string(r.Purpose)) == "":
		return denied("no purpose is given").
			WithHint("say why with --purpose, for example --purpose quality-control").
			InVietnamese("chưa nêu mục đích", "hãy nêu mục đích mà vai của bạn có")
	case len(r.Purpose) > longest || len(r.Case) > longest || len(r.Principal.ID) > longest:
		return denied("principal, purpose or case is longer than %d bytes", longest).
			WithHint("name the purpose in a few words; the case by its number").
			InVietnamese("mục đích hoặc số vụ việc quá dài", "nêu mục đích trong vài từ, vụ việc bằng số của nó")
	case !commandForm.MatchString(r.Command):
		return denied("the command is not named as the journal wants it: its name, without arguments")
	case len(r.Dataset) == 0:
		return denied("no dataset is named")
	}
	for _, dataset := range r.Dataset {
		if !wellFormed(dataset) {
			return denied("a dataset's name is not of the form agency.object")
		}
	}
	for dataset := range r.Fields {
		if !slices.Contains(r.Dataset, dataset) {
			return denied("fields are named of a dataset that is not")
		}
	}
	return granted(r)
}

func wellFormed(dataset sen.Dataset) bool {
	_, err := sen.ParseDataset(string(dataset))
	return err == nil
}

func denied(format string, args ...any) *sen.Error { return sen.Errorf(sen.Denied, format, args...) }
