package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) sourcePauseCommand() *cobra.Command {
	return p.throttleCommand("pause SERVER", p.lang.Pick("Ngừng đọc nguồn, kể cả lần đọc đang chạy", "Stop reading a server, a sync under way included"),
		`Stops the reading of a server within about a second, in every sync of this hub that
is under way: connections stay open and fetch nothing. Datasets whose reading has not
begun are passed over. It lasts until `+"`sen source resume`"+`. A long pause may outlast what the
source keeps for a snapshot; the reading then starts again, and says so.`,
		"  sen source pause civil-status/live", func(was state.Throttle) state.Throttle { was.Paused = true; return was })
}

func (p *program) sourceResumeCommand() *cobra.Command {
	return p.throttleCommand("resume SERVER", p.lang.Pick("Đọc lại nguồn đã tạm ngừng", "Go on reading a server that was paused"),
		`Ends a pause: what waits goes on within about a second. A throttle stays.`,
		"  sen source resume civil-status/live", func(was state.Throttle) state.Throttle { was.Paused = false; return was })
}

func (p *program) sourceThrottleCommand() *cobra.Command {
	const off = "off"
	c := p.throttleCommand("throttle SERVER RATE", p.lang.Pick("Đọc nguồn chậm lại, kể cả lần đọc đang chạy", "Read a server more slowly, a sync under way included"),
		`Bounds the reading of a server to RATE bytes a second (like 4MiB), within about a second
and until `+"`off`"+` is given. What the contract allows is never exceeded.`,
		"  sen source throttle civil-status/live 4MiB\n  sen source throttle civil-status/live off", nil)
	c.Args = cobra.ExactArgs(2)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		rate, ok := contract.ParseSize(args[1])
		if args[1] == off {
			rate, ok = 0, true
		} else if rate < 1 {
			ok = false
		}
		if !ok {
			return sen.Errorf(sen.Invalid, "%q is not a size like 4MiB, nor off", args[1]).WithHint("bytes a second: `sen source throttle %s 4MiB`", args[0])
		}
		return p.throttle(cmd.Context(), args[0], func(was state.Throttle) state.Throttle { was.Rate = rate; return was })
	}
	return c
}

func (p *program) throttleCommand(use, short, long, example string, change func(state.Throttle) state.Throttle) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Long: long, Example: example, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.throttle(cmd.Context(), args[0], change)
		},
		ValidArgsFunction: p.completeServers,
	}
}

// throttle changes how a server is held back.
func (p *program) throttle(ctx context.Context, name string, change func(state.Throttle) state.Throttle) error {
	return p.changing(ctx, func(d *declarations, s *state.State) error {
		at, err := d.site(name)
		if err != nil {
			return err
		}
		server, err := live.FromContract(at.contract.File, d.dir, at.server)
		if err != nil {
			return err
		}
		now, err := desk.HoldBack(ctx, s, server, p.principal(), p.now(), change)
		if err != nil {
			return err
		}
		at.Throttled = &now
		return p.answer(at, func() { p.showThrottle(at, sharing(d, at, server)) })
	})
}

// sharing are the other servers of contracts that are the same one.
func sharing(d *declarations, at site, server live.Server) (others []string) {
	for _, one := range d.sites() {
		if !one.Live || one.full() == at.full() {
			continue
		}
		if s, err := live.FromContract(one.contract.File, d.dir, one.server); err == nil && s.Address() == server.Address() {
			others = append(others, one.full())
		}
	}
	return others
}

func (p *program) showThrottle(at site, others []string) {
	words := p.throttleWords(at.Throttled)
	if words == "" {
		words = p.lang.Pick("được đọc như hợp đồng cho phép", "is read as its contract allows")
	}
	p.say("%s: %s", "%s: %s", at.full(), words)
	if len(others) > 0 {
		p.say("Cùng một máy chủ: %s", "The same server: %s", few(others))
	}
	if at.Throttled.Paused {
		p.next("sen source resume "+at.full(), p.lang.Pick("đọc tiếp", "go on"))
	}
}

// throttleWords are a throttle in words; "" for none.
func (p *program) throttleWords(h *state.Throttle) string {
	words := ""
	switch {
	case h == nil || !h.Paused && h.Rate == 0:
		return ""
	case h.Paused:
		words = p.lang.Pick("tạm ngừng", "paused")
	default:
		words = fmt.Sprintf(p.lang.Pick("tối đa %s một giây", "at most %s a second"), p.lang.Bytes(h.Rate))
	}
	return fmt.Sprintf(p.lang.Pick("%s từ %s, %s", "%s since %s, %s"), words, p.lang.Time(h.Since.Local()), h.Principal)
}

// throttledSites fills in how people hold servers back; s is nil where the hub has
// no state yet.
func (d *declarations) throttledSites(ctx context.Context, s *state.State, sites []site) error {
	if s == nil {
		return nil
	}
	stand, err := s.Throttles(ctx)
	if err != nil {
		return err
	}
	for i, one := range sites {
		if !one.Live {
			continue
		}
		server, err := live.FromContract(one.contract.File, d.dir, one.server)
		if err != nil {
			continue // `sen contract check` and a sync tell it
		}
		if j := slices.IndexFunc(stand, func(h state.Throttle) bool { return h.Address == server.Address() }); j >= 0 {
			sites[i].Throttled = &stand[j]
		}
	}
	return nil
}
