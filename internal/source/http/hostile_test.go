package http

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

// hostile is a server that does one thing wrong, and what must come of it.
type hostile struct {
	about   string
	custom  []string
	handler http.HandlerFunc
	kind    sen.Kind
	says    string // within the error
}

func of(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

func pagesOf(pages ...string) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, pages[min(int(n.Add(1)), len(pages))-1])
	}
}

// secretText must not be found in any error.
const secretText = "hunter2-personal"

func typed(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, text)
	}
}

var pagesThatDoNotFit = []hostile{
	{"the same page again and again", []string{"paging", "offset"}, of(`[{"a":"` + secretText + `"}]`), sen.Drift, "page 2 has the rows of a page before it"},
	{"a page that comes back later", []string{"paging", "page"}, pagesOf(`[{"a":1}]`, `[{"a":2}]`, `[{"a":1}]`), sen.Drift, "page 3 has the rows of a page before it"},
	{"a cursor that goes round", []string{"paging", "cursor", "rows", "/r", "cursor", "/c"},
		pagesOf(`{"r":[{"a":1}],"c":"x"}`, `{"r":[{"a":2}],"c":"y"}`, `{"r":[{"a":3}],"c":"x"}`), sen.Corrupt, "page 3 names a page before it as the next"},
	{"a cursor that stays", []string{"paging", "cursor", "rows", "/r", "cursor", "/c"},
		pagesOf(`{"r":[{"a":1}],"c":"x"}`, `{"r":[],"c":"x"}`), sen.Corrupt, "page 2 names a page before it as the next"},
	{"rows without end", []string{"paging", "page", "maxPages", "20"}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `[{"a":%q}]`, r.URL.Query().Get("page"))
	}, sen.Corrupt, "the answers do not end: 20 pages were read"},
	{"empty pages without end", []string{"paging", "cursor", "rows", "/r", "cursor", "/c"}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"r":[%.*s],"c":%d}`, 7*(1-min(number(r, "cursor", 0), 1)), `{"a":1}`, number(r, "cursor", 0)+1)
	}, sen.Corrupt, "100 pages without rows follow one another"},
	{"pages that shrink", []string{"paging", "offset", "rows", "/r", "total", "/n"}, pagesOf(`{"r":[{"a":1},{"a":2}],"n":3}`, `{"r":[],"n":3}`), sen.Drift, "there are 3 rows, and 2 pages have 2"},
	{"pages that grow", []string{"paging", "offset", "rows", "/r", "total", "/n"}, pagesOf(`{"r":[{"a":1},{"a":2}],"n":3}`, `{"r":[{"a":3},{"a":4}],"n":3}`), sen.Drift, "there are 3 rows, and 2 pages have 4"},
	{"a total that moves", []string{"paging", "offset", "rows", "/r", "total", "/n"}, pagesOf(`{"r":[{"a":1},{"a":2}],"n":3}`, `{"r":[{"a":3}],"n":4}`), sen.Drift, "there were 3 rows and are 4"},
	{"a cursor that ends too early", []string{"paging", "cursor", "rows", "/r", "cursor", "/c", "total", "/n"}, of(`{"r":[{"a":1}],"n":2}`), sen.Drift, "there are 2 rows, and 1 pages have 1"},
	{"more that does not come", []string{"paging", "offset", "rows", "/r", "more", "/more"}, pagesOf(`{"r":[{"a":1}],"more":true}`, `{"r":[],"more":true}`), sen.Corrupt, "says that a page follows"},
	{"more that is not said", []string{"paging", "offset", "rows", "/r", "more", "/more"}, of(`{"r":[{"a":1}],"more":"yes"}`), sen.Corrupt, "neither true nor false at /more"},
	{"a state that moves", []string{"paging", "offset", "rows", "/r", "state", "/v"}, pagesOf(`{"r":[{"a":1}],"v":"7"}`, `{"r":[],"v":"8"}`), sen.Drift, "page 2 shows another state"},
	{"a state that is not shown", []string{"paging", "none", "rows", "/r", "state", "header:ETag"}, of(`{"r":[{"a":1}]}`), sen.Corrupt, "no state at header:Etag"},
	{"a next page that the contract does not know of", []string{"paging", "none"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `<?page=2>; rel=next`)
		fmt.Fprint(w, `[{"a":1}]`)
	}, sen.Corrupt, "names a next page"},
	{"a next page at another host", []string{"paging", "link"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `<http://elsewhere.example/?token=`+secretText+`>; rel=next`)
		fmt.Fprint(w, `[{"a":1}]`)
	}, sen.Denied, "next page is at another host"},
	{"a next page that is none", []string{"paging", "link"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `<http://[`+secretText+`>; rel=next`)
		fmt.Fprint(w, `[{"a":1}]`)
	}, sen.Corrupt, "is no address"},
}

