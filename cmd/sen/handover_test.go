package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// TestAFaultIsTheSameBehindTheSocket sends errors of each make over it.
func TestAFaultIsTheSameBehindTheSocket(t *testing.T) {
	for _, err := range []error{
		sen.Errorf(sen.Drift, "the source lacks a column").At("civil.birth").WithHint("see the contract"),
		fmt.Errorf("civil.birth: %w", sen.Errorf(sen.Unavailable, "no answer: %w", io.EOF).At("server").WithHint("wait")),
		errors.Join(sen.Errorf(sen.Busy, "somebody reads it"), sen.Errorf(sen.Internal, "and more")),
		context.Canceled,
		errors.New("plain"),
	} {
		b, failed := json.Marshal(faultFrom(err))
		if failed != nil {
			t.Fatal(failed)
		}
		var f *fault
		if failed := json.Unmarshal(b, &f); failed != nil {
			t.Fatal(failed)
		}
		got := f.err()
		var was, is *sen.Error
		errors.As(got, &is)
		if errors.As(err, &was) && is.Where != was.Where || got.Error() != err.Error() || sen.KindOf(got) != sen.KindOf(err) || sen.HintOf(got) != sen.HintOf(err) {
			t.Errorf("sent %#v, got %#v", err, got)
		}
	}
	if faultFrom(nil).err() != nil {
		t.Error("no error is one behind the socket")
	}
}

// TestWhoAsksAgainIsNotAnsweredWithTheTryOfBefore asks for a job that has failed
// and waits for its next try.
func TestWhoAsksAgainIsNotAnsweredWithTheTryOfBefore(t *testing.T) {
	var w waiting
	morning := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	failed := errors.New("the first try")
	if err := w.brings(state.Job{ID: "a", Begun: morning}, brought{err: failed}); !errors.Is(err, failed) {
		t.Errorf("a job ends with %v", err)
	}
	if b, ended := w.brought("a", morning); !ended || !errors.Is(b.err, failed) {
		t.Errorf("who asked before it began learns %v", b.err)
	}
	if _, ended := w.brought("a", morning.Add(time.Second)); ended {
		t.Error("who asked after it is answered with it")
	}
	for i := range 2 * mostBrought {
		_ = w.brings(state.Job{ID: fmt.Sprint(i), Begun: morning}, brought{})
	}
	if n := len(w.last); n != mostBrought {
		t.Errorf("%d ends are remembered", n)
	}
}
