package http

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

// births is n made-up rows.
func births(n int) (out []map[string]any) {
	for i := range n {
		out = append(out, map[string]any{"id": i, "tên": fmt.Sprintf("Nguyễn Thị %d", i)})
	}
	return out
}

// served is a real server that a test's handler answers for, and what it was
// asked.
type served struct {
	*httptest.Server
	lock  sync.Mutex
	asked []*http.Request
}

func serve(t *testing.T, handler http.HandlerFunc) *served {
	t.Helper()
	s := &served{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.lock.Lock()
		s.asked = append(s.asked, r.Clone(r.Context()))
		s.lock.Unlock()
		w.Header().Set("Content-Type", "application/json")
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *served) requests() (out []string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, r := range s.asked {
		out = append(out, r.URL.RequestURI())
	}
	return out
}

// declare is a server of a contract, without encryption unless the address
// has it, that tries again soon.
func declare(address string, custom ...string) live.Server {
	s := live.Server{
		Name: "api", Type: live.API, Location: address, Custom: map[string]string{},
		TLS:    live.TLS{Off: strings.HasPrefix(address, "http:")},
		Budget: live.Budget{Attempts: 3, Patience: 2 * time.Second, Statement: 5 * time.Second},
	}
	for i := 0; i < len(custom); i += 2 {
		s.Custom[custom[i]] = custom[i+1]
	}
	return s
}

func api(t *testing.T, s live.Server) *API {
	t.Helper()
	a, err := Open(s, live.NewGate(s.Budget), func(text string) { t.Log(text) })
	if err != nil {
		t.Fatalf("%v (%s)", err, sen.HintOf(err))
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// read reads an object whole, or fails as it does.
func read(t *testing.T, s live.Server, o source.Options) (table, error) {
	t.Helper()
	r, err := api(t, s).Open(t.Context(), "births", o)
	if err != nil {
		return table{}, err
	}
	return take(t, r, source.Mark{})
}

// table is what a reading gave.
type table struct {
	columns  []string
	rows     []string // values joined by |; ∅ is null; fault and raw text where there are
	ranges   []source.Range
	position source.Position
}

func take(t *testing.T, r source.Reader, from source.Mark) (out table, err error) {
	t.Helper()
	for _, c := range r.Columns() {
		out.columns = append(out.columns, c.Name)
	}
	out.position, err = r.Read(t.Context(), from, func(g *source.Range) error {
		for _, b := range g.Batches {
			for i := range int(b.NumRows()) {
				var cells []string
				for c := range int(b.NumCols()) {
					column, text := b.Column(c).(*array.String)
					switch {
					case !text:
					case c < len(out.columns) && column.IsNull(i):
						cells = append(cells, "∅")
					case !column.IsNull(i):
						cells = append(cells, column.Value(i))
					}
				}
				if got, want := b.Column(len(out.columns)).(*array.Int64).Value(i), from.Row+int64(len(out.rows)); got != want {
					t.Errorf("_row is %d, want %d", got, want)
				}
				if got, want := b.Column(len(out.columns)+1).(*array.Int64).Value(i), from.Row+int64(len(out.rows))+1; got != want {
					t.Errorf("_line is %d, want %d", got, want)
				}
				out.rows = append(out.rows, strings.Join(cells, "|"))
			}
		}
		kept := *g
		kept.Batches = nil
		out.ranges = append(out.ranges, kept)
		g.Release()
		return nil
	})
	return out, err
}

func rowsOf(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%d|Nguyễn Thị %d", i, i))
	}
	return out
}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

func write(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

// slice is rows[from:from+size], as far as there are.
func slice(rows []map[string]any, from, size int) []map[string]any {
	from = min(max(from, 0), len(rows))
	return append([]map[string]any{}, rows[from:min(from+size, len(rows))]...)
}

// turns is a server's way to turn pages of 10 rows, and its declaration.
type turns struct {
	custom  []string
	handler func(all []map[string]any) http.HandlerFunc
}

var ways = map[string]turns{
	"none": {[]string{"paging", "none"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { write(w, slice(all, 0, len(all))) }
	}},
	"offset": {[]string{"paging", "offset", "pageSize", "10", "rows", "/data/items"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			write(w, map[string]any{"data": map[string]any{"items": slice(all, number(r, "offset", -1), number(r, "limit", 3))}})
		}
	}},
	"offset with a limit of the server's": {[]string{"paging", "offset", "pageSize", "1000", "offsetParameter", "skip", "sizeParameter", "top"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			write(w, slice(all, number(r, "skip", -1), min(number(r, "top", 3), 7)))
		}
	}},
	"offset with total": {[]string{"paging", "offset", "pageSize", "10", "rows", "/items", "total", "/total"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			write(w, map[string]any{"total": len(all), "items": slice(all, number(r, "offset", -1), 10)})
		}
	}},
	"cursor that never ends, and more": {[]string{"paging", "cursor", "rows", "/rows", "cursor", "/next", "more", "/more"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			from := number(r, "cursor", 0)
			write(w, map[string]any{"next": min(from+10, len(all)), "more": from+10 < len(all), "rows": slice(all, from, 10)})
		}
	}},
	"page from 0": {[]string{"paging", "page", "firstPage", "0", "pageParameter", "p", "pageSize", "10", "sizeParameter", "n"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			write(w, slice(all, 10*number(r, "p", -1), number(r, "n", 0)))
		}
	}},
	"cursor": {[]string{"paging", "cursor", "rows", "/rows", "cursor", "/meta/next", "cursorParameter", "after"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			from := number(r, "after", 0)
			next := any(strconv.Itoa(from + 10))
			if from+10 >= len(all) {
				next = nil
			}
			write(w, map[string]any{"meta": map[string]any{"next": next}, "rows": slice(all, from, 10)})
		}
	}},
	"link": {[]string{"paging", "link"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			from := number(r, "from", 0)
			w.Header().Add("Link", `<?from=0>; rel=first, <https://elsewhere.example/>; rel="next"; anchor="#x"`)
			if from+10 < len(all) {
				w.Header().Add("Link", fmt.Sprintf(`<?from=%d>; title="a, b"; rel="next last"`, from+10))
			}
			write(w, slice(all, from, 10))
		}
	}},
	"link in the body": {[]string{"paging", "link", "next", "/next", "rows", "/results"}, func(all []map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			from := number(r, "from", 0)
			var next any
			if from+10 < len(all) {
				next = fmt.Sprintf("http://%s%s?from=%d", r.Host, r.URL.Path, from+10)
			}
			write(w, map[string]any{"next": next, "results": slice(all, from, 10)})
		}
	}},
}

