package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// A command that changes the hub hands its work to the hub that is up, over a
// socket in a folder that its owner alone may enter: it sends an order and is
// told, a JSON value a line, how far it has come and what it has brought. Where
// no hub answers, the command works alone; what a killed hub left of its socket
// answers nobody.

// hubSocket is where a hub that is up takes orders.
func (d *declarations) hubSocket() string { return d.data("up", "socket") }

// order is what a command hands over. Its datasets are in the order of the contracts.
type order struct {
	Version string // of the program: hub and command must understand each other
	Kind    string // of job
	state.Task
}

// told is what the hub tells of an order.
type told struct {
	Job      string         `json:",omitempty"` // that it has become
	Links    bool           `json:",omitempty"` // that job is the one that links
	Behind   time.Time      `json:",omitzero"`  // when the declarations were read that the hub goes by: the folder has faults since
	Waits    bool           `json:",omitempty"` // for jobs before it
	Say      string         `json:",omitempty"`
	Linking  *flow.Linking  `json:",omitempty"`
	Progress *flow.Progress `json:",omitempty"`
	Brought  *broughtWire   `json:",omitempty"` // the end
	Fault    *fault         `json:",omitempty"` // the end, where nothing was begun or it was broken off
}

// broughtWire is what an order has brought.
type broughtWire struct {
	Outcomes []outcomeWire
	Linked   []flow.Linked
	Cases    correction.Changes
	Again    time.Time // when the hub tries again what failed; zero: it does not

	Unkept, Unlinked, Unsettled *fault
}

type outcomeWire struct {
	flow.Outcome
	Fault *fault `json:",omitempty"`
}

// fault is an error, as it goes over the socket.
type fault struct {
	Text  string
	Kind  sen.Kind
	Where string
	Hint  string
}

func faultFrom(err error) *fault {
	if err == nil {
		return nil
	}
	f := &fault{Text: err.Error(), Kind: sen.KindOf(err), Hint: sen.HintOf(err)}
	var e *sen.Error
	if errors.As(err, &e) {
		f.Where = e.Where
	}
	return f
}

// err is the error again, with the same words.
func (f *fault) err() error {
	if f == nil {
		return nil
	}
	return &handedError{f.Text, &sen.Error{Kind: f.Kind, Where: f.Where, Msg: f.Text, Hint: f.Hint}}
}

type handedError struct {
	text string
	is   *sen.Error
}

func (e *handedError) Error() string { return e.text }
func (e *handedError) Unwrap() error { return e.is }

func (c conducted) wire(again time.Time) *broughtWire {
	out := &broughtWire{Linked: c.linked, Cases: c.cases, Again: again, Unkept: faultFrom(c.unkept), Unlinked: faultFrom(c.unlinked), Unsettled: faultFrom(c.unsettled)}
	for _, o := range c.outcomes {
		out.Outcomes = append(out.Outcomes, outcomeWire{o, faultFrom(o.Err)})
	}
	return out
}

func (b *broughtWire) conducted() conducted {
	out := conducted{linked: b.Linked, cases: b.Cases, unkept: b.Unkept.err(), unlinked: b.Unlinked.err(), unsettled: b.Unsettled.err()}
	for _, o := range b.Outcomes {
		o.Err = o.Fault.err()
		out.outcomes = append(out.outcomes, o.Outcome)
	}
	return out
}

// answersWithin is how long the first word of a hub is waited for.
const answersWithin = 30 * time.Second

// dialHub reaches the hub that is up; nil where none is.
func (d *declarations) dialHub() net.Conn {
	c, err := net.DialTimeout("unix", d.hubSocket(), answersWithin)
	if err != nil {
		return nil
	}
	return c
}

