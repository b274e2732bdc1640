package state

import (
	"context"
	"database/sql"
	"time"
)

// Throttle is how a person holds back the reading of a server: for a sync that is
// under way as for those to come, until it is taken back.
type Throttle struct {
	Address   string    `json:"address"` // of the server, as live.Server.Address writes it
	Paused    bool      `json:"paused"`
	Rate      int64     `json:"rate,omitempty"` // bytes a second; 0: what the contract allows
	Since     time.Time `json:"since"`
	Principal string    `json:"principal"`
}

const (
	putThrottle = `
INSERT INTO throttle (address, paused, rate, since, principal) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (address) DO UPDATE SET paused = excluded.paused, rate = excluded.rate, since = excluded.since, principal = excluded.principal`
	dropThrottle = `DELETE FROM throttle WHERE address = $1`
	allThrottles = `SELECT address, paused, rate, since, principal FROM throttle ORDER BY address`
)

// SetThrottle keeps a throttle in place of the server's last one. One that holds
// nothing back takes it away.
func (s *State) SetThrottle(ctx context.Context, h Throttle) error {
	return s.write(ctx, "keep a throttle", func(tx *sql.Tx) error {
		if !h.Paused && h.Rate == 0 {
			_, err := tx.ExecContext(ctx, dropThrottle, h.Address)
			return err
		}
		_, err := tx.ExecContext(ctx, putThrottle, h.Address, h.Paused, h.Rate, stamp(h.Since), h.Principal)
		return err
	})
}

// Throttles are those that stand, by address.
func (s *State) Throttles(ctx context.Context) ([]Throttle, error) {
	return rows(ctx, s.db, "read throttles", func(r scanner) (h Throttle, err error) {
		var since string
		if err := r.Scan(&h.Address, &h.Paused, &h.Rate, &since, &h.Principal); err != nil {
			return h, err
		}
		h.Since, err = unstamp(since)
		return h, err
	}, allThrottles)
}