func TestEveryWayToTurnPagesGivesEveryRowOnce(t *testing.T) {
	for name, way := range ways {
		for _, n := range []int{0, 1, 9, 10, 11, 30, 35} {
			s := serve(t, way.handler(births(n)))
			got, err := read(t, declare(s.URL+"/v1/", way.custom...), source.Options{Columns: []string{"id", "tên"}})
			if err != nil {
				t.Errorf("%s, %d rows: %v (%s)", name, n, err, sen.HintOf(err))
				continue
			}
			if !reflect.DeepEqual(got.rows, rowsOf(n)) || got.position.Rows != int64(n) {
				t.Errorf("%s, %d rows: got %d, position %+v", name, n, len(got.rows), got.position)
			}
			for _, r := range s.asked {
				if r.URL.Path != "/v1/births" || r.Method != http.MethodGet {
					t.Errorf("%s: asked %s %s", name, r.Method, r.URL)
				}
			}
		}
	}
}

func TestRangesTileTheRowsWhateverTheirSize(t *testing.T) {
	for _, o := range []source.Options{{RangeRows: 1}, {RangeRows: 7, BatchRows: 2}, {RangeRows: 34}, {RangeRows: 35}, {RangeRows: 36}, {RangeBytes: 1}, {RangeBytes: 300}} {
		s := serve(t, ways["cursor"].handler(births(35)))
		got, err := read(t, declare(s.URL, ways["cursor"].custom...), o)
		if err != nil || !reflect.DeepEqual(got.rows, rowsOf(35)) {
			t.Errorf("%+v: %d rows, %v", o, len(got.rows), err)
		}
		next := int64(0)
		for i, g := range got.ranges {
			if g.Number != i || g.FirstRow != next || g.Start != next || g.End != next+g.Rows || g.Rows == 0 || o.RangeRows > 0 && g.Rows > o.RangeRows || g.Mark.Row != g.End || g.Mark.Next != i+1 {
				t.Errorf("%+v: range %d is %+v", o, i, g)
			}
			next = g.End
		}
	}
}

