package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/link"
)

// How long an index is waited for that another process has open.
const (
	indexTries = 20
	indexPause = 50 * time.Millisecond
)

// openIndex opens the index, or asks the process that has it: one that loads it
// answers, one that only looks something up is soon gone.
func openIndex(ctx context.Context, dir string) (index.Reader, error) {
	var err error
	for range indexTries {
		db, busy := index.Open(dir, index.Options{})
		if busy == nil {
			return db, nil
		}
		if sen.KindOf(busy) != sen.Busy {
			return nil, busy
		}
		var c *index.Client
		if c, err = index.Dial(dir); err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		time.Sleep(indexPause)
	}
	return nil, err
}

// held is the index of a hub that keeps it open: a look-up does not close it.
type held struct{ *index.DB }

func (held) Close() error { return nil }

// reader is the index for one look-up.
func (h *hub) reader(ctx context.Context) (index.Reader, error) {
	if h.index != nil {
		return held{h.index}, nil
	}
	return openIndex(ctx, h.data("index"))
}

// keepIndex opens the index for as long as the hub is open. Where another
// process has it, that one is asked at each look-up.
func (h *hub) keepIndex() error {
	db, err := h.freeIndex()
	if db == nil || err != nil {
		return err
	}
	h.index = db
	h.stop.add(db.Close)
	return nil
}

// freeIndex opens the index; nil where another process keeps it.
func (h *hub) freeIndex() (*index.DB, error) {
	db, err := index.Open(h.data("index"), index.Options{})
	for try := 0; sen.KindOf(err) == sen.Busy && try < indexTries; try++ { // a look-up is soon over
		time.Sleep(indexPause)
		db, err = index.Open(h.data("index"), index.Options{})
	}
	if err != nil && sen.KindOf(err) == sen.Busy {
		return nil, nil //nolint:nilnil // there is a way without it
	}
	return db, err
}

// serveIndex answers other processes from the index that is kept open, and
// brings into it what they link, until ctx ends. now are the hub's entities.
func (h *hub) serveIndex(ctx context.Context, now func() []*link.Entity, log *slog.Logger) error {
	if h.index == nil {
		<-ctx.Done()
		return nil
	}
	const every = 5 * time.Second
	served := make(chan error, 1)
	go func() { served <- h.index.Serve(ctx) }()
	turn := time.NewTicker(every)
	defer turn.Stop()
	for {
		if err := h.freshen(ctx, now()); err != nil && ctx.Err() == nil {
			log.Error("the index does not have what was linked; answers come from the lake", "error", err)
		}
		select {
		case <-turn.C:
		case err := <-served:
			return err
		}
	}
}

// freshen loads what other processes have linked, unless this one links: that
// loads by itself.
func (h *hub) freshen(ctx context.Context, entities []*link.Entity) error {
	if !h.linking.TryLock() {
		return nil
	}
	defer h.linking.Unlock()
	return h.flow.LoadIndex(ctx, h.engine, h.index, entities)
}

// linkIndex is the index that a linkage loads, and what is to be called when it
// has; nil where another process keeps it open, and loads it by itself.
func (h *hub) linkIndex(ctx context.Context) (*index.DB, func() error, error) {
	if h.index != nil {
		h.linking.Lock()
		return h.index, func() error { h.linking.Unlock(); return nil }, nil
	}
	db, err := h.freeIndex()
	if db == nil || err != nil {
		return nil, func() error { return nil }, err
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- db.Serve(serving) }()
	return db, func() error {
		stop()
		return errors.Join(<-served, db.Close())
	}, nil
}
