package dictionary

import "fmt"

// dateSQL answers the common forms with the engine's own parser, each behind
// a LIKE, and leaves the rest, with everything near a limit (the year 1900,
// this year and later), to the patterns.
func dateSQL(x string, o Options) forms {
	quick := quickDate(x, o)
	f := forms{
		quick:   "(" + quick + ")::VARCHAR",
		slow:    "(" + plainDateSQL(x, o) + ")::VARCHAR",
		problem: judgeSQL(x, o, dateProblemSQL(o)),
	}
	if o.Year || o.Excel || o.Pivot > 0 {
		f.slow = judgeSQL(x, o, dateValueSQL(o))
	}
	if !o.Year { // a year alone is no DATE
		f.quickT, f.typ = quick, "DATE"
	}
	return f
}

// quickDate is a DATE, or NULL for what the patterns must see. strptime
// passes over spaces at the end, where LIKE saw the place of a digit.
func quickDate(x string, o Options) string {
	order := "%d/%m/%Y"
	if o.Order == MonthFirst {
		order = "%m/%d/%Y"
	}
	parse := func(format string) string { return fmt.Sprintf("try_strptime(%s, '%s')::DATE", x, format) }
	whole := " AND NOT suffix(" + x + ", ' ')"
	this := quickYear(o)
	slashed := func(places string) []string {
		return []string{
			x + " LIKE '" + places + "/19__' AND NOT suffix(" + x + ", '/1900')" + whole, parse(order),
			x + " LIKE '" + places + "/20__' AND right(" + x + ", 2) < " + quote(this) + whole, parse(order),
		}
	}
	branches := []string{x + " LIKE '____-__-__' AND " + x + " BETWEEN '1900-01-02' AND " + quote(quickLimit(o)), "TRY_CAST(" + x + " AS DATE)"}
	branches = append(branches, slashed("__/__")...)
	branches = append(branches,
		x+" LIKE '19______' AND "+x+" > '19000101'"+whole, parse("%Y%m%d"),
		x+" LIKE '20______' AND "+x+" < "+quote("20"+this)+whole, parse("%Y%m%d"))
	return cases("NULL", append(branches, slashed("%_/%_")...)...)
}

// quickLimit is the last day that is quick as ISO text.
func quickLimit(o Options) string {
	if o.On.IsZero() {
		return "2199-12-31"
	}
	return o.On.Format(isoDay)
}

// quickYear is the first year of this century, as two digits, that is not
// quick: the year spoken of.
func quickYear(o Options) string {
	if o.On.IsZero() || o.On.Year() > 2099 {
		return "99"
	}
	return fmt.Sprintf("%02d", max(o.On.Year()-2000, 0))
}

// partsSQL is dateParts; NULL where no pattern fits.
func partsSQL(x string, o Options) string {
	var pairs []string
	for _, p := range datePatterns(o.Order) {
		pattern := "(?i)" + around(p.pattern)
		parts := fmt.Sprintf("regexp_replace(%s, %s, %s)", x, quote("^(?:"+pattern+")$"), quote(p.template))
		if p.named {
			parts = monthNumbersSQL(parts)
		}
		pairs = append(pairs, matches(x, pattern), parts)
	}
	return cases("NULL", pairs...)
}

func monthNumbersSQL(parts string) string {
	parts = "lower(" + parts + ")"
	for i, name := range months {
		parts = fmt.Sprintf("replace(%s, '%s', '%d')", parts, name, i+1)
	}
	return parts
}

// plainDateSQL is the DATE of parts that make one: all else (a year alone, two
// digits of a year, a serial number) fails the cast or the limits.
func plainDateSQL(x string, o Options) string {
	well := fmt.Sprintf("d_ >= DATE '%d-01-01' AND d_ <= DATE '%s' AND d_ <> DATE '1900-01-01' AND d_ <> DATE '1899-12-30' AND d_ <> DATE '1899-12-31'",
		firstYear, lastGoodDay(o))
	return let("d_", "TRY_CAST("+partsSQL(x, o)+" AS DATE)", cases("NULL", well, "d_"))
}

