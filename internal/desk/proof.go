package desk

import (
	"context"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/state"
)

// RunsBefore are a dataset's runs before one of its sequence, the newest first
// and at most limit; from the newest where before is 0.
func (d *Desk) RunsBefore(ctx context.Context, dataset sen.Dataset, before int64, limit int) ([]state.Run, error) {
	return d.o.State.RunsBefore(ctx, dataset, before, limit)
}

// Certificate is a run's certificate, as it was signed; NotFound where its
// dataset is not for this principal.
func (d *Desk) Certificate(ctx context.Context, who sen.Principal, run string) (state.Certificate, error) {
	c, err := d.o.State.Certificate(ctx, run)
	if err == nil && !access.Sees(who, c.Dataset) {
		return state.Certificate{}, sen.Errorf(sen.NotFound, "there is no certificate of this run").InVietnamese("không có chứng nhận của lượt này", "")
	}
	return c, err
}
