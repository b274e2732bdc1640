package apptest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Bounds of the crawl: of pages that differ in one record only, some are looked
// at for each role.
const (
	mostOfPattern = 6
	pageBytes     = 100 << 10 // without fonts, pictures and the stylesheet, which are kept
)

// crawl follows every link from the first page, as each role.
func (c *console) crawl(t *testing.T) {
	c.t = t
	var wrong []string
	for role := range c.sessions {
		wrong = append(wrong, c.crawlAs(role)...)
	}
	tell(t, wrong)
}

func (c *console) crawlAs(role string) (wrong []string) {
	visited, ofPattern := map[string]bool{}, map[string]int{}
	type step struct{ path, from string }
	for queue := []step{{"/", "the start"}}; len(queue) > 0; {
		at := queue[0]
		queue = queue[1:]
		pattern := c.patternOf(at.path)
		if visited[at.path] || ofPattern[pattern] >= mostOfPattern {
			continue
		}
		visited[at.path] = true
		if pattern != "" && pattern != "GET /{$}" {
			ofPattern[pattern]++
		}
		got := c.ask("GET", at.path, role, "vi", nil)
		name := fmt.Sprintf("%s as %s, linked from %s", at.path, role, at.from)
		switch {
		case got.status == http.StatusSeeOther || got.status == http.StatusFound:
			queue = append(queue, step{got.header.Get("Location"), at.path})
			continue
		case got.status == http.StatusForbidden && at.path == "/" && !hasPage(role):
			continue // it is told so
		case got.status != http.StatusOK:
			wrong = append(wrong, fmt.Sprintf("%s: status %d", name, got.status))
			continue
		case !strings.HasPrefix(got.header.Get("Content-Type"), "text/html"):
			continue
		case len(got.body) > pageBytes:
			wrong = append(wrong, fmt.Sprintf("%s: %d bytes, more than %d", name, len(got.body), pageBytes))
		}
		c.found[pattern] = append(c.found[pattern], found{at.path, role})
		doc, err := readPage(got.body)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: markup: %v", name, err))
			continue
		}
		wrong = append(wrong, doc.faults(name)...)
		for _, link := range doc.links {
			to, err := resolve(at.path, link)
			if err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: link %q: %v", name, link, err))
			} else if to != "" {
				queue = append(queue, step{to, at.path})
			}
		}
	}
	return wrong
}

// hasPage reports whether the table gives a role a page beyond signing in.
func hasPage(role string) bool {
	return slices.ContainsFunc(pageRoles, func(p pageOf) bool {
		return p.roles != anybody && slices.Contains(strings.Fields(p.roles), role)
	})
}

// resolve makes a link a path of this server; "" for one within the page.
func resolve(from, link string) (string, error) {
	base, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	to, err := base.Parse(link)
	switch {
	case err != nil:
		return "", err
	case to.Host != "" || to.Scheme != "":
		return "", errors.New("leaves this server")
	case strings.HasPrefix(link, "#"):
		return "", nil
	}
	to.Fragment = ""
	return to.RequestURI(), nil
}

// document is what the tests ask of a page.
type document struct {
	title  string
	links  []string
	inside []string // links within the page
	ids    map[string]int
	labels map[string]bool // ids that a label is for
	texts  []passage
}

// passage is a text that a reader meets, and whether it is marked as data: a code,
// or in a language of its own.
type passage struct {
	text string
	data bool
}

// readPage reads a page's markup; one that does not nest is an error.
func readPage(body string) (*document, error) {
	d := &document{ids: map[string]int{}, labels: map[string]bool{}}
	x := xml.NewDecoder(strings.NewReader(body))
	x.Strict, x.AutoClose, x.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var data []bool // of the elements that are open
	silent, title := 0, false
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			return d, nil
		}
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			marked := len(data) > 0 && data[len(data)-1] || isData(e)
			data = append(data, marked)
			d.element(e, marked)
			title = e.Name.Local == "title"
			if e.Name.Local == "script" || e.Name.Local == "style" {
				silent++
			}
		case xml.EndElement:
			data = data[:max(0, len(data)-1)]
			title = false
			if e.Name.Local == "script" || e.Name.Local == "style" {
				silent--
			}
		case xml.CharData:
			words := strings.Join(strings.Fields(string(e)), " ")
			if title {
				d.title = words
			} else if words != "" && silent == 0 {
				d.texts = append(d.texts, passage{words, len(data) > 0 && data[len(data)-1]})
			}
		}
	}
}

// isData says of an element that what it holds is the same in every language.
func isData(e xml.StartElement) bool {
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "lang":
			if e.Name.Local != "html" {
				return true
			}
		case "translate":
			return a.Value == "no"
		case "class":
			if slices.Contains(strings.Fields(a.Value), "code") {
				return true
			}
		}
	}
	return slices.Contains([]string{"bdi", "code", "pre", "time", "textarea"}, e.Name.Local)
}

// element notes what an element leads to, is called and says in its attributes.
func (d *document) element(e xml.StartElement, data bool) {
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "href", "src":
			if strings.HasPrefix(a.Value, "#") {
				d.inside = append(d.inside, a.Value[1:])
			} else {
				d.links = append(d.links, a.Value)
			}
		case "id":
			d.ids[a.Value]++
		case "for":
			d.labels[a.Value] = true
		case "aria-label", "title", "alt", "placeholder", "data-label":
			d.texts = append(d.texts, passage{a.Value, data})
		case "style":
			d.texts = append(d.texts, passage{"style=" + a.Value, false})
		}
	}
}

// faults are what is wrong with a page whatever it shows.
func (d *document) faults(name string) (wrong []string) {
	if d.title == "" {
		wrong = append(wrong, name+": no title")
	}
	for _, to := range d.inside {
		if to != "" && d.ids[to] == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: #%s is nowhere on the page", name, to))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.ids)) {
		if d.ids[id] > 1 {
			wrong = append(wrong, fmt.Sprintf("%s: id %q is given %d times", name, id, d.ids[id]))
		}
	}
	for _, label := range slices.Sorted(maps.Keys(d.labels)) {
		if d.ids[label] == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: a label is for %q, which is nowhere", name, label))
		}
	}
	return wrong
}