// lastGoodDay is the last day that is neither impossible nor future.
func lastGoodDay(o Options) string {
	return min(latestDay(o), fmt.Sprintf("%d-12-31", lastYear))
}

// judgeSQL names the parts p_ (with the century of a declared pivot) and the
// first day d_ that they allow, for a judgement in string functions alone.
func judgeSQL(x string, o Options, judgement string) string {
	judged := let("d_", firstDaySQL, judgement)
	if o.Pivot == 0 {
		return let("p_", partsSQL(x, o), judged)
	}
	century := fmt.Sprintf("CASE WHEN r_[1:2]::INTEGER <= %d THEN '20' ELSE '19' END || r_", o.Pivot)
	return let("r_", partsSQL(x, o), let("p_", cases("r_", "r_[3] = '-'", century), judged))
}

// Over the parts: what they are, and the first day that a year, a month or a
// serial number allows. Zeros become ones twice over, since two zeros share a
// hyphen.
const (
	isSerialSQL    = "starts_with(p_, '@')"
	isTwoDigitsSQL = "p_ LIKE '__-%'"
	isYearSQL      = "(p_ LIKE '%-0-0' OR p_ LIKE '%-00-00' OR p_ LIKE '%-00-0' OR p_ LIKE '%-0-00')"
	isMonthSQL     = "(p_ LIKE '%-0' OR p_ LIKE '%-00')"
	lacksMonthSQL  = "(p_ LIKE '%-0-%' OR p_ LIKE '%-00-%')"
	firstDaySQL    = "CASE WHEN " + isSerialSQL + " THEN DATE '1899-12-30' + TRY_CAST(p_[2:] AS INTEGER)" +
		" ELSE TRY_CAST(rtrim(replace(replace(replace(replace(p_ || '-', '-00-', '-0-'), '-00-', '-0-'), '-0-', '-1-'), '-0-', '-1-'), '-') AS DATE) END"
)

func dateValueSQL(o Options) string {
	serial, year, month := "NULL", "NULL", "NULL"
	if o.Excel {
		serial = "d_::VARCHAR"
	}
	if o.Year {
		year, month = "(d_::VARCHAR)[1:4]", "(d_::VARCHAR)[1:7]"
	}
	outside := fmt.Sprintf("d_ IS NULL OR d_ < DATE '%d-01-01' OR d_ > DATE '%s'", firstYear, lastGoodDay(o))
	return cases("d_::VARCHAR",
		outside+" OR "+isTwoDigitsSQL, "NULL",
		isYearSQL, year,
		lacksMonthSQL, "NULL",
		isMonthSQL, month,
		isPlaceholderSQL, "NULL",
		isSerialSQL, serial)
}

var isPlaceholderSQL = "TRY_CAST(d_::VARCHAR AS ENUM(" + quoteAll(placeholders) + ")) IS NOT NULL"

func dateProblemSQL(o Options) string {
	year, month := "'year-only'", "'month-only'"
	if o.Year {
		year, month = "NULL", "NULL"
	}
	late := fmt.Sprintf("d_ > DATE %s", quote(latestDay(o)))
	limits := fmt.Sprintf("d_ < DATE '%d-01-01' OR d_ > DATE '%d-12-31'", firstYear, lastYear)
	whole := "NOT " + isMonthSQL
	return cases("NULL",
		"p_ IS NULL", unmatched,
		"p_ = 'zone'", "'time-zone'",
		isTwoDigitsSQL, "'two-digit-year'",
		isSerialSQL+" AND "+fmt.Sprint(!o.Excel), "'serial'",
		"d_ IS NULL OR ("+lacksMonthSQL+" AND NOT "+isYearSQL+")", "'impossible'",
		whole+" AND "+isPlaceholderSQL, "'placeholder'",
		limits, "'impossible'",
		late, "'future'",
		isYearSQL, year,
		isMonthSQL, month)
}
