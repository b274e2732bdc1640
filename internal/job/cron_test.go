package job

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

func TestALineIsDueWhenItsFieldsFit(t *testing.T) {
	const form = "2006-01-02 15:04 Mon"
	for _, c := range []struct{ line, from, want string }{
		{"0 2 * * *", "2026-03-01 02:00 Sun", "2026-03-02 02:00 Mon"},
		{"0 2 * * *", "2026-03-01 01:59 Sun", "2026-03-01 02:00 Sun"},
		{"*/15 * * * *", "2026-03-01 23:50 Sun", "2026-03-02 00:00 Mon"},
		{"5-59/20 8-10 * * *", "2026-03-01 10:45 Sun", "2026-03-02 08:05 Mon"},
		{"30 6 * * mon-fri", "2026-03-06 06:30 Fri", "2026-03-09 06:30 Mon"},
		{"0 0 * * 7", "2026-03-02 00:00 Mon", "2026-03-08 00:00 Sun"},
		{"0 0 * * 5-7", "2026-03-07 00:00 Sat", "2026-03-08 00:00 Sun"},
		{"0 0 31 * *", "2026-03-31 00:00 Tue", "2026-05-31 00:00 Sun"},
		{"0 0 29 feb *", "2096-03-01 00:00 Thu", "2104-02-29 00:00 Fri"},
		{"0 0 13 * fri", "2026-03-07 00:00 Sat", "2026-03-13 00:00 Fri"},
		{"0 0 1 * fri", "2026-03-27 00:00 Fri", "2026-04-01 00:00 Wed"},
		{"0 0 */2 * mon", "2026-03-01 00:00 Sun", "2026-03-09 00:00 Mon"},
		{"59 23 31 DEC *", "2026-12-31 23:59 Thu", "2027-12-31 23:59 Fri"},
		{"1,3,5 4 * * *", "2026-03-01 04:03 Sun", "2026-03-01 04:05 Sun"},
		{"10/25 * * * *", "2026-03-01 04:11 Sun", "2026-03-01 04:35 Sun"},
	} {
		cron, err := ParseCron(c.line)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		from, err := time.Parse(form, c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := cron.Next(from).Format(form); got != c.want {
			t.Errorf("%s after %s: got %s, want %s", c.line, c.from, got, c.want)
		}
	}
}

func TestWhatIsNoLineIsRefused(t *testing.T) {
	for _, line := range []string{"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
		"5-1 * * * *", "a * * * *", "-1 * * * *", "1- * * * *", ", * * * *", "0 0 30 feb *", "0 0 31 4,6,9,11 *", "+5 * * * *", "* * * * L", "1//2 * * * *"} {
		if _, err := ParseCron(line); sen.KindOf(err) != sen.Invalid || err == nil {
			t.Errorf("%q: got %v, want Invalid", line, err)
		}
	}
}

// TestNextIsTheFirstMinuteThatFits holds Next against a walk minute by minute.
func TestNextIsTheFirstMinuteThatFits(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	pick := func(least, most int) string {
		low := least + random.IntN(most-least+1)
		switch random.IntN(5) {
		case 0:
			return "*"
		case 1:
			return fmt.Sprintf("*/%d", 1+random.IntN(most))
		case 2:
			return fmt.Sprintf("%d-%d", low, low+random.IntN(most-low+1))
		case 3:
			return fmt.Sprintf("%d,%d", low, least+random.IntN(most-least+1))
		}
		return fmt.Sprint(low)
	}
	for range 300 {
		line := strings.Join([]string{pick(0, 59), pick(0, 23), pick(1, 28), pick(1, 12), pick(0, 6)}, " ")
		c, err := ParseCron(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		from := time.Date(2026, time.Month(1+random.IntN(12)), 1+random.IntN(28), random.IntN(24), random.IntN(60), random.IntN(60), 0, time.UTC)
		next := c.Next(from)
		most := from.Add(40 * 24 * time.Hour) // a walk of a year would take long
		walk := from.Truncate(time.Minute).Add(time.Minute)
		for walk.Before(most) && !c.at(walk) {
			walk = walk.Add(time.Minute)
		}
		if walk.Before(most) && !next.Equal(walk) || !walk.Before(most) && next.Before(most) {
			t.Fatalf("%s after %s: got %s, a walk finds %s", line, from, next, walk)
		}
	}
}

// at reports whether a minute fits, as the manual of cron puts it.
func (c Cron) at(t time.Time) bool {
	in := func(set uint64, v int) bool { return set>>v&1 == 1 }
	day, weekday := in(c.day, t.Day()), in(c.weekday, int(t.Weekday()))
	days := day || weekday
	if c.anyDay || c.anyWeekday {
		days = day && weekday
	}
	return in(c.minute, t.Minute()) && in(c.hour, t.Hour()) && in(c.month, int(t.Month())) && days
}

func TestATimeThatAZoneLeavesOutOrHasTwiceIsNeverDueTwice(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	c, _ := ParseCron("30 2 * * *")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
	days := map[string]int{}
	for range 364 {
		at = c.Next(at)
		if at.Hour() != 2 || at.Minute() != 30 {
			t.Fatalf("due at %s", at)
		}
		days[at.Format(time.DateOnly)]++
	}
	if len(days) != 364 || days["2026-10-25"] != 1 || days["2026-03-29"] != 0 {
		t.Errorf("%d days; autumn %d times, spring %d times", len(days), days["2026-10-25"], days["2026-03-29"])
	}
}

func TestAFrequencyIsDueAtTheSameTimesWheneverTheProgramStarts(t *testing.T) {
	every := Every(6 * time.Hour)
	at := time.Date(2026, 3, 1, 5, 59, 59, 0, time.UTC)
	if got := every.Next(at); !got.Equal(time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("got %s", got)
	}
	if got := every.Next(time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)); got.Hour() != 12 {
		t.Errorf("at its time: got %s, want the next", got)
	}
	if got := every.Next(time.Date(1969, 12, 31, 19, 0, 0, 0, time.UTC)); !got.Equal(time.Unix(0, 0)) {
		t.Errorf("before 1970: got %s", got)
	}
}

func FuzzParseCron(f *testing.F) {
	for _, line := range []string{"0 2 * * *", "*/5 8-18 * jan-mar mon,fri", "0 0 29 2 *"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := ParseCron(line)
		if err != nil {
			return
		}
		from := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
		next := c.Next(from)
		if !next.After(from) || !c.at(next) {
			t.Errorf("%q after %s is due at %s", line, from, next)
		}
	})
}