var answersThatAreNone = []hostile{
	{"a page for people", nil, typed("text/html; charset=utf-8", "<html>"+secretText), sen.Invalid, "something else than JSON"},
	{"a content type that is none", nil, typed("json;;;", "[]"), sen.Invalid, "something else than JSON"},
	{"another encoding", nil, typed("application/json; charset=windows-1258", "[]"), sen.Invalid, `in the encoding "windows-1258"`},
	{"UTF-16", nil, of("\xFF\xFE[\x00]\x00"), sen.Corrupt, "not one JSON value"},
	{"a compression that was not asked for", nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		fmt.Fprint(w, "x")
	}, sen.Invalid, "encoding that was not asked for"},
	{"nothing", nil, of(""), sen.Corrupt, "is empty"},
	{"cut off, and said to be whole", nil, of(`[{"a":"` + secretText), sen.Corrupt, "ends before it is whole"},
	{"more behind", nil, of(`[{"a":1}] [` + secretText), sen.Corrupt, "not one JSON value"},
	{"no JSON", nil, of(`[{"a":` + secretText + `}]`), sen.Corrupt, "not one JSON value"},
	{"an error with the status of a success", []string{"rows", "/data"}, of(`{"error":"` + secretText + `"}`), sen.Corrupt, `nothing at "/data"`},
	{"null for rows", []string{"rows", "/data"}, of(`{"data":null}`), sen.Corrupt, `no array at "/data"`},
	{"one record for rows", nil, of(`{"a":1}`), sen.Corrupt, "no array at"},
	{"rows that stand twice", []string{"rows", "/data/items"}, of(`{"data":{"items":[]},"data":{"items":[{"a":1}]}}`), sen.Corrupt, "two values at /data"},
	{"a total that is none", []string{"rows", "/r", "total", "/n"}, of(`{"r":[{"a":1}],"n":"many"}`), sen.Corrupt, "no number of rows at /n"},
	{"more than a page may have", []string{"maxPage", "1KiB"}, of(`["` + strings.Repeat("x", 1024) + `"]`), sen.Invalid, "more than 1024 bytes"},
	{"a bomb", []string{"maxPage", "1MiB"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(bytes.Repeat([]byte(" "), 4<<20))
		z.Close()
		w.Write(packed.Bytes())
	}, sen.Invalid, "more than 1048576 bytes"},
	{"a column-less answer", nil, of(`[]`), sen.Invalid, "shows no column"},
	{"500", nil, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secretText, 500) }, sen.Unavailable, "answers 500 Internal Server Error"},
	{"401", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, sen.Denied, "answers 401"},
	{"403", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, sen.Denied, "answers 403"},
	{"404", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, sen.NotFound, "answers 404"},
	{"204", nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, sen.Invalid, "answers 204"},
	{"a redirect to another host", nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.example/?token="+secretText, http.StatusFound)
	}, sen.Denied, "redirects to another host"},
	{"a redirect to another port", nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
	}, sen.Denied, "redirects to another host"},
	{"redirects without end", nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/"+secretText+strconv.Itoa(len(r.URL.Path)), http.StatusFound)
	}, sen.Denied, "redirects without end"},
	{"a redirect to nowhere", nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://[::"+secretText)
		w.WriteHeader(302)
	}, sen.Unavailable, "does not answer as HTTP has it"},
}

func TestAServerThatMisbehavesIsFoundOutAndNotQuoted(t *testing.T) {
	for _, c := range append(pagesThatDoNotFit, answersThatAreNone...) {
		t.Run(c.about, func(t *testing.T) {
			s := serve(t, c.handler)
			server := declare(s.URL, append([]string{"paging", "none"}, c.custom...)...)
			server.Budget.Patience = 10 * time.Millisecond
			_, err := read(t, server, source.Options{})
			if sen.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), c.says) || sen.HintOf(err) == "" && c.kind != sen.Corrupt {
				t.Errorf("got %v: %v (%s)\nwant %v: %s", sen.KindOf(err), err, sen.HintOf(err), c.kind, c.says)
			}
			if err != nil && strings.Contains(err.Error()+sen.HintOf(err), secretText) {
				t.Errorf("the error quotes the server: %v", err)
			}
		})
	}
}

