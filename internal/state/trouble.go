package state

import (
	"context"

	"github.com/sen-hub/sen"
)

// trouble is the name of the setting that holds a dataset's.
func trouble(dataset sen.Dataset) string { return "trouble/" + string(dataset) }

// SetTrouble notes with which kind of error the last attempt at a dataset ended,
// where it came to a run or not; "" when it ended well.
func (s *State) SetTrouble(ctx context.Context, dataset sen.Dataset, kind string) error {
	if was, err := s.Trouble(ctx, dataset); err != nil || was == kind {
		return err
	}
	return s.PutSetting(ctx, trouble(dataset), kind)
}

// Trouble is what SetTrouble noted last; "" where there is none.
func (s *State) Trouble(ctx context.Context, dataset sen.Dataset) (kind string, err error) {
	kind, err = s.Setting(ctx, trouble(dataset))
	if sen.KindOf(err) == sen.NotFound {
		return "", nil
	}
	return kind, err
}
