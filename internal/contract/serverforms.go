package contract

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a window's zone is known on machines that have no zones installed
)

// liveTypes are the servers that are read while they are in use, and whose
// custom properties the hub therefore reads.
var liveTypes = []string{"postgres", "postgresql", "mysql", "api"}

// liveForms are the forms of those custom properties. The package that reads
// them (source/live) takes the same functions, so that what is checked here is
// what is refused there.
var liveForms = map[string]func(v any) (ok bool, form string){
	"tls":         isTLS,
	"attempts":    isPositive,
	"patience":    isDuration,
	"lockTimeout": isDuration,
	"rate":        isSize,
	"logBudget":   isSize,
	"windows":     isWindows,
}

// live checks the custom properties of a server that is in use.
func (l *linter) live(s Server) {
	if !slices.Contains(liveTypes, s.Type) {
		return
	}
	for _, c := range s.Custom {
		value := c.at.field("value")
		if c.Property == "password" && scalarText(c.Value) != "" && !NamesSecret(scalarText(c.Value)) {
			p := value.problem("name it as env:NAME, file:/path or command:program argument; and change it, since it has been read",
				"custom property password of server %q holds something that is no name of a secret", s.Name)
			p.hidden = true // neither the value nor its line is repeated
			l.problems = append(l.problems, p)
		}
		check, known := liveForms[c.Property]
		if !known || scalarText(c.Value) == "" {
			continue
		}
		if ok, form := check(c.Value); !ok {
			l.errorAt(value, "", "it must be "+form, "custom property %s cannot be %q", c.Property, value.text)
		}
	}
}

// NamesSecret reports whether a text says where a secret is (env:NAME,
// file:/path, command:program argument …) rather than being one.
func NamesSecret(text string) bool {
	kind, rest, _ := strings.Cut(text, ":")
	return strings.TrimSpace(rest) != "" && slices.Contains([]string{"env", "file", "command"}, kind)
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,9})(B|KiB|MiB|GiB|TiB)?$`)

// ParseSize reads bytes, like 512MiB. What 63 bits do not hold is no size.
func ParseSize(text string) (bytes int64, ok bool) {
	m := sizeForm.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	shift := map[string]int{"KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}[m[2]]
	return n << shift, n<<shift>>shift == n
}

var windowForm = regexp.MustCompile(`^([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})(?: ([A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*))?$`)

// ParseWindow reads a stretch of the day, like 22:00-05:00 Asia/Ho_Chi_Minh,
// in minutes since midnight of its zone; without one, of this machine's.
func ParseWindow(text string) (from, to int, zone *time.Location, ok bool) {
	m := windowForm.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, nil, false
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1])
	}
	from, to, zone = n[0]*60+n[1], n[2]*60+n[3], time.Local
	if m[5] != "" {
		var err error
		if zone, err = time.LoadLocation(m[5]); err != nil {
			return 0, 0, nil, false
		}
	}
	return from, to, zone, n[0] < 24 && n[1] < 60 && n[3] < 60 && to <= 24*60 && from != to
}

func isTLS(v any) (bool, string) {
	return slices.Contains([]string{"verify-full", "off"}, scalarText(v)), "verify-full or off"
}

func isSize(v any) (bool, string) {
	_, ok := ParseSize(scalarText(v))
	return ok, "a size like 512MiB"
}

func isWindows(v any) (bool, string) {
	for _, part := range strings.Split(scalarText(v), ",") {
		if _, _, _, ok := ParseWindow(strings.TrimSpace(part)); !ok {
			return false, "a window like 22:00-05:00 Asia/Ho_Chi_Minh, or several with commas between them"
		}
	}
	return true, ""
}
