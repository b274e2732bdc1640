package demo

import (
	"context"
	"sync/atomic"
)

const (
	familiesPerBatch = 256
	batchesInFlight  = 4
)

// batch is some families that every job writes its own records of. They are
// made once, are only read from then on, and their memory is used again when
// the last job is done with them.
type batch struct {
	families []family
	readers  atomic.Int32
	free     chan<- *batch
}

func (b *batch) release() {
	if b.readers.Add(-1) == 0 {
		b.free <- b // never waits: it holds all batches that there are
	}
}

// makeFamilies makes the country's families in their order and hands them to
// all readers, which it closes at the end. A reader that stops reading must
// end the context.
func makeFamilies(ctx context.Context, l *land, people int, readers []chan *batch) error {
	defer func() {
		for _, r := range readers {
			close(r)
		}
	}()
	free := make(chan *batch, batchesInFlight)
	for range batchesInFlight {
		free <- &batch{free: free, families: make([]family, 0, familiesPerBatch)}
	}
	for unit := int64(0); unit*familySize < int64(people); {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			return nil // the readers say why
		}
		b.families = b.families[:0]
		for ; len(b.families) < familiesPerBatch && unit*familySize < int64(people); unit++ {
			b.families = b.families[:len(b.families)+1]
			l.family(&b.families[len(b.families)-1], unit, min(familySize, people-int(unit)*familySize))
		}
		b.readers.Store(int32(len(readers)))
		for _, r := range readers {
			select {
			case r <- b:
			case <-ctx.Done():
				return nil
			}
		}
	}
	return nil
}
