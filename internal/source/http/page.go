package http

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sen-hub/sen"
)

// step is what tells one page of a reading from the others: the one that its
// paging uses. The zero step is the first page. It is stored in marks.
type step struct {
	Offset int64  `json:"offset,omitempty"`
	Page   int64  `json:"page,omitempty"` // pages before it
	Cursor string `json:"cursor,omitempty"`
	Link   string `json:"link,omitempty"` // path and query
}

// page is an answer, taken apart.
type page struct {
	rows    []byte // the text of the array, its brackets included
	count   int
	sum     [sha256.Size]byte // of the array's text
	next    *step             // nil: it is the last, as far as the answer says
	total   int64             // -1: the contract names no place for it
	state   string
	changes string
	taken   time.Time // by the server's clock
}

// object is what one reading asks for.
type object struct {
	*API
	name  string
	url   *url.URL
	rows  pointer
	since string // the change cursor; "": all rows
}

// maxFact bounds what is kept of an answer's cursors.
const maxFact = 8 << 10

// of is an object by its physicalName.
func (a *API) of(name, since string) (*object, error) {
	if name == "" || strings.ContainsAny(name, "?#%") || strings.Contains(name, "..") {
		return nil, sen.Errorf(sen.Invalid, "%q is not the name of an object in an address", name).
			WithHint("the object's physicalName stands for ${object} in the server's path; a query belongs to path")
	}
	path, query, _ := strings.Cut(a.d.path, "?")
	u := *a.d.base
	u.Path = strings.TrimSuffix(u.Path, "/")
	if path = strings.TrimPrefix(strings.ReplaceAll(path, objectVariable, name), "/"); path != "" {
		u.Path += "/" + path
	}
	u.RawPath, u.RawQuery = "", strings.ReplaceAll(query, objectVariable, url.QueryEscape(name))
	rows, err := parsePointer(strings.ReplaceAll(a.d.rows, objectVariable, escaper.Replace(name)))
	return &object{API: a, name: name, url: &u, rows: rows, since: since}, err
}

// page asks for one page.
func (o *object) page(ctx context.Context, at step) (*page, error) {
	u, err := o.urlOf(at)
	if err != nil {
		return nil, err
	}
	got, err := o.get(ctx, u)
	if err != nil {
		return nil, err
	}
	p, err := o.read(got, at)
	if err != nil {
		return nil, named(address(u), err)
	}
	return p, nil
}

// urlOf is the address of a page.
func (o *object) urlOf(at step) (*url.URL, error) {
	if at.Link != "" {
		u, err := o.url.Parse(at.Link)
		if err != nil {
			return nil, sen.Errorf(sen.Corrupt, "%s: an address of a page cannot be read", address(o.url))
		}
		return u, nil
	}
	u := *o.url
	add := func(name, value string) {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += url.QueryEscape(name) + "=" + url.QueryEscape(value)
	}
	if o.since != "" {
		add(o.d.changesName, o.since)
	}
	if o.d.size > 0 {
		add(o.d.sizeName, strconv.FormatInt(o.d.size, 10))
	}
	switch {
	case o.d.paging == pagingOffset:
		add(o.d.offsetName, strconv.FormatInt(at.Offset, 10))
	case o.d.paging == pagingPage:
		add(o.d.pageName, strconv.FormatInt(o.d.first+at.Page, 10))
	case at.Cursor != "":
		add(o.d.nextName, at.Cursor)
	}
	return &u, nil
}

// read takes an answer apart. Errors: Corrupt when it is not what the
// contract says.
func (o *object) read(got *answer, at step) (*page, error) {
	text := got.body
	if len(text) >= 3 && string(text[:3]) == "\xEF\xBB\xBF" {
		text = text[3:] // may be passed over: RFC 8259, section 8.1
	}
	f, err := o.facts(got.header, text)
	if err != nil {
		return nil, err
	}
	rows := f.values[0]
	switch {
	case rows.kind == 0:
		return nil, sen.Errorf(sen.Corrupt, "the answer has nothing at %q, where its rows should stand", o.rows.String()).
			WithHint("the server's custom property rows says where; an API that answers so when it fails must be mended by its owner")
	case rows.kind != '[':
		return nil, sen.Errorf(sen.Corrupt, "the answer has no array at %q, where its rows should stand", o.rows.String()).
			WithHint("the server's custom property rows says where; one record alone, or null, is not taken for rows")
	}
	p := &page{rows: text[rows.start:rows.end], count: rows.elements, total: -1, taken: time.Now()}
	p.sum = sha256.Sum256(p.rows)
	if date, err := http.ParseTime(got.header.Get("Date")); err == nil {
		p.taken = date
	}
	if o.d.total != nil {
		if p.total, err = f.total(*o.d.total); err != nil {
			return nil, err
		}
	}
	if p.state, err = f.placed(o.d.state); err != nil {
		return nil, err
	}
	if p.changes, err = f.placed(o.d.changes); err != nil {
		return nil, err
	}
	if p.next, err = o.follow(got, f, p, at); err != nil || o.d.more == nil {
		return p, err
	}
	return p, o.goesOn(f, p)
}

