package http

import (
	"slices"
	"strings"
)

// nextLink is the target of the first link with the relation "next" among the
// values of Link header fields, as it is written; "" when there is none.
// Links about something else than the answer itself (anchor) do not count.
//
// (RFC 8288, section 3 and appendix B.2. A field that breaks off is read as
// far as it goes, as the appendix has it.)
func nextLink(fields []string) string {
	for _, text := range fields {
		for text != "" {
			var l link
			if l, text = oneLink(text); l.target != "" && l.next && !l.elsewhere {
				return l.target
			}
		}
	}
	return ""
}

type link struct {
	target    string
	next      bool // one of its relations is "next"
	elsewhere bool // it is about another resource
}

// oneLink reads the first link of a field, and answers what follows it; ""
// where what follows is no link.
func oneLink(text string) (l link, rest string) {
	text = strings.TrimLeft(text, " \t,")
	if !strings.HasPrefix(text, "<") {
		return l, ""
	}
	target, text, closed := strings.Cut(text[1:], ">")
	if !closed {
		return l, ""
	}
	l.target = strings.TrimSpace(target)
	var related bool
	for {
		text = strings.TrimLeft(text, " \t")
		if !strings.HasPrefix(text, ";") {
			break
		}
		var name, value string
		name, value, text = oneParameter(text[1:])
		switch {
		case name == "anchor":
			l.elsewhere = true
		case name == "rel" && !related: // those behind the first are ignored: section 3.3
			related = true
			l.next = slices.Contains(strings.Fields(strings.ToLower(value)), "next")
		}
	}
	if !strings.HasPrefix(text, ",") {
		return l, ""
	}
	return l, text[1:]
}

// oneParameter reads name[=value] and answers what follows. The name is in
// lower case.
func oneParameter(text string) (name, value, rest string) {
	text = strings.TrimLeft(text, " \t")
	end := strings.IndexAny(text, " \t=;,")
	if end < 0 {
		return strings.ToLower(text), "", ""
	}
	name, text = strings.ToLower(text[:end]), strings.TrimLeft(text[end:], " \t")
	if !strings.HasPrefix(text, "=") {
		return name, "", text
	}
	text = strings.TrimLeft(text[1:], " \t")
	if strings.HasPrefix(text, `"`) {
		value, rest = unquote(text[1:])
		return name, value, rest
	}
	if end = strings.IndexAny(text, ";,"); end < 0 {
		end = len(text)
	}
	return name, strings.TrimRight(text[:end], " \t"), text[end:]
}

// unquote reads a quoted string behind its first quote (RFC 9110, section 5.6.4).
func unquote(text string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c != '\\':
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
