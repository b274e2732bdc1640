package state

import (
	"path/filepath"
	"testing"
)

func TestTroubleStandsUntilAnAttemptEndsWell(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, kind := range []string{"", "drift", "drift", "unavailable", ""} {
		if err := s.SetTrouble(t.Context(), "tax.taxpayer", kind); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Trouble(t.Context(), "tax.taxpayer"); err != nil || got != kind {
			t.Errorf("got %q, %v, want %q", got, err, kind)
		}
		if other, err := s.Trouble(t.Context(), "tax.payment"); err != nil || other != "" {
			t.Errorf("another dataset: got %q, %v", other, err)
		}
	}
}
