package index

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sen-hub/sen"
)

// The socket lies in the index's folder, which its owner alone may enter.
const socketName = "socket"

// patience is how long an answer over the socket is waited for.
const patience = 5 * time.Second

type question struct {
	Entity, KeyField, Key string
	Groups                []string
	Position              bool // the position is asked for, and no record
}

type answer struct {
	Record   Record
	Position string
	Kind     int
	Fault    string
}

// longestSocket is what the address of a socket may have, in bytes: sun_path of
// unix(7) holds 108.
const longestSocket = 107

// Serve answers other processes until the context ends. In a folder whose path
// is too long for a socket it answers nobody, and others do without.
func (d *DB) Serve(ctx context.Context) error {
	path := filepath.Join(d.dir, socketName)
	if len(path) > longestSocket {
		<-ctx.Done()
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return sen.Errorf(sen.Unavailable, "remove an old socket of the index: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "answer others about the index: %w", err)
	}
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		c, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return sen.Errorf(sen.Unavailable, "answer others about the index: %w", err)
		}
		all.Go(func() { d.answer(ctx, c) })
	}
}

// answer answers one process, question by question.
func (d *DB) answer(ctx context.Context, c net.Conn) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	in, out := json.NewDecoder(bufio.NewReader(c)), json.NewEncoder(c)
	for {
		var q question
		if in.Decode(&q) != nil {
			return
		}
		var a answer
		var err error
		if q.Position {
			a.Position, err = d.Position(q.Entity)
		} else {
			a.Record, err = d.Get(q.Entity, q.KeyField, q.Key, q.Groups...)
		}
		if err != nil {
			a.Kind, a.Fault = int(sen.KindOf(err)), err.Error()
		}
		if c.SetWriteDeadline(time.Now().Add(patience)) != nil || out.Encode(a) != nil {
			return
		}
	}
}

// Client asks the process that has the index. It is safe for concurrent use.
type Client struct {
	mu  sync.Mutex
	c   net.Conn
	in  *json.Decoder
	out *json.Encoder
}

// Dial asks the process that has the index in a folder. The error is
// Unavailable where none answers.
func Dial(dir string) (*Client, error) {
	c, err := net.DialTimeout("unix", filepath.Join(dir, socketName), patience)
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "the process that has the index does not answer: %w", err).At("%s", dir).
			WithHint("wait for the `sen link run` or `sen sync` that is at work")
	}
	return &Client{c: c, in: json.NewDecoder(bufio.NewReader(c)), out: json.NewEncoder(c)}, nil
}

func (c *Client) ask(q question) (answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var a answer
	err := c.c.SetDeadline(time.Now().Add(patience))
	if err == nil {
		err = c.out.Encode(q)
	}
	if err == nil {
		err = c.in.Decode(&a)
	}
	if err != nil {
		return a, sen.Errorf(sen.Unavailable, "the process that has the index went away: %w", err)
	}
	if a.Fault != "" {
		return a, sen.Errorf(sen.Kind(a.Kind), "%s", a.Fault)
	}
	return a, nil
}

// Get is the record that has this value in a key field: see Reader.
func (c *Client) Get(entity, keyField, key string, groups ...string) (Record, error) {
	a, err := c.ask(question{Entity: entity, KeyField: keyField, Key: key, Groups: groups})
	return a.Record, err
}

// Position is what the last load of an entity had applied.
func (c *Client) Position(entity string) (string, error) {
	a, err := c.ask(question{Entity: entity, Position: true})
	return a.Position, err
}

// Close ends the conversation.
func (c *Client) Close() error { return c.c.Close() }