func TestValuesLandAsTheyStand(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "\xEF\xBB\xBF"+`[{"n": 1.0, "big": 12345678901234567890.10, "nested": {"b": [1, "x y"], "a": 1e5}, "text": "a\n\"ế\"", "yes": true, "none": null},
		{"n": -0, "text": "", "n2": 3},
		{"n": 1, "n": 2}, {"text": "x`+"\xff"+`y"}, 7, {"text": "\u0000"}]`)
	})
	got, err := read(t, declare(s.URL, "paging", "none"), source.Options{Columns: []string{"more", "text"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"n", "big", "nested", "text", "n2", "yes", "none", "more"}; !reflect.DeepEqual(got.columns, want) {
		t.Errorf("columns are %q, want %q", got.columns, want)
	}
	for i, want := range []string{
		"1.0|12345678901234567890.10|{\"b\":[1,\"x y\"],\"a\":1e5}|a\n\"ế\"|∅|true|∅|∅",
		"-0|∅|∅||3|∅|∅|∅",
		`1|∅|∅|∅|∅|∅|∅|∅|two values in column n|{"n": 1, "n": 2}`,
		"∅|∅|∅|x\uf7ffy|∅|∅|∅|∅|undecodable byte 0xFF in column text|{\"text\": \"x\uf7ffy\"}",
		"∅|∅|∅|∅|∅|∅|∅|∅|not a JSON object|7",
		"∅|∅|∅|\uf700|∅|∅|∅|∅|NUL byte in column text|{\"text\": \"\\u0000\"}",
	} {
		if got.rows[i] != want {
			t.Errorf("row %d is %q, want %q", i, got.rows[i], want)
		}
	}
}

func TestANameThatOnlyALaterPageShowsIsKeptInTheRowsText(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if number(r, "offset", -1) == 0 {
			write(w, []any{map[string]any{"a": 1}})
			return
		}
		write(w, slice([]map[string]any{{"a": 2, "late": 3}}, number(r, "offset", -1)-1, 1))
	})
	r, err := api(t, declare(s.URL, "paging", "offset")).Open(t.Context(), "births", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := take(t, r, source.Mark{})
	if err != nil || !reflect.DeepEqual(got.rows, []string{"1", `2|{"a":2,"late":3}`}) || r.Facts().Unknown != 1 {
		t.Errorf("got %q, %d unknown, %v", got.rows, r.Facts().Unknown, err)
	}
}

func TestASampleIsTheFirstRows(t *testing.T) {
	s := serve(t, ways["link"].handler(births(35)))
	columns, values, err := api(t, declare(s.URL, "paging", "link")).Sample(t.Context(), "births", 12)
	if err != nil || !reflect.DeepEqual(columns, []string{"id", "tên"}) || len(values) != 12 || *values[11][0] != "11" || len(s.requests()) != 2 {
		t.Errorf("got %q, %d rows, %d requests, %v", columns, len(values), len(s.requests()), err)
	}
}

func TestAnObjectHasItsPlaceInTheAddressAndTheAnswer(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{"births": births(1), "/a~b": births(2)})
	})
	a := api(t, declare(s.URL+"/hộ tịch/", "path", "v2/${object}/all?kind=${object}&order=id", "rows", "/${object}", "paging", "none"))
	r, err := a.Open(t.Context(), "births", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.asked[0].URL; got.Path != "/hộ tịch/v2/births/all" || !maps.EqualFunc(got.Query(), url.Values{"kind": {"births"}, "order": {"id"}}, slices.Equal[[]string]) {
		t.Errorf("asked %s", got)
	}
	if r.Facts().Rows != 1 {
		t.Errorf("got %+v", r.Facts())
	}
	for _, name := range []string{"", "../admin", "x?y=1", "x#y", "a%2F"} {
		if _, err := a.Open(t.Context(), name, source.Options{}); sen.KindOf(err) != sen.Invalid {
			t.Errorf("%q: got %v, want invalid", name, err)
		}
	}
}
