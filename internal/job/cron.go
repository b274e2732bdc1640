package job

import (
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// Timetable says when something is due.
type Timetable interface {
	// Next is the first time after t; zero where there is none.
	Next(t time.Time) time.Time
}

// Every is due at whole multiples of a duration since the Unix epoch, so that
// when it is due does not depend on when the program was started.
type Every time.Duration

// Next is the first multiple after t.
func (e Every) Next(t time.Time) time.Time {
	if e <= 0 {
		return time.Time{}
	}
	step := int64(e)
	return time.Unix(0, (floorDiv(t.UnixNano(), step)+1)*step).In(t.Location())
}

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

// Cron is a line of five fields: minute, hour, day of the month, month and day
// of the week (POSIX crontab; with steps, names and 7 for Sunday, as Vixie's).
// Where both days are restricted, one of them is enough. It is read in the time
// zone of the time that is asked about; a time that the zone passes over in
// spring is left out, one that it has twice in autumn is due once.
type Cron struct {
	minute, hour, day, month, weekday uint64 // a bit for each value
	anyDay, anyWeekday                bool
}

// field is one of the five, by its bounds and the names of its values.
type field struct {
	name        string
	least, most int
	names       []string
}

var fields = [5]field{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"weekday", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// ParseCron reads a line. Errors: Invalid, naming the field.
func ParseCron(line string) (Cron, error) {
	parts := strings.Fields(line)
	if len(parts) != len(fields) {
		return Cron{}, sen.Errorf(sen.Invalid, "schedule %q has %d fields, not five", line, len(parts)).
			WithHint("minute, hour, day, month, weekday: 0 2 * * * is every night at two")
	}
	var set [5]uint64
	for i, f := range fields {
		var err error
		if set[i], err = f.parse(parts[i]); err != nil {
			return Cron{}, err
		}
	}
	if set[4]&(1<<7) != 0 {
		set[4] |= 1
	}
	c := Cron{minute: set[0], hour: set[1], day: set[2], month: set[3], weekday: set[4],
		anyDay: strings.HasPrefix(parts[2], "*"), anyWeekday: strings.HasPrefix(parts[4], "*")}
	if c.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Cron{}, sen.Errorf(sen.Invalid, "schedule %q is never due", line).WithHint("its day is in none of its months")
	}
	return c, nil
}

// parse reads a list of values, ranges and steps.
func (f field) parse(text string) (set uint64, err error) {
	for _, part := range strings.Split(text, ",") {
		whole, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > f.most {
				return 0, f.wrong(part)
			}
		}
		low, high, err := f.bounds(whole, stepped)
		if err != nil {
			return 0, err
		}
		for v := low; v <= high; v += step {
			set |= 1 << v
		}
	}
	return set, nil
}

// bounds are the first and last value of a part without its step.
func (f field) bounds(text string, stepped bool) (low, high int, err error) {
	if text == "*" {
		return f.least, min(f.most, f.least+f.values()-1), nil
	}
	from, to, ranged := strings.Cut(text, "-")
	if low, err = f.value(from); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if high, err = f.value(to); err != nil {
			return 0, 0, err
		}
	case stepped:
		high = f.most
	default:
		high = low
	}
	if high < low {
		return 0, 0, f.wrong(text)
	}
	return low, high, nil
}

// values is how many a field has: a week has seven days, though Sunday has two
// numbers.
func (f field) values() int {
	if f.name == "weekday" {
		return 7
	}
	return f.most - f.least + 1
}

func (f field) value(text string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.least + i, nil
		}
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < f.least || v > f.most || strings.ContainsAny(text, "+-") {
		return 0, f.wrong(text)
	}
	return v, nil
}

func (f field) wrong(text string) error {
	return sen.Errorf(sen.Invalid, "%q is no %s of a schedule", text, f.name).WithHint("values from %d to %d: one, a range 1-5, a list 1,3, or a step */2", f.least, f.most)
}

// farthest is how far ahead a time is looked for: 29 February comes round
// within eight years.
const farthest = 9

// Next is the first time after t that fits, in t's time zone; zero where none
// does.
func (c Cron) Next(t time.Time) time.Time {
	year, month, day := t.Date()
	for range farthest * 366 {
		if c.month&(1<<month) != 0 && c.fits(year, month, day) {
			if found := c.within(year, month, day, t); !found.IsZero() {
				return found
			}
		}
		year, month, day = time.Date(year, month, day+1, 12, 0, 0, 0, time.UTC).Date()
	}
	return time.Time{}
}

// fits reports whether a day is one of the line's.
func (c Cron) fits(year int, month time.Month, day int) bool {
	byDay := c.day&(1<<day) != 0
	byWeekday := c.weekday&(1<<time.Date(year, month, day, 12, 0, 0, 0, time.UTC).Weekday()) != 0
	if c.anyDay || c.anyWeekday {
		return byDay && byWeekday
	}
	return byDay || byWeekday
}

// within is the first time of a day after t; zero where there is none.
func (c Cron) within(year int, month time.Month, day int, t time.Time) time.Time {
	for hours := c.hour; hours != 0; hours &= hours - 1 {
		hour := bits.TrailingZeros64(hours)
		for minutes := c.minute; minutes != 0; minutes &= minutes - 1 {
			minute := bits.TrailingZeros64(minutes)
			at := time.Date(year, month, day, hour, minute, 0, 0, t.Location())
			if at.Hour() == hour && at.Minute() == minute && at.After(t) {
				return at
			}
		}
	}
	return time.Time{}
}
