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
// engine's only local name; body must hold no regular expression (see forms).
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

// trimSQL is trim. The engine's own trim compares every character with each
// of the set, ten times the cost of the pattern.
func trimSQL(x string) string { return replaceAllSQL(x, trimPattern, "") }

const trimPattern = "^" + spaceClass + "+|" + spaceClass + "+$"

// around is a pattern with meaningless characters before and behind it.
func around(pattern string) string { return spaceClass + "*(?:" + pattern + ")" + spaceClass + "*" }

func composeSQL(x string) string {
	return fmt.Sprintf("CASE WHEN %s THEN nfc_normalize(%s) ELSE %s END", holds(x, marksClass), x, x)
}

// foldSQL is Fold.
func foldSQL(x string) string {
	return fmt.Sprintf("replace(lower(strip_accents(%s)), 'đ', 'd')", x)
}

// blankSQL is true for NULL and for what, trimmed, is empty or a token of
// absence. One pattern is one node of the engine's tree: a list of constants
// would be a node each, and each takes a vector of memory before the first row.
func blankSQL(x string, keepsTokens bool) string {
	pattern := spaceClass + "*"
	if !keepsTokens {
		pattern = around("|" + tokenPattern())
	}
	return fmt.Sprintf("(%s IS NULL OR %s)", x, matches(x, pattern))
}

func tokenPattern() string {
	quoted := make([]string, len(tokens))
	for i, t := range tokens {
		quoted[i] = regexp.QuoteMeta(t)
	}
	return strings.Join(quoted, "|")
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

// unmatched is the problem of what fits no pattern.
const unmatched = "'format'"

var formatProblem = Text{VI: "không đúng định dạng", EN: "is not written in a known form"}