// goesOn holds the next page against what the answer says of it.
func (o *object) goesOn(f *facts, p *page) error {
	switch kind := f.at(*o.d.more).kind; {
	case kind == 'f':
		p.next = nil
	case kind != 't':
		return sen.Errorf(sen.Corrupt, "the answer has neither true nor false at %s", o.d.more).WithHint("the server's custom property more says where it tells whether a page follows")
	case p.next == nil:
		return sen.Errorf(sen.Corrupt, "the answer says that a page follows, and does not say which, or is empty").WithHint("the API's owner must mend this, or the contract names another place for it")
	}
	return nil
}

// facts are the values that stand beside the rows.
type facts struct {
	text     []byte
	header   http.Header
	pointers []pointer // the rows' first
	values   []found
}

func (o *object) facts(h http.Header, text []byte) (*facts, error) {
	f := &facts{text: text, header: h, pointers: []pointer{o.rows}}
	if o.d.cursor != nil {
		f.pointers = append(f.pointers, o.d.cursor)
	}
	for _, p := range []*pointer{o.d.next, o.d.more, o.d.total} {
		if p != nil {
			f.pointers = append(f.pointers, *p)
		}
	}
	for _, p := range []*place{o.d.state, o.d.changes} {
		if p != nil && p.header == "" {
			f.pointers = append(f.pointers, p.at)
		}
	}
	var err error
	f.values, err = locate(text, f.pointers)
	return f, err
}

// at is what stands at a pointer.
func (f *facts) at(p pointer) found {
	i := slices.IndexFunc(f.pointers, func(q pointer) bool { return slices.Equal(p, q) })
	return f.values[i]
}

// value is what stands at a pointer, as text; "" where there is nothing, null
// or false.
func (f *facts) value(p pointer) (string, error) {
	v := f.at(p)
	text := f.text[v.start:v.end]
	switch v.kind {
	case 0, 'n', 'f':
		return "", nil
	case '0':
	case '"':
		plain, err := jsontext.AppendUnquote(nil, text)
		if err != nil {
			return "", sen.Errorf(sen.Corrupt, "the answer's text at %s has an invalid escape, or bytes that are no UTF-8", p)
		}
		text = plain
	default:
		return "", sen.Errorf(sen.Corrupt, "the answer has no text or number at %s", p)
	}
	if len(text) > maxFact {
		return "", sen.Errorf(sen.Corrupt, "the answer's text at %s is longer than %d bytes", p, maxFact)
	}
	return string(text), nil
}

func (f *facts) placed(p *place) (string, error) {
	switch {
	case p == nil:
		return "", nil
	case p.header == "":
		return f.value(p.at)
	}
	text := f.header.Get(p.header)
	if len(text) > maxFact {
		return "", sen.Errorf(sen.Corrupt, "the answer's header %s is longer than %d bytes", p.header, maxFact)
	}
	return text, nil
}

// total is the number of rows that the answer says there are.
func (f *facts) total(p pointer) (int64, error) {
	text, err := f.value(p)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, sen.Errorf(sen.Corrupt, "the answer has no number of rows at %s", p).WithHint("the server's custom property total says where; leave it out if the API gives none")
	}
	return n, nil
}

// follow is the page behind this one; nil when the answer says that there is
// none. By number a page is the last when it is empty: one that is shorter
// than what was asked for may have been cut by a limit of the server's.
func (o *object) follow(got *answer, f *facts, p *page, at step) (*step, error) {
	link := nextLink(got.header.Values("Link"))
	switch o.d.paging {
	case pagingNone:
		if link != "" {
			return nil, sen.Errorf(sen.Corrupt, "the answer names a next page, and the contract says that there is none").WithHint("write paging: link")
		}
		return nil, nil
	case pagingOffset:
		if p.count == 0 {
			return nil, nil
		}
		return &step{Offset: at.Offset + int64(p.count)}, nil
	case pagingPage:
		if p.count == 0 {
			return nil, nil
		}
		return &step{Page: at.Page + 1}, nil
	case pagingCursor:
		next, err := f.value(o.d.cursor)
		if err != nil || next == "" {
			return nil, err
		}
		return &step{Cursor: next}, nil
	}
	if o.d.next != nil {
		var err error
		if link, err = f.value(*o.d.next); err != nil {
			return nil, err
		}
	}
	if link == "" {
		return nil, nil
	}
	return o.linked(got.url, link)
}

// linked is the page that an answer from one address links to.
func (o *object) linked(from *url.URL, link string) (*step, error) {
	u, err := from.Parse(link)
	switch {
	case err != nil || len(link) > maxFact:
		return nil, sen.Errorf(sen.Corrupt, "the answer's link to the next page is no address")
	case !sameOrigin(u, o.url) || u.User != nil:
		return nil, sen.Errorf(sen.Denied, "the answer's next page is at another host").WithHint("the hub goes to no host but the contract's; the API's owner must mend the link")
	}
	u.Fragment = ""
	return &step{Link: u.RequestURI()}, nil
}
