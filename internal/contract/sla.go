package contract

import (
	"strconv"
	"strings"
	"time"
)

// units of SLA properties; a month is 30 days, a year 365.
var units = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "second": time.Second,
	"m": time.Minute, "min": time.Minute, "minute": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "wk": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour,
	"mo": 30 * 24 * time.Hour, "month": 30 * 24 * time.Hour,
	"y": 365 * 24 * time.Hour, "yr": 365 * 24 * time.Hour, "year": 365 * 24 * time.Hour,
}

func unitOf(name string) (time.Duration, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	if d, ok := units[name]; ok {
		return d, true
	}
	d, ok := units[strings.TrimSuffix(name, "s")]
	return d, ok
}

// Duration is a promise's time; ok is false where its value or unit is none.
func (s SLAProperty) Duration() (d time.Duration, ok bool) {
	value, err := strconv.ParseFloat(strings.TrimSpace(scalarText(s.Value)), 64)
	unit, known := unitOf(s.Unit)
	const most = float64(1 << 62)
	if err != nil || !known || value < 0 || value*float64(unit) > most {
		return 0, false
	}
	return time.Duration(value * float64(unit)), true
}

// elements is the object.property names that a promise is about.
func (s SLAProperty) elements() []string {
	return strings.FieldsFunc(s.Element, func(c rune) bool { return c == ',' || c == ' ' })
}

// timed SLA properties need a unit of time.
var timed = map[string]bool{"latency": true, "frequency": true, "retention": true}

func (l *linter) sla(s SLAProperty) {
	l.schedule(s.at, s.Schedule, s.Scheduler)
	if _, ok := s.Duration(); timed[s.Property] && !ok {
		l.warnAt(s.at.field("unit"), "", "units: s, min, h, d, w, month, y", "SLA %s of %q %q is no time", s.Property, scalarText(s.Value), s.Unit)
	}
	for _, element := range s.elements() {
		l.slaElement(s, element)
	}
}

func (l *linter) slaElement(s SLAProperty, element string) {
	object, column, _ := strings.Cut(element, ".")
	for _, o := range l.c.Objects {
		if o.Name == object && column != "" && o.Property(column) == nil {
			l.errorAt(s.at.field("element"), "", didYouMean(column, "properties", names(o.Properties)), "SLA %s is about %s, which object %s does not have", s.Property, column, object)
		}
	}
}

// Freshness is how old the dataset's newest change may be: its latency, else
// its frequency. Element is the object.property that tells the time, "" where
// the contract names none.
func (d Dataset) Freshness() (within time.Duration, element string, ok bool) {
	for _, property := range []string{"latency", "frequency"} {
		if within, element, ok = d.promise(property); ok {
			return within, element, ok
		}
	}
	return 0, "", false
}

// Retention is how long the dataset's rows are kept.
func (d Dataset) Retention() (within time.Duration, element string, ok bool) {
	return d.promise("retention")
}

// Schedule is when the dataset is read: the cron line of a promise that has one,
// else its frequency; ok is false where the contract says neither. A promise
// about this object comes before one about the whole contract.
func (d Dataset) Schedule() (line string, every time.Duration, ok bool) {
	for i := range d.Contract.SLA {
		s := &d.Contract.SLA[i]
		if s.Schedule == "" || s.Scheduler != "" && s.Scheduler != "cron" {
			continue
		}
		if _, mine := d.mine(s); mine {
			return strings.TrimSpace(s.Schedule), 0, true
		}
		if s.Element == "" && line == "" {
			line = strings.TrimSpace(s.Schedule)
		}
	}
	if line != "" {
		return line, 0, true
	}
	every, _, ok = d.promise("frequency")
	return "", every, ok && every > 0
}

// promise finds an SLA property about this object, else one about the whole
// contract.
func (d Dataset) promise(property string) (time.Duration, string, bool) {
	var general *SLAProperty
	for i := range d.Contract.SLA {
		s := &d.Contract.SLA[i]
		if s.Property != property {
			continue
		}
		if element, mine := d.mine(s); mine {
			if within, ok := s.Duration(); ok {
				return within, element, true
			}
		}
		if s.Element == "" && general == nil {
			general = s
		}
	}
	if general == nil {
		return 0, "", false
	}
	within, ok := general.Duration()
	return within, "", ok
}

// mine reports whether a promise names this object, and the element it names.
func (d Dataset) mine(s *SLAProperty) (string, bool) {
	elements := s.elements()
	if s.Element == "" && d.Contract.SLADefaultElement != "" {
		elements = []string{d.Contract.SLADefaultElement}
	}
	for _, element := range elements {
		if object, _, _ := strings.Cut(element, "."); object == d.Object.Name {
			return element, true
		}
	}
	return "", false
}
