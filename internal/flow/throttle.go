package flow

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/source/live"
)

// heed is how often a reading looks for what people hold back.
const heed = time.Second

// follow has the gates of the servers follow the throttles in the state, from now
// on and until stop has returned. A state that cannot be read leaves the gates
// as they are: a pause is not ended by a fault.
func (f *Flow) follow(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	f.heedThrottles(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(heed)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				f.heedThrottles(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

func (f *Flow) heedThrottles(ctx context.Context) {
	stand, err := f.o.State.Throttles(ctx)
	if err != nil {
		if ctx.Err() == nil {
			f.o.Log.Warn("what is held back cannot be read; readings go on as they are", "error", err.Error())
		}
		return
	}
	throttles := map[string]live.Throttle{}
	for _, h := range stand {
		throttles[h.Address] = live.Throttle{Paused: h.Paused, Rate: h.Rate}
	}
	f.throttling.Lock()
	defer f.throttling.Unlock()
	for address, h := range throttles {
		switch was := f.throttles[address]; {
		case h.Paused && !was.Paused:
			f.o.Say(address + ": reading is paused; what has begun waits")
		case !h.Paused && h != was:
			f.o.Say(fmt.Sprintf("%s: reading is held to %d bytes a second", address, h.Rate))
		}
	}
	for address := range f.throttles {
		if _, still := throttles[address]; !still {
			f.o.Say(address + ": reading is no longer held back")
		}
	}
	f.throttles = throttles
	f.gates.Throttle(throttles)
}

// gate is the gate of a dataset's server; nil where it has none, or its
// contract cannot be followed, which is told when it is opened.
func (f *Flow) gate(d contract.Dataset) *live.Gate {
	if !live.Reads(d.Server) {
		return nil
	}
	server, err := live.FromContract(d.Contract.File, f.o.Hub, d.Server)
	if err != nil {
		return nil
	}
	return f.gates.Of(server)
}

// refusePaused is the error for a dataset whose server is paused: a reading
// that has begun waits, one that has not does not begin.
func (f *Flow) refusePaused(d contract.Dataset) error {
	if g := f.gate(d); g != nil && g.Paused() {
		return sen.Errorf(sen.Busy, "reading server %s is paused", d.Server.Name).
			WithHint("`sen source list` says since when and by whom; `sen source resume %s/%s` ends it", d.Contract.ID, d.Server.Name)
	}
	return nil
}

// closed reports whether a dataset's server may not be read at this hour.
func (f *Flow) closed(d contract.Dataset) bool {
	g := f.gate(d)
	return g != nil && g.Closed() > 0
}