// handOver has the hub carry out an order, and shows how far it has come. Where
// ctx ends before, the hub goes on.
func (p *program) handOver(ctx context.Context, c net.Conn, o order, view *progress) (out conducted, err error) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	o.Version = sen.Version
	deadline := c.SetReadDeadline(time.Now().Add(answersWithin))
	if err := errors.Join(deadline, json.NewEncoder(c).Encode(o)); err != nil {
		return out, p.hubGone(ctx, err)
	}
	if len(o.Datasets) > 0 {
		view.start(len(o.Datasets))
	}
	defer func() { view.stop(); p.showLinking(flow.Linking{}) }()
	for in := json.NewDecoder(bufio.NewReader(c)); ; {
		var t told
		if err := in.Decode(&t); err != nil {
			return out, p.hubGone(ctx, err)
		}
		_ = c.SetReadDeadline(time.Time{}) // it has answered; what it does takes as long as it takes
		switch {
		case t.Fault != nil:
			return out, t.Fault.err()
		case t.Brought != nil:
			out = t.Brought.conducted()
			if at := t.Brought.Again; !at.IsZero() {
				p.mention(p.lang.Pick("trung tâm thử lại lúc ", "the hub tries again at ") + at.Local().Format(time.TimeOnly))
			}
			return out, nil
		}
		p.tellMeanwhile(t, view)
	}
}

// tellMeanwhile tells what the hub says before the end.
func (p *program) tellMeanwhile(t told, view *progress) {
	switch {
	case t.Progress != nil:
		view.show(*t.Progress)
	case t.Linking != nil:
		p.showLinking(*t.Linking)
	case t.Links:
		view.stop()
		p.mention(p.lang.Pick("trung tâm liên kết, việc ", "the hub that is up links, job ") + t.Job)
	case t.Job != "":
		p.mention(p.lang.Pick("trung tâm đang chạy làm việc này, việc ", "the hub that is up does it, job ") + t.Job)
	case !t.Behind.IsZero():
		p.mention(p.lang.Pick("tệp khai báo có lỗi: trung tâm làm theo bản đọc lúc ", "the declarations have faults: the hub goes by those it read at ") + t.Behind.Local().Format(time.TimeOnly))
	case t.Waits:
		p.mention(p.lang.Pick("chờ việc trước xong", "waiting for the jobs before it"))
	case t.Say != "":
		p.mention(t.Say)
	}
}

// hubGone is the error of an order that was not followed to its end.
func (p *program) hubGone(ctx context.Context, err error) error {
	var late net.Error
	switch {
	case ctx.Err() != nil:
		return sen.Errorf(sen.Canceled, "%s", p.lang.Pick("trung tâm vẫn làm tiếp việc này", "the hub goes on with it")).
			WithHint("%s", p.lang.Pick("xem ở trang /jobs; chạy lại lệnh này thì theo dõi tiếp", "see the page /jobs; the same command again follows what is left"))
	case errors.As(err, &late) && late.Timeout():
		return sen.Errorf(sen.Unavailable, "%s", p.lang.Pick("trung tâm đang chạy không trả lời", "the hub that is up does not answer")).
			WithHint("%s", p.lang.Pick("dừng `sen up` rồi chạy lại lệnh này", "stop `sen up` and run the command again"))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		err = nil
	}
	gone := sen.Errorf(sen.Unavailable, "%s", p.lang.Pick("trung tâm đã dừng giữa chừng", "the hub went away meanwhile"))
	if err != nil {
		gone = sen.Errorf(sen.Unavailable, "%s: %w", gone.Msg, err)
	}
	return gone.WithHint("%s", p.lang.Pick("những gì đã xong vẫn còn: `sen up` làm tiếp việc này, lệnh này chạy lại cũng thế",
		"what is finished is kept: `sen up` goes on with it, and so does the same command"))
}

// linkAnew links by the hub that is up, else in this process by alone, and gives
// what is of these entities.
func (p *program) linkAnew(ctx context.Context, d *declarations, of []*link.Entity, alone func() (conducted, error)) (conducted, error) {
	c := d.dialHub()
	if c == nil {
		return alone()
	}
	out, err := p.handOver(ctx, c, order{Kind: job.Link}, newProgress(p))
	out.linked = slices.DeleteFunc(out.linked, func(l flow.Linked) bool {
		return !slices.ContainsFunc(of, func(e *link.Entity) bool { return e.Entity == l.Entity })
	})
	return out, err
}
