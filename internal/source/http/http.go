// Package http reads APIs that answer with JSON over HTTP. What comes in is a
// live.Server of type api, whose contract declares how the API turns its
// pages, where the rows stand in an answer, and how the hub signs in; what
// goes out is, for each object, what source.Reader promises: rows page by
// page, each value as it stands in the JSON, and at the end the position (the
// API's own change cursor, where it has one).
//
// Everything is declared and nothing is guessed: an answer that is not what
// the contract says ends the reading, because rows that are taken for missing
// would be deleted in the hub. Requests are GET alone, one at a time a
// reading, within the server's budget; a page is held in memory and has a
// bound. It never follows a redirect or a link to another host, never leaves
// a certificate unverified, and never puts a secret into an address, an error
// or a mark.
package http

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

// API is one API of a server. It is for many goroutines.
type API struct {
	server   live.Server
	budget   live.Budget
	gate     *live.Gate
	say      func(string)
	d        declaration
	client   *http.Client
	requests *rate.Limiter // how many requests, beside the gate's bytes

	lock      sync.Mutex
	notBefore time.Time  // the server has asked not to be asked sooner
	held      credential // what signs in, while it is fresh
}

// Open makes an API out of what its contract says; nothing is dialled yet.
// The gate is shared by all that read the same server; say gets sentences for
// a person, like that a request is tried again; it may be nil. The error's
// kind is Invalid for a declaration that cannot be followed; its message
// names the custom property.
func Open(server live.Server, gate *live.Gate, say func(string)) (*API, error) {
	d, err := declared(server)
	if err != nil {
		return nil, named(server.Name, err)
	}
	if say == nil {
		say = func(string) {}
	}
	a := &API{server: server, budget: server.Budget.WithDefaults(), gate: gate, say: say, d: d, requests: rate.NewLimiter(rate.Inf, 1)}
	if d.perMinute > 0 {
		a.requests.SetLimit(rate.Limit(float64(d.perMinute) / 60))
	}
	if a.client, err = newClient(server.TLS); err != nil {
		return nil, named(server.Name, err)
	}
	return a, nil
}

// Close ends the connections that are kept for further requests.
func (a *API) Close() error {
	a.client.CloseIdleConnections()
	return nil
}

// Open opens one object, named as the contract's physicalName names it. It
// asks for the first page, which shows the columns and is the beginning of
// the first Read. The error's kind is NotFound when the API knows no such
// object, Denied when it lets nobody in.
func (a *API) Open(ctx context.Context, object string, o source.Options) (source.Reader, error) {
	return a.open(ctx, object, "", o)
}

// Changes opens what has changed in an object since a position that an
// earlier Reader of it ended with, or Changes itself. Its rows are those that
// the API gives for the position's change cursor, as the API writes them: how
// it marks a deleted row is for the contract to say. Its own position holds
// the next cursor.
//
// The error's kind is Invalid when the contract declares no change cursor or
// the position has none of this object, and Drift when the API no longer
// knows the cursor: then the object is to be read as a whole.
func (a *API) Changes(ctx context.Context, object string, since source.Position, o source.Options) (source.Reader, error) {
	cursor, err := a.cursorOf(object, since)
	if err != nil {
		return nil, named(a.server.Name, err)
	}
	return a.open(ctx, object, cursor, o)
}
