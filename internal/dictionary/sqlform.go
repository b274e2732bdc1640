package dictionary

import (
	"fmt"
	"regexp"
	"strings"
)

// quote is s as an SQL string literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteAll is a list of literals, without brackets.
func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}

// let names the value of expr within body. A lambda over a list of one is the
// engine's only local name; it costs some 100 ns, so it stands on slow paths.
func let(name, expr, body string) string {
	return fmt.Sprintf("list_extract(list_transform([%s], lambda %s: %s), 1)", expr, name, body)
}

// matches is true where the whole of x fits the pattern. Go and the engine
// share RE2's syntax, so one pattern serves both forms.
func matches(x, pattern string) string {
	return fmt.Sprintf("regexp_full_match(%s, %s)", x, quote(pattern))
}

// holds is true where the pattern fits somewhere in x.
func holds(x, pattern string) string {
	return fmt.Sprintf("regexp_matches(%s, %s)", x, quote(pattern))
}

func replaceAllSQL(x, pattern, with string) string {
	return fmt.Sprintf("regexp_replace(%s, %s, %s, 'g')", x, quote(pattern), quote(with))
}

func trimSQL(x string) string { return fmt.Sprintf("trim(%s, %s)", x, quote(spaces)) }

func composeSQL(x string) string {
	return fmt.Sprintf("CASE WHEN %s THEN nfc_normalize(%s) ELSE %s END", holds(x, marksClass), x, x)
}

// foldSQL is Fold.
func foldSQL(x string) string {
	return fmt.Sprintf("replace(lower(strip_accents(%s)), 'đ', 'd')", x)
}

// blankSQL is true for NULL and for what, trimmed, is empty or a token of
// absence. The cast to an ENUM is one node of the engine's tree: a list of
// constants would be a node each, and each takes a vector of memory before
// the first row.
func blankSQL(x string, keepsTokens bool) string {
	values := []string{""}
	if !keepsTokens {
		values = append(values, tokens...)
	}
	return fmt.Sprintf("(%s IS NULL OR TRY_CAST(%s AS ENUM(%s)) IS NOT NULL)", x, trimSQL(x), quoteAll(values))
}

// full compiles a pattern that must fit the whole text.
func full(pattern string) *regexp.Regexp { return regexp.MustCompile("^(?:" + pattern + ")$") }

// cases is CASE WHEN … THEN … ELSE last END over pairs of condition and value.
func cases(last string, pairs ...string) string {
	var b strings.Builder
	b.WriteString("CASE")
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteString(" WHEN " + pairs[i] + " THEN " + pairs[i+1])
	}
	return b.String() + " ELSE " + last + " END"
}

// never is the problem form of an element whose slow form always has a value.
const unmatched = "'format'"

var formatProblem = Text{VI: "không đúng định dạng", EN: "is not written in a known form"}