// failing lets a handler fail a few times before the server answers.
func failing(times int, fail http.HandlerFunc) (http.HandlerFunc, *atomic.Int64) {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) <= int64(times) {
			fail(w, r)
			return
		}
		fmt.Fprint(w, `[{"a":1}]`)
	}, &n
}

func breakOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `[{"a":`)
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestWhatMayPassIsTriedAgainWithinTheBudget(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for about, fail := range map[string]http.HandlerFunc{
		"429": status(429), "502": status(502), "503": status(503), "504": status(504), "408": status(408),
		"a body that breaks off": breakOff, "a connection that is hung up": hangUp,
		"a slow answer": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		},
		"a slow body": func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			handler, _ := failing(2, fail)
			server := declare(serve(t, handler).URL, "paging", "none")
			server.Budget.Statement, server.Budget.Patience = 300*time.Millisecond, 10*time.Millisecond
			if got, err := read(t, server, source.Options{}); err != nil || len(got.rows) != 1 {
				t.Errorf("it was not tried again: %v", err)
			}
			handler, asked := failing(1000, fail)
			server.Location = serve(t, handler).URL
			_, err := read(t, server, source.Options{})
			if sen.KindOf(err) != sen.Unavailable || err == nil || !strings.Contains(err.Error(), "given up after 3 attempts") || sen.HintOf(err) == "" {
				t.Errorf("got %v", err)
			}
			if n := asked.Load(); n < 3 || n > 6 { // net/http asks once more by itself where a connection is hung up
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestAServerIsAskedAgainWhenItSaysAndNotBefore(t *testing.T) {
	for about, after := range map[string]func() string{
		"seconds": func() string { return "1" },
		"a date":  func() string { return time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			handler, _ := failing(1, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", after())
				w.WriteHeader(429)
			})
			begun := time.Now()
			_, err := read(t, declare(serve(t, handler).URL, "paging", "none"), source.Options{})
			if took := time.Since(begun); err != nil || took < time.Second {
				t.Errorf("got %v after %s", err, took)
			}
		})
	}
	handler, asked := failing(1, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(503)
	})
	_, err := read(t, declare(serve(t, handler).URL, "paging", "none"), source.Options{})
	if sen.KindOf(err) != sen.Unavailable || !strings.Contains(sen.HintOf(err), "1h0m0s") || asked.Load() != 1 {
		t.Errorf("asked %d times, got %v (%s)", asked.Load(), err, sen.HintOf(err))
	}
}

func TestRequestsKeepTheRateOfTheContract(t *testing.T) {
	s := serve(t, ways["link"].handler(births(35)))
	begun := time.Now()
	if _, err := read(t, declare(s.URL, "paging", "link", "requestsPerMinute", "600"), source.Options{}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 250*time.Millisecond {
		t.Errorf("4 requests at 10 a second took %s", took)
	}
}

func TestReadingsOfOneServerShareItsGate(t *testing.T) {
	var now, most atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		ways["link"].handler(births(35))(w, r)
	})
	server := declare(s.URL, "paging", "link")
	server.Budget.Connections = 2
	gate := live.NewGate(server.Budget)
	done := make(chan error)
	for range 6 {
		go func() {
			a, err := Open(server, gate, nil)
			if err == nil {
				defer a.Close()
				_, _, err = a.Sample(context.Background(), "births", 35)
			}
			done <- err
		}()
	}
	for range 6 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 2 {
		t.Errorf("%d requests at once; want 2", most.Load())
	}
}

func TestACancelledReadingStopsAndLeavesNothingBehind(t *testing.T) {
	s := serve(t, ways["link"].handler(births(100)))
	a := api(t, declare(s.URL, "paging", "link"))
	before := runtime.NumGoroutine()
	r, err := a.Open(t.Context(), "births", source.Options{RangeRows: 7})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ranges := 0
	_, err = r.Read(ctx, source.Mark{}, func(g *source.Range) error {
		g.Release()
		if ranges++; ranges == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || ranges > 3 {
		t.Errorf("got %v after %d ranges", err, ranges)
	}
	full := errors.New("the disk is full")
	if _, err = r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return full }); !errors.Is(err, full) {
		t.Errorf("got %v, want the emitter's own error", err)
	}
	if got, err := take(t, r, source.Mark{}); err != nil || len(got.rows) != 100 {
		t.Errorf("the reader is of no use afterwards: %d rows, %v", len(got.rows), err)
	}
	a.Close()
	s.CloseClientConnections()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
