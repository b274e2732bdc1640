package account

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func open(t *testing.T) (*Accounts, *clock) {
	t.Helper()
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	a := New(s, Options{Now: c.now})
	if _, err := a.Put(t.Context(), Person{Name: "lan", Title: "Nguyễn Thị Lan", Role: Steward, Password: "một hai ba bốn"}, sen.Principal{ID: "operator:test"}); err != nil {
		t.Fatal(err)
	}
	return a, c
}

func TestASessionLastsAsLongAsItIsUsedAndNoLongerThanItsDay(t *testing.T) {
	a, c := open(t)
	token, one, err := a.SignIn(t.Context(), "lan", "một hai ba bốn", "127.0.0.1")
	if err != nil || one.Title != "Nguyễn Thị Lan" {
		t.Fatalf("sign in: %v, %+v", err, one)
	}
	for range 25 {
		c.t = c.t.Add(20 * time.Minute)
		if c.t.Sub(one.Created) > 10*time.Hour {
			break
		}
		if _, _, err := a.Of(t.Context(), token); err != nil {
			t.Fatalf("used every 20 minutes, after %s: %v", c.t.Sub(one.Created), err)
		}
	}
	c.t = one.Created.Add(10*time.Hour + time.Second)
	if _, _, err := a.Of(t.Context(), token); sen.KindOf(err) != sen.Denied {
		t.Errorf("after ten hours: got %v, want Denied", err)
	}
}

func TestAnIdleSessionIsOver(t *testing.T) {
	a, c := open(t)
	token, _, err := a.SignIn(t.Context(), "lan", "một hai ba bốn", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(31 * time.Minute)
	if _, _, err := a.Of(t.Context(), token); sen.KindOf(err) != sen.Denied {
		t.Errorf("got %v, want Denied", err)
	}
}

func TestWhoSignsOutIsOutAndAShutAccountToo(t *testing.T) {
	a, _ := open(t)
	token, _, _ := a.SignIn(t.Context(), "lan", "một hai ba bốn", "127.0.0.1")
	if err := a.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Of(t.Context(), token); sen.KindOf(err) != sen.Denied {
		t.Errorf("signed out: got %v, want Denied", err)
	}
	token, _, _ = a.SignIn(t.Context(), "lan", "một hai ba bốn", "127.0.0.1")
	if err := a.Disable(t.Context(), "lan", true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Of(t.Context(), token); sen.KindOf(err) != sen.Denied {
		t.Errorf("shut: got %v, want Denied", err)
	}
	if _, _, err := a.SignIn(t.Context(), "lan", "một hai ba bốn", "127.0.0.1"); sen.KindOf(err) != sen.Denied {
		t.Errorf("sign in to a shut account: got %v, want Denied", err)
	}
}

func TestARefusalDoesNotSayWhatWasWrongAndManyHaveToWait(t *testing.T) {
	a, c := open(t)
	_, _, wrongPassword := a.SignIn(t.Context(), "lan", "không phải", "10.0.0.1")
	_, _, wrongName := a.SignIn(t.Context(), "ai-do", "không phải", "10.0.0.2")
	if wrongPassword.Error() != wrongName.Error() {
		t.Errorf("a wrong password says %q, a wrong name %q", wrongPassword, wrongName)
	}
	for range freeTries {
		_, _, _ = a.SignIn(t.Context(), "lan", "không phải", "10.0.0.1")
	}
	if _, _, err := a.SignIn(t.Context(), "lan", "một hai ba bốn", "10.0.0.9"); sen.KindOf(err) != sen.Busy {
		t.Errorf("after many tries: got %v, want Busy", err)
	}
	c.t = c.t.Add(time.Minute)
	if _, _, err := a.SignIn(t.Context(), "lan", "một hai ba bốn", "10.0.0.9"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestATokenHasItsScopes(t *testing.T) {
	a, c := open(t)
	token, err := a.Token(t.Context(), "lan", "báo cáo", []string{"read:systems", "read:quality"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(59 * time.Minute) // it is not idle
	if _, scopes, err := a.Of(t.Context(), token); err != nil || strings.Join(scopes, " ") != "read:systems read:quality" {
		t.Errorf("got %v, %v", scopes, err)
	}
	c.t = c.t.Add(2 * time.Minute)
	if _, _, err := a.Of(t.Context(), token); sen.KindOf(err) != sen.Denied {
		t.Errorf("after its time: got %v, want Denied", err)
	}
}

func TestWhatIsNoAccountIsRefused(t *testing.T) {
	a, _ := open(t)
	for _, p := range []Person{
		{Name: "Lan", Role: Steward, Password: "một hai ba bốn"}, {Name: "lan2", Role: "king", Password: "một hai ba bốn"},
		{Name: "lan2", Role: Steward, Password: "ngắn"}, {Name: "lan2", Role: Agency, Password: "một hai ba bốn"},
	} {
		if _, err := a.Put(t.Context(), p, sen.Principal{ID: "operator:test"}); sen.KindOf(err) != sen.Invalid {
			t.Errorf("%+v: got %v, want Invalid", p, err)
		}
	}
}

func TestAPasswordIsKeptAsItsHash(t *testing.T) {
	hash, err := hashPassword("một hai ba bốn")
	if err != nil || strings.Contains(hash, "một") || !verifyPassword(hash, "một hai ba bốn") || verifyPassword(hash, "một hai ba bố") {
		t.Errorf("hash %q, %v", hash, err)
	}
	for _, bad := range []string{"", "$argon2id$v=19$m=1,t=0,p=1$$", "plain", "$argon2id$v=19$m=99999999,t=1,p=1$AA$AA"} {
		if verifyPassword(bad, "plain") {
			t.Errorf("%q let a password in", bad)
		}
	}
}
