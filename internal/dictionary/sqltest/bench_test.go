package sqltest

import (
	"database/sql"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/dictionary"
)

// benchValues is the size of the table; one value in 33 is not clean.
const (
	benchValues = 1_000_000
	faultyOneIn = 33
)

// usual is what a register's column is mostly made of, per element and
// dominant form.
type usual struct {
	name, element string
	options       dictionary.Options
	value         func(g generator) string
}

func usuals() []usual {
	day := func(layout string) func(generator) string {
		return func(g generator) string {
			return time.Date(1940+g.IntN(85), 1, 1+g.IntN(365), 0, 0, 0, 0, time.UTC).Format(layout)
		}
	}
	element := func(name string) func(generator) string { return func(g generator) string { return g.clean(name) } }
	family, middle := []string{"Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng"}, []string{"Văn", "Thị", "Đức", "Ngọc", "Minh"}
	given := []string{"An", "Bình", "Hòa", "Thúy", "Quỳnh", "Toàn", "Loan", "Oanh", "Tuấn", "Phượng", "Ánh", "Quyên"}
	list := &dictionary.CodeList{Codes: []dictionary.Code{{Value: "A1", Labels: []string{"Xe máy"}}, {Value: "B2", Labels: []string{"Ô tô"}}}}
	on := dictionary.Options{On: spoken}
	return []usual{
		{"personal-identity-number", "personal-identity-number", on, func(g generator) string {
			return fmt.Sprintf("0%s%d%02d%06d", pick(g, "01", "79", "31", "48"), g.IntN(2), g.IntN(100), g.IntN(1e6))
		}},
		{"identity-number-old", "identity-number-old", on, element("identity-number-old")},
		{"person-name", "person-name", on, func(g generator) string {
			return pick(g, family...) + " " + pick(g, middle...) + " " + pick(g, given...)
		}},
		{"date, yyyy-mm-dd", "date", on, day("2006-01-02")},
		{"date, dd/mm/yyyy", "date", on, day("02/01/2006")},
		{"date, d/m/yyyy", "date", on, day("2/1/2006")},
		{"date, yyyymmdd", "date", on, day("20060102")},
		{"sex", "sex", on, func(g generator) string { return pick(g, "Nam", "Nữ") }},
		{"code", "code", dictionary.Options{Codes: list}, func(g generator) string { return pick(g, "A1", "B2", "Xe máy") }},
		{"province, codes", "province", dictionary.Options{}, func(g generator) string { return pick(g, dictionary.Provinces(time.Time{})...).Code }},
		{"province, names", "province", dictionary.Options{}, func(g generator) string { return "Tỉnh " + pick(g, dictionary.Provinces(time.Time{})...).Name }},
		{"text", "text", on, func(g generator) string {
			return fmt.Sprintf("Số %d, phố %s, phường %s", g.IntN(900), pick(g, given...), pick(g, family...))
		}},
		{"integer", "integer", on, func(g generator) string { return fmt.Sprint(g.IntN(1e7)) }},
		{"number", "number", on, func(g generator) string { return fmt.Sprintf("%d.%d", g.IntN(1e5), g.IntN(100)) }},
		{"boolean", "boolean", on, func(g generator) string { return pick(g, "true", "false", "1", "0") }},
	}
}

func (u usual) values(g generator) []string {
	out := make([]string, benchValues)
	for i := range out {
		out[i] = u.value(g)
		if g.IntN(faultyOneIn) == 0 {
			out[i] = g.mutate(out[i])
		}
	}
	return out
}

// BenchmarkElements prints nanoseconds of processor time a value, on one
// thread: of the SQL form above a plain pass over the column (sql; typed, as
// the element's own type), of that pass (floor), and of the Go form.
func BenchmarkElements(b *testing.B) {
	db := open(b)
	for i, u := range usuals() {
		b.Run(u.name, func(b *testing.B) {
			values := u.values(newGenerator(uint64(i)))
			load(b, db, "v", values)
			e, _ := dictionary.Lookup(u.element)
			f := e.SQL("x", u.options)
			for b.Loop() {
				floor := perValue(b, db, "x")
				b.ReportMetric(floor, "floor-ns")
				b.ReportMetric(perValue(b, db, f.Value)-floor, "sql-ns")
				b.ReportMetric(perValue(b, db, f.Typed)-floor, "typed-ns")
				b.ReportMetric(goPerValue(e, u.options, values[:benchValues/20]), "go-ns")
			}
			b.ReportMetric(0, "ns/op") // of the benchmark's own bookkeeping: says nothing
		})
	}
}

// perValue is the processor time of a pass over the expression, best of two.
// Processor time, not the clock: the machine may be shared.
func perValue(b *testing.B, db *sql.DB, expression string) float64 {
	b.Helper()
	best := time.Hour
	for range 2 {
		start := processorTime()
		if _, err := db.Exec("SELECT count(" + expression + ") FROM v"); err != nil {
			b.Fatal(err)
		}
		best = min(best, processorTime()-start)
	}
	return float64(best.Nanoseconds()) / benchValues
}

func goPerValue(e *dictionary.Element, o dictionary.Options, values []string) float64 {
	start := processorTime()
	for _, v := range values {
		e.Standardise(v, o)
	}
	return float64((processorTime() - start).Nanoseconds()) / float64(len(values))
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
