package web

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/state"
	"github.com/sen-hub/sen/internal/text"
)

//go:embed all:pages
var pages embed.FS

// views are the pages in one language.
type views struct {
	lang  text.Lang
	pages map[string]*template.Template
}

// page is what every page shows around its own content.
type page struct {
	Lang     text.Lang
	Title    string
	Country  string
	PathOnly string       // of this page
	Query    []queryValue // of this page
	User     string
	Role     string
	Menu     []menuItem
	Demo     bool
	Now      time.Time
	Data     any
}

type queryValue struct{ Name, Value string }

type menuItem struct {
	Path, Title string
	Here        bool
}

// readViews parses every page, each with the frame around it.
func (s *Server) readViews(l text.Lang) (*views, error) {
	v := &views{lang: l, pages: map[string]*template.Template{}}
	files, err := fs.Glob(pages, "pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if strings.HasPrefix(name, "_") {
			continue // a part of others
		}
		t, err := template.New(name).Funcs(s.funcs(l)).Funcs(recordFuncs(l)).Funcs(faultFuncs(l)).ParseFS(pages, "pages/_*.html", file)
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		v.pages[name] = t
	}
	return v, nil
}

// funcs are what pages may call; t chooses between the two ways of saying a thing.
func (s *Server) funcs(l text.Lang) template.FuncMap {
	return template.FuncMap{
		"t":       l.Pick,
		"n":       func(v any) string { return l.Count(toInt(v)) },
		"pct":     func(v float64) string { return l.Decimal(v*100, 1) + " %" },
		"num":     func(v float64, decimals int) string { return l.Decimal(v, decimals) },
		"date":    func(t time.Time) string { return l.Date(t.Local()) },
		"when":    func(t time.Time) string { return l.Time(t.Local()) },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"about":   func(t time.Time) string { return about(l, s.o.Now().Sub(t)) },
		"lasts":   l.Duration,
		"static":  s.static.url,
		"role":    func(role string) string { return roleWord(l, role) },
		"stage":   func(name string) word { return wordOf(l, stageWords, name) },
		"run":     func(name string) word { return wordOf(l, runWords, name) },
		"part":    func(name string) string { return wordOf(l, partWords, name).Text },
		"kind":    func(name string) string { return wordOf(l, kindWords, name).Text },
		"job":     func(name state.JobState) word { return wordOf(l, jobWords, string(name)) },
		"jobKind": func(name string) string { return wordOf(l, jobKindWords, name).Text },
		"step":    func(name string) string { return wordOf(l, stepWords, name).Text },
		"result":  func(name string) string { return wordOf(l, resultWords, name).Text },
		"class":   func(name contract.Class) word { return wordOf(l, classWords, string(name)) },
		"bytes":   l.Bytes,
		"asker":   func(principal string) string { return asker(l, principal) },
		"blocks":  func(name string) string { return desk.BlockMeaning(l, name) },
	}
}

// about says how long ago something was in its largest unit.
func about(l text.Lang, d time.Duration) string {
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= unit {
			return l.Duration(d.Truncate(unit)) + l.Pick(" trước", " ago")
		}
	}
	return l.Pick("vừa xong", "just now")
}

func toInt(v any) int64 {
	switch v := v.(type) {
	case int:
		return int64(v)
	case int64:
		return v
	}
	return 0
}

// render shows a page whole or not at all.
func (q *request) render(status int, name, title string, data any) error {
	t, ok := q.views[q.lang].pages[name]
	if !ok {
		return sen.Errorf(sen.Internal, "there is no page %q", name)
	}
	p := page{Lang: q.lang, Title: title, Country: q.o.Country, PathOnly: q.r.URL.Path, Demo: len(q.o.Demo) > 0, Now: q.o.Now(), Data: data}
	if q.r.Method == http.MethodGet {
		query := q.r.URL.Query()
		for _, name := range slices.Sorted(maps.Keys(query)) {
			for _, value := range query[name] {
				p.Query = append(p.Query, queryValue{name, value})
			}
		}
	} else {
		p.PathOnly = cmp.Or(q.here, "/")
	}
	if q.who != nil {
		p.User, p.Role = q.who.Title, q.who.Role
		for _, one := range menu {
			if q.may(one.act) {
				p.Menu = append(p.Menu, menuItem{one.path, q.lang.Pick(one.vi, one.en), q.r.URL.Path == one.path || strings.HasPrefix(q.r.URL.Path, one.path+"/")})
			}
		}
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page", p); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.Header().Set("Content-Language", string(q.lang))
	q.w.WriteHeader(status)
	if q.r.Method != http.MethodHead {
		_, _ = b.WriteTo(q.w)
	}
	return nil
}
