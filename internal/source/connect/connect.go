// Package connect opens the source of a dataset, wherever its contract says
// that it is: files, a live database, or an API. It is the one place that knows all
// drivers.
package connect

import (
	"context"
	"io"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/http"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql"
	"github.com/sen-hub/sen/internal/source/postgres"
)

// Options are what an installation may set. The zero value runs.
type Options struct {
	Base   string // the hub's folder: relative paths start here
	Source source.Options
	Gates  *live.Gates  // of the servers that the process reads; nil: each reading has its own
	Say    func(string) // told of what a person may want to know, like that a range is tried again; may be nil
}

// Open opens a dataset's source. Errors are those of source.Open, and of the
// drivers.
func Open(ctx context.Context, d contract.Dataset, o Options) (source.Reader, error) {
	if !live.Reads(d.Server) {
		location, err := source.Locate(o.Base, d)
		if err != nil {
			return nil, err
		}
		return source.Open(ctx, location, o.Source)
	}
	server, err := live.FromContract(d.Contract.File, o.Base, d.Server)
	if err != nil {
		return nil, err
	}
	if server.Type == live.API {
		return openAPI(ctx, server, d, o)
	}
	db, err := Database(server, o)
	if err != nil {
		return nil, err
	}
	reader, err := db.Open(ctx, d.Object.Source(), o.Source)
	if err != nil {
		return nil, err
	}
	return &owned{Reader: reader, server: db}, nil
}

func openAPI(ctx context.Context, s live.Server, d contract.Dataset, o Options) (source.Reader, error) {
	api, err := http.Open(s, o.gate(s), o.Say)
	if err != nil {
		return nil, err
	}
	reader, err := api.Open(ctx, d.Object.Source(), o.Source)
	if err != nil {
		_ = api.Close() // there is nothing to lose
		return nil, err
	}
	return &owned{Reader: reader, server: api}, nil
}

// gate is the gate of a server.
func (o Options) gate(s live.Server) *live.Gate {
	if o.Gates == nil {
		return live.NewGate(s.Budget)
	}
	return o.Gates.Of(s)
}

// Database is the database of a live server. The error's kind is Invalid where
// the server is none.
func Database(s live.Server, o Options) (live.Database, error) {
	switch s.Type {
	case live.PostgreSQL:
		return postgres.Open(s, o.gate(s), o.Say), nil
	case live.MySQL:
		return mysql.Open(s, o.gate(s), o.Say), nil
	}
	return nil, sen.Errorf(sen.Invalid, "server %s is of type %s, which is no database that can be read", s.Name, s.Type).
		WithHint("types are postgresql and mysql")
}

// owned is a reader that closes its server with itself.
type owned struct {
	source.Reader
	server io.Closer
}

// Unchanged is that of source.Asker, where the source can be asked.
func (o *owned) Unchanged(ctx context.Context, since source.Position) (bool, error) {
	if asker, can := o.Reader.(source.Asker); can {
		return asker.Unchanged(ctx, since)
	}
	return false, nil
}

// Close implements source.Reader.
func (o *owned) Close() error {
	err := o.Reader.Close()
	if closed := o.server.Close(); err == nil {
		err = closed
	}
	return err
}
