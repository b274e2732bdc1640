package http

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

func TestANextLinkIsFoundAsTheStandardHasIt(t *testing.T) {
	for text, want := range map[string]string{
		``:                                     ``,
		`</a>; rel=next`:                       `/a`,
		`</a>; rel="next"`:                     `/a`,
		`</a>; REL="NEXT"`:                     `/a`,
		`</a> ; rel = "prev next"`:             `/a`,
		`</a>; rel="nextish"`:                  ``,
		`</a>; rel=prev; rel=next`:             ``, // those behind the first are ignored
		`</a>; rel=next; anchor="/other"`:      ``,
		`</a>; rel=prev, </b>; rel=next`:       `/b`,
		`</a?x=1,2;y>; rel="next"`:             `/a?x=1,2;y`,
		`</a>; title="\"; rel=next, </x>"`:     ``,
		`</a>; title="x, y"; rel=next`:         `/a`,
		`</a>; title*=UTF-8''x; rel=next;`:     `/a`,
		`</a>; crossorigin; rel=next`:          `/a`,
		`,, </a>; rel=prev ,</b>;rel=next`:     `/b`,
		`< /a >; rel=next`:                     `/a`,
		`<>; rel=next, </b>; rel=next`:         `/b`,
		`/a; rel=next`:                         ``,
		`</a; rel=next`:                        ``,
		`</a>; rel="next`:                      `/a`,
		`</a>; rel="ne\xt"`:                    `/a`,
		`</a>; rel=next junk, </b>; rel=next`:  `/a`,
		`</a> junk; rel=next, </b>; rel=next`:  ``,
		`</a>; rel=first; rel=next, </b>; rel`: ``,
	} {
		if got := nextLink([]string{text}); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	if got := nextLink([]string{"<broken", "</b>; rel=next"}); got != "/b" {
		t.Errorf("the second field: got %q", got)
	}
}

func FuzzALinkIsOneThatTheFieldHolds(f *testing.F) {
	for _, seed := range []string{`</a>; rel=next`, `<?p=2>; title="\"x\""; rel="a next", <b>; rel=prev`, `<;>;;,;="`, `</a>; rel="`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := nextLink([]string{text})
		if got != "" && (!strings.Contains(text, "<"+got) && !strings.Contains(text, got) || !strings.Contains(strings.ToLower(text), "rel")) {
			t.Errorf("%q gave %q", text, got)
		}
		// A field before that says nothing changes nothing, nor one behind.
		if more := nextLink([]string{"", "</x>; rel=prev", text, "</y>; rel=prev"}); more != got {
			t.Errorf("%q: alone %q, among others %q", text, got, more)
		}
	})
}

// The example of RFC 6901, section 5.
const pointed = `{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8, "deep": {"x": [{"y": null}]}}`

func TestAPointerNamesTheValueThatTheStandardSays(t *testing.T) {
	for text, want := range map[string]string{
		"/foo": `["bar", "baz"]`, "/foo/0": `"bar"`, "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3", "/g|h": "4", `/i\j`: "5", `/k"l`: "6", "/ ": "7", "/m~0n": "8",
		"": pointed, "/deep/x/0/y": "null", "/deep/x": `[{"y": null}]`,
		"/foo/2": "", "/foo/-": "", "/foo/00": "", "/foo/01": "", "/bar": "", "/deep/x/y": "", "/foo/0/x": "", "/~01": "",
	} {
		p, err := parsePointer(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		found, err := locate([]byte(pointed), []pointer{p, {"foo"}, p})
		if err != nil || pointed[found[0].start:found[0].end] != want || found[2] != found[0] || found[1].elements != 2 {
			t.Errorf("%q: got %+v, %v, want %s", text, found, err, want)
		}
	}
	for _, text := range []string{"a", "/a~", "/~2", "/~~1", "#/a"} {
		if p, err := parsePointer(text); sen.KindOf(err) != sen.Invalid || sen.HintOf(err) == "" {
			t.Errorf("%q: got %q, %v", text, p, err)
		}
	}
}

func TestNamesThatStandTwiceMatterOnTheWayAlone(t *testing.T) {
	at := pointer{"data", "items"}
	for text, fails := range map[string]bool{
		`{"x":1,"x":2,"data":{"items":[{"a":1,"a":2}],"y":{"z":1,"z":2}}}`: false,
		`{"data":{"items":[]},"data":{}}`:                                  true,
		`{"data":{"items":[],"items":[1]}}`:                                true,
		`{"d\u0061ta":{},"data":{"items":[]}}`:                             true,
	} {
		if _, err := locate([]byte(text), []pointer{at}); (sen.KindOf(err) == sen.Corrupt) != fails || (err != nil) != fails {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func FuzzAPointerFindsWhatTheStandardLibraryFinds(f *testing.F) {
	f.Add(pointed, "/deep/x/0/y")
	f.Add(pointed, "/m~0n")
	f.Add(`[[1,{"a":[]}],"x"]`, "/0/1/a")
	f.Add(`{"a":1}{`, "")
	f.Fuzz(func(t *testing.T, text, at string) {
		p, err := parsePointer(at)
		if err != nil {
			return
		}
		if back, err := parsePointer(p.String()); err != nil || back.String() != at && p.String() != at {
			t.Fatalf("%q came back as %q, %v", at, back, err)
		}
		found, err := locate([]byte(text), []pointer{p})
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q was taken for JSON", text)
		}
		if found[0].kind == 0 {
			return
		}
		var value, want any
		if err := numbers(text[found[0].start:found[0].end], &value); err != nil {
			t.Fatalf("%q at %q: %q is no value", text, at, text[found[0].start:found[0].end])
		}
		if list, ok := value.([]any); ok && len(list) != found[0].elements {
			t.Errorf("%q at %q: %d elements, want %d", text, at, found[0].elements, len(list))
		}
		if err := numbers(text, &want); err != nil {
			t.Fatal(err)
		}
		for _, token := range p {
			switch w := want.(type) {
			case map[string]any:
				want = w[token]
			case []any:
				i, err := strconv.Atoi(token)
				if err != nil || i >= len(w) {
					t.Fatalf("%q at %q: %q was found in an array of %d", text, at, token, len(w))
				}
				want = w[i]
			}
		}
		got, _ := json.Marshal(value)
		if wanted, _ := json.Marshal(want); string(got) != string(wanted) && !strings.Contains(text, `\`) {
			t.Errorf("%q at %q: got %s, want %s", text, at, got, wanted)
		}
	})
}

// numbers keeps numbers as they are written.
func numbers(text string, into *any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, " 120 ": 2 * time.Minute, "-1": 0, "1.5": 0, "soon": 0,
		"Sun, 01 Mar 2026 08:01:00 GMT":  time.Minute,
		"Sunday, 01-Mar-26 08:01:00 GMT": time.Minute,
		"Sun, 01 Mar 2026 07:00:00 GMT":  0,
		"99999999999999999999999":        365 * 24 * time.Hour,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func FuzzRetryAfterIsNeverNegativeNorForEver(f *testing.F) {
	f.Add("120")
	f.Add(http.TimeFormat)
	f.Fuzz(func(t *testing.T, text string) {
		if got := retryAfter(text, time.Now()); got < 0 || got > 365*24*time.Hour {
			t.Errorf("%q: %s", text, got)
		}
	})
}
