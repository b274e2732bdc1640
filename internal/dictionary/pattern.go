package dictionary

import (
	"regexp"
	"sync"
)

// compiled keeps the patterns that Go has met: they are few (a handful per
// element and day of reference) and cost far more to compile than to run.
var compiled sync.Map // pattern → *regexp.Regexp

// fits reports whether the whole of s fits the pattern: the Go twin of
// regexp_full_match.
func fits(s, pattern string) bool { return compile(pattern).MatchString(s) }

func compile(pattern string) *regexp.Regexp {
	if re, ok := compiled.Load(pattern); ok {
		return re.(*regexp.Regexp)
	}
	re := full(pattern)
	compiled.Store(pattern, re)
	return re
}

// compileAny is compile for a pattern that fits anywhere: the Go twin of
// regexp_replace.
func compileAny(pattern string) *regexp.Regexp {
	key := "~" + pattern
	if re, ok := compiled.Load(key); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(pattern)
	compiled.Store(key, re)
	return re
}

// goTemplate writes the engine's \1 as Go's ${1}.
func goTemplate(template string) string {
	return compileAny(`\\([0-9])`).ReplaceAllString(template, "$${${1}}")
}
