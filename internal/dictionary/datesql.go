package dictionary

import (
	"fmt"
	"time"
)

// dateSQL answers the two commonest forms with the engine's own parser, each
// behind a LIKE, and leaves the rest, with everything near a limit (the year
// 1900, this year and later), to the patterns.
func dateSQL(x string, o Options) forms {
	quick := quickDate(x, o)
	f := forms{
		quick:   "(" + quick + ")::VARCHAR",
		slow:    func(s string) string { return slowDate(s, o, dateValueSQL) },
		problem: func(s string) string { return slowDate(s, o, dateProblemSQL) },
	}
	if !o.Year { // a year alone is no DATE
		f.quickT, f.typ = quick, "DATE"
	}
	return f
}

// quickDate is a DATE, or NULL for what the patterns must see.
func quickDate(x string, o Options) string {
	order := "%d/%m/%Y"
	if o.Order == MonthFirst {
		order = "%m/%d/%Y"
	}
	// strptime passes over spaces at the end, where LIKE saw a digit's place.
	whole := " AND NOT suffix(" + x + ", ' ')"
	parse := func(format string) string { return fmt.Sprintf("try_strptime(%s, '%s')::DATE", x, format) }
	return cases("NULL",
		x+" LIKE '%_/%_/19__' AND NOT suffix("+x+", '/1900')"+whole, parse(order),
		x+" LIKE '____-__-__' AND "+x+" BETWEEN '1900-01-02' AND "+quote(quickLimit(o)), parse("%Y-%m-%d"),
		x+" LIKE '%_/%_/20__' AND substr("+x+", strlen("+x+") - 1) < "+quote(quickYear(o))+whole, parse(order),
		x+" LIKE '19______' AND "+x+" > '19000101'"+whole, parse("%Y%m%d"),
		x+" LIKE '20______' AND "+x+" < "+quote("20"+quickYear(o))+whole, parse("%Y%m%d"))
}

func quickLimit(o Options) string {
	if o.On.IsZero() {
		return "2199-12-31"
	}
	return o.On.Format(isoDay)
}

// quickYear is the first year of this century, as two digits, that is not
// quick: the year spoken of.
func quickYear(o Options) string {
	year := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC).Year()
	if !o.On.IsZero() && o.On.Year() < year {
		year = max(o.On.Year(), 2000)
	}
	return fmt.Sprintf("%02d", year%100)
}

// slowDate names the tidied text t_ and its parts p_ for the judgement.
func slowDate(s string, o Options, judge func(o Options) string) string {
	tidy := replaceAllSQL("lower("+composeSQL(s)+")", nameSpace, " ")
	return let("t_", tidy, let("p_", partsSQL("t_", o), judge(o)))
}

// partsSQL is dateParts, with the century put before two digits where a
// pivot is declared. NULL where no pattern fits.
func partsSQL(t string, o Options) string {
	var pairs []string
	for _, p := range datePatterns(o.Order) {
		pairs = append(pairs, matches(t, p.pattern), fmt.Sprintf("regexp_replace(%s, %s, %s)", t, quote("^(?:"+p.pattern+")$"), quote(p.template)))
	}
	raw := cases("NULL", pairs...)
	named := "r_"
	for i, name := range months {
		named = fmt.Sprintf("replace(%s, '%s', '%d')", named, name, i+1)
	}
	parts := let("r_", raw, cases("r_", holds("r_", "[a-z]"), named))
	if o.Pivot == 0 {
		return parts
	}
	century := fmt.Sprintf("CASE WHEN q_[1:2]::INTEGER <= %d THEN '20' ELSE '19' END || q_", o.Pivot)
	return let("q_", parts, cases("q_", matches("q_", partsTwoDigits), century))
}

// dayValueSQL is the ISO day of a DATE expression if nothing is wrong with it.
func dayValueSQL(day string, o Options) string {
	return let("d_", day, cases("d_::VARCHAR", dayProblemSQL(o)+" IS NOT NULL", "NULL"))
}

// dayProblemSQL is dayProblem over the DATE d_.
func dayProblemSQL(o Options) string {
	return cases("NULL",
		"d_::VARCHAR IN ("+quoteAll(placeholders)+")", "'placeholder'",
		fmt.Sprintf("d_ < DATE '%d-01-01' OR d_ > DATE '%d-12-31'", firstYear, lastYear), "'impossible'",
		"d_ > DATE "+quote(latestDay(o)), "'future'")
}

func serialSQL(t string) string {
	return "DATE '1899-12-30' + TRY_CAST(regexp_extract(" + t + ", '^[0-9]+') AS INTEGER)"
}

// reducedSQL judges the first day of the year or month, then gives either
// the value or the problem.
func reducedSQL(firstDay, then string, o Options) string {
	bad := cases("NULL",
		fmt.Sprintf("d_ IS NULL OR d_ < DATE '%d-01-01' OR d_ > DATE '%d-12-31'", firstYear, lastYear), "'impossible'",
		"d_ > DATE "+quote(latestDay(o)), "'future'")
	return let("d_", "TRY_CAST("+firstDay+" AS DATE)", let("b_", bad, then))
}

const (
	monthSQL    = "p_[1:4] || '-' || lpad(string_split(p_, '-')[2], 2, '0')"
	monthDaySQL = monthSQL + " || '-01'"
	yearDaySQL  = "p_[1:4] || '-01-01'"
)

func dateValueSQL(o Options) string {
	serial, year, month := "NULL", "NULL", "NULL"
	if o.Excel {
		serial = dayValueSQL(serialSQL("t_"), o)
	}
	if o.Year {
		year = reducedSQL(yearDaySQL, cases("NULL", "b_ IS NULL", "p_[1:4]"), o)
		month = reducedSQL(monthDaySQL, cases("NULL", "b_ IS NULL", monthSQL), o)
	}
	return cases("NULL",
		matches("t_", shiftedMidnight), "NULL",
		matches("t_", serialDays), serial,
		matches("p_", partsYear), year,
		matches("p_", partsMonth), month,
		matches("p_", partsDay), dayValueSQL("TRY_CAST(p_ AS DATE)", o))
}

func dateProblemSQL(o Options) string {
	serial := "'serial'"
	if o.Excel {
		serial = let("d_", serialSQL("t_"), dayProblemSQL(o))
	}
	lone := func(firstDay, problem string) string {
		if o.Year {
			return reducedSQL(firstDay, "b_", o)
		}
		return reducedSQL(firstDay, "COALESCE(b_, "+quote(problem)+")", o)
	}
	return cases(unmatched,
		matches("t_", shiftedMidnight), "'time-zone'",
		matches("t_", serialDays), serial,
		matches("p_", partsTwoDigits), "'two-digit-year'",
		matches("p_", partsYear), lone(yearDaySQL, "year-only"),
		matches("p_", partsMonth), lone(monthDaySQL, "month-only"),
		matches("p_", partsDay), let("d_", "TRY_CAST(p_ AS DATE)", cases(dayProblemSQL(o), "d_ IS NULL", "'impossible'")))
}
