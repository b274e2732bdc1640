package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"golang.org/x/time/rate"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
)

func TestASecretIsReadFromWhereItIsNamed(t *testing.T) {
	t.Setenv("SEN_TEST_SECRET", "open sesame\n")
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("open sesame\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"env:SEN_TEST_SECRET", "file:" + file, "command:cat " + file} {
		s, err := ParseSecret(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Reveal(t.Context())
		if got != "open sesame" || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestASecretIsNeverWrittenDownNorRepeated(t *testing.T) {
	if _, err := ParseSecret("hunter2"); sen.KindOf(err) != sen.Invalid || strings.Contains(err.Error()+sen.HintOf(err), "hunter2") {
		t.Errorf("got %v", err)
	}
	loose := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(loose, []byte("hunter2"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []Secret{Secret("file:" + loose), "env:SEN_TEST_UNSET", "file:/does/not/exist", "command:false", "command:cat /dev/zero", "other:x"} {
		got, err := name.Reveal(t.Context())
		if got != "" || err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", Secret("file:"+loose))
	if strings.Contains(log.String(), loose) {
		t.Errorf("the log says %s", log.String())
	}
}

func TestASecretShowsNoMoreThanWhereItIs(t *testing.T) {
	for name, want := range map[Secret]string{
		"":                                  "",
		"env:P":                             "env:P",
		"file:/run/p":                       "file:/run/p",
		"command:pass":                      "command:pass",
		"command:vault read -token=hunter2": "command:vault …",
		"hunter2":                           unnamed, // did not come through ParseSecret
		"hunter2:x":                         unnamed,
	} {
		text, err := json.Marshal(map[string]any{"secret": name})
		if err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", name)
		_, revealed := Secret(strings.Replace(string(name), "command:vault", "command:true", 1)).Reveal(t.Context())
		shown := fmt.Sprintf("%v %+v %#v %q %x %s %s %v", name, struct{ S Secret }{name}, Server{Password: name}, name, name, text, log.String(), revealed)
		if got := name.String(); got != want || strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("got %q, want %q; shown: %s", got, want, shown)
		}
	}
}

// declared is a contract with one server of a type, with custom properties.
func declared(kind, custom string) string {
	return `apiVersion: v3.1.0
kind: DataContract
id: births
version: 1.0.0
status: active
servers:
  - server: live
    type: ` + kind + `
    host: ${SEN_TEST_HOST}
    port: 5432
    database: hotich
    schema: public
    customProperties: [` + custom + "]\n"
}

// parse reads a server past the contract's own checks of live servers, which
// would refuse it first: as one of a type that they do not look at.
func parse(t *testing.T, custom string) (Server, error) {
	t.Helper()
	c, problems := contract.Parse("births.odcs.yaml", []byte(declared("db2", custom)), contract.Options{})
	if errs := problems.Errors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	s := c.Servers[0]
	s.Type = "postgres"
	return FromContract("births.odcs.yaml", "/hub", &s)
}

func TestAServerIsWhatItsContractSays(t *testing.T) {
	t.Setenv("SEN_TEST_HOST", "db.example")
	s, err := parse(t, `{property: user, value: reader}, {property: password, value: "env:P"}, {property: maxConnections, value: 2},
      {property: statementTimeout, value: 30s}, {property: logBudget, value: 512MiB}, {property: ca, value: ca.pem},
      {property: windows, value: "22:00-05:00 Asia/Ho_Chi_Minh, 12:00-13:00 UTC"}, {property: flavour, value: x}`)
	if err != nil {
		t.Fatal(err)
	}
	if s.Type != PostgreSQL || s.Host != "db.example" || s.Port != 5432 || s.User != "reader" || s.Password != "env:P" || s.TLS.CA != "/hub/ca.pem" || s.TLS.Off {
		t.Errorf("got %+v", s)
	}
	if b := s.Budget; b.Connections != 2 || b.Statement != 30*time.Second || b.LogBytes != 512<<20 || len(b.Windows) != 2 || b.Windows[0].From != 22*60 {
		t.Errorf("got %+v", b)
	}
	if s.Custom["flavour"] != "x" || len(s.Custom) != 1 {
		t.Errorf("got %v", s.Custom)
	}
}

func TestAWrongServerSaysWhereAndWhat(t *testing.T) {
	t.Setenv("SEN_TEST_HOST", "db.example")
	for custom, want := range map[string]string{
		`{property: password, value: hunter2}`:             "password: a secret is written down",
		`{property: rate, value: fast}`:                    `rate: "fast" is not a size`,
		`{property: tls, value: maybe}`:                    `tls: "maybe" is not one of`,
		`{property: windows, value: "25:00-05:00"}`:        "is not a window",
		`{property: windows, value: "22:00-05:00 Mars/X"}`: "is not a window",
		`{property: user, value: "${SEN_TEST_UNSET}"}`:     "SEN_TEST_UNSET is not set",
	} {
		_, err := parse(t, custom)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "births.odcs.yaml:7: server live: ") {
			t.Errorf("%s: got %v; want %s", custom, err, want)
		}
	}
}

func TestWhatAContractPassesIsWhatIsRead(t *testing.T) {
	t.Setenv("SEN_TEST_HOST", "db.example")
	for _, custom := range []string{
		"password, value: hunter2", `password, value: "env:"`, `password, value: "env:P"`, `password, value: "vault:P"`, `password, value: "command: "`,
		"tls, value: maybe", `tls, value: "off"`, "tls, value: verify-full",
		"rate, value: fast", "rate, value: 20MiB", "rate, value: 8388608TiB", "logBudget, value: 1 GiB", "logBudget, value: 1GiB",
		`windows, value: "25:00-05:00"`, `windows, value: "22:00-22:00"`, `windows, value: "22:00-05:00 Etc/GMT+7, 12:00-13:00"`, `windows, value: "22:00-05:00 Mars/X"`,
		"attempts, value: 0", "attempts, value: 3", "attempts, value: 99999999999", "maxConnections, value: 2.5", "maxConnections, value: 99999999999",
		"patience, value: long", "patience, value: 5s", "lockTimeout, value: 0s", "lockTimeout, value: 2s",
	} {
		c, problems := contract.Parse("births.odcs.yaml", []byte(declared("postgres", "{property: "+custom+"}")), contract.Options{})
		if (c != nil) != (len(problems.Errors()) == 0) || strings.Contains(problems.Error(), "hunter2") {
			t.Errorf("%s: %v", custom, problems)
		}
		d, _ := contract.Parse("births.odcs.yaml", []byte(declared("db2", "{property: "+custom+"}")), contract.Options{})
		if d == nil {
			continue // refused on servers of all types
		}
		d.Servers[0].Type = "postgres"
		if _, err := FromContract("births.odcs.yaml", "/hub", &d.Servers[0]); (err == nil) != (c != nil) {
			t.Errorf("%s: the contract has %d errors, reading it gives %v", custom, len(problems.Errors()), err)
		}
	}
}

func TestAGateLetsInAsManyAsTheBudgetSays(t *testing.T) {
	g := NewGate(Budget{Connections: 2})
	first, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := g.Enter(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third came in: %v", err)
	}
	first()
	first() // gives one place back, not two
	if _, err := g.Enter(t.Context()); err != nil {
		t.Error(err)
	}
	if len(g.slots) != 2 {
		t.Errorf("%d are in; want 2", len(g.slots))
	}
}

func TestAGateWaitsForItsWindowAndForWhoPaused(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	night := []Window{{From: 22 * 60, To: 5 * 60, Zone: time.UTC}}
	for at, want := range map[time.Duration]time.Duration{0: 10 * time.Hour, 10 * time.Hour: 0, 16*time.Hour + 59*time.Minute: 0, 17 * time.Hour: 17 * time.Hour} {
		if got := untilOpen(night, noon.Add(at)); got != want {
			t.Errorf("at %s: opens in %s; want %s", noon.Add(at).Format("15:04"), got, want)
		}
	}
	g := NewGate(Budget{})
	g.Pause()
	var in atomic.Bool
	done := make(chan error)
	go func() {
		_, err := g.Enter(t.Context())
		in.Store(true)
		done <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if in.Load() {
		t.Error("a paused gate let somebody in")
	}
	g.Resume()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAGateHoldsTheRate(t *testing.T) {
	g := NewGate(Budget{Rate: 8 << 20})
	begun := time.Now()
	if err := g.Spend(t.Context(), 3<<20); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 200*time.Millisecond { // less the burst of 1 MiB
		t.Errorf("3 MiB at 8 MiB/s took %s", took)
	}
}

func TestWhoWaitsForAPlaceWaitsForThePauseToo(t *testing.T) {
	g := NewGate(Budget{Connections: 1})
	leave, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := make(chan error)
	go func() { _, err := g.Enter(t.Context()); in <- err }()
	time.Sleep(20 * time.Millisecond)
	g.Pause()
	leave()
	select {
	case <-in:
		t.Fatal("somebody came in during a pause")
	case <-time.After(50 * time.Millisecond):
	}
	ended, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := g.Enter(ended); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	g.Resume()
	if err := <-in; err != nil || len(g.slots) != 1 {
		t.Errorf("got %v, %d are in", err, len(g.slots))
	}
}

func TestAnotherRateTakesHoldOfWhoIsWaiting(t *testing.T) {
	g := NewGate(Budget{Rate: 1 << 10})
	if err := g.Spend(t.Context(), 4096); err != nil {
		t.Fatal(err)
	}
	begun, spent := time.Now(), make(chan error)
	go func() { spent <- g.Spend(t.Context(), 1<<20) }() // 17 minutes at this rate
	time.Sleep(50 * time.Millisecond)
	g.SetRate(0)
	if err := <-spent; err != nil || time.Since(begun) > 2*time.Second {
		t.Errorf("got %v after %s", err, time.Since(begun))
	}
}

func TestASlowRateUnderADeadlineIsReadUntilTheDeadline(t *testing.T) {
	g := NewGate(Budget{Rate: 1 << 10})
	if err := g.Spend(t.Context(), 4096); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 800*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := g.Spend(ctx, 1<<20); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) < 300*time.Millisecond {
		t.Errorf("got %v after %s", err, time.Since(begun))
	}
}

func TestRetryTriesAgainWhatMayPassAndSaysSo(t *testing.T) {
	passing, lasting := errors.New("too many connections"), errors.New("no such table")
	temporary := func(err error) bool { return errors.Is(err, passing) }
	b := Budget{Attempts: 3, Patience: time.Millisecond}
	var said []string
	say := func(s string) { said = append(said, s) }
	tries := 0
	try := func(errs ...error) error {
		tries, said = 0, nil
		return Retry(t.Context(), b, "open birth", func(context.Context) error { tries++; return errs[min(tries, len(errs))-1] }, temporary, say)
	}
	if err := try(passing, passing, nil); err != nil || tries != 3 || len(said) != 2 {
		t.Errorf("got %v after %d tries, said %q", err, tries, said)
	}
	if err := try(lasting); !errors.Is(err, lasting) || tries != 1 {
		t.Errorf("got %v after %d tries", err, tries)
	}
	if err := try(passing); !errors.Is(err, passing) || tries != 3 || !strings.Contains(err.Error(), "3 attempts") {
		t.Errorf("got %v after %d tries", err, tries)
	}
}

func TestGatesAreSharedByAddress(t *testing.T) {
	var gates Gates
	a, b := Server{Type: MySQL, Host: "a", Port: 1}, Server{Type: MySQL, Host: "a", Port: 2}
	first := gates.Of(a)
	if gates.Of(a) != first || gates.Of(b) == first {
		t.Error("gates are not those of their servers")
	}
}

// TestAGateIsRenewedWhenNobodyReadsThroughTheOldOne changes a server's budget
// while it is read.
func TestAGateIsRenewedWhenNobodyReadsThroughTheOldOne(t *testing.T) {
	var gates Gates
	server := Server{Type: MySQL, Host: "a", Port: 1, Budget: Budget{Connections: 3}}
	old := gates.Of(server)
	leave, err := old.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.Budget.Connections = 1
	gates.Renew()
	if gates.Of(server) != old {
		t.Error("the server is read by two budgets at once")
	}
	leave()
	renewed := gates.Of(server)
	if renewed == old || cap(renewed.slots) != 1 || gates.Of(server) != renewed {
		t.Errorf("nobody reads, and its gate lets in %d", cap(renewed.slots))
	}
}

func FuzzWindow(f *testing.F) {
	f.Add("22:00-05:00 Asia/Ho_Chi_Minh")
	f.Add("00:00-24:00")
	f.Add("22:00-05:00 Etc/GMT+7")
	f.Fuzz(func(t *testing.T, text string) {
		from, to, zone, ok := contract.ParseWindow(text)
		if !ok {
			return
		}
		w := Window{From: from, To: to, Zone: zone}
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		if wait := untilOpen([]Window{w}, now); wait < 0 || wait > 25*time.Hour {
			t.Errorf("%q opens in %s", text, fmt.Sprint(wait))
		}
	})
}

func TestAThrottleReachesGatesThatAreMadeLater(t *testing.T) {
	var gates Gates
	slow := Server{Type: PostgreSQL, Host: "a", Port: 5432, Budget: Budget{Rate: 1000}}
	early := gates.Of(slow)
	gates.Throttle(map[string]Throttle{"postgresql://a:5432": {Rate: 4000}, "mysql://b:3306": {Paused: true, Rate: 7}})
	late := gates.Of(Server{Type: MySQL, Host: "b", Port: 3306})
	if early.limit.Limit() != 1000 || early.Paused() {
		t.Errorf("a rate beyond the budget's was taken: %v", early.limit.Limit())
	}
	if late.limit.Limit() != 7 || !late.Paused() {
		t.Errorf("the later gate is not held back: %v, paused %v", late.limit.Limit(), late.Paused())
	}
	gates.Throttle(nil)
	if late.limit.Limit() != rate.Inf || late.Paused() || early.limit.Limit() != 1000 {
		t.Errorf("what was taken back still throttles: %v, %v, %v", late.limit.Limit(), late.Paused(), early.limit.Limit())
	}
}
