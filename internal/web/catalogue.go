package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/dictionary"
)

// pageOfFound is how many results a page shows.
const pageOfFound = 40

// longestQuery is how much of what is typed is looked for, in bytes.
const longestQuery = 200

// catalogueData is what the page of the catalogue shows.
type catalogueData struct {
	Query           desk.CatalogueQuery
	Found           []foundData
	Total           int
	First, Last     int // of those shown, from 1
	Earlier, Later  string
	Meant           []queryValue // what was typed, and what it was taken to mean
	Kinds, Agencies []facet
	Golden          []choice // kinds of golden records
}

// foundData is a result, and where it leads.
type foundData struct {
	desk.Found
	Title, Agency, Link string
}

// facet is a way to narrow a search.
type facet struct {
	Value, Title string
	Count        int
	Link         string // to the search with it, or without it where it is chosen
	Chosen       bool
}

func (q *request) catalogue() error {
	asked := q.r.URL.Query()
	query := desk.CatalogueQuery{Words: asked.Get("q"), Kind: asked.Get("kind"), Agency: asked.Get("agency")}
	query.Words = strings.ToValidUTF8(query.Words[:min(len(query.Words), longestQuery)], "")
	c := q.o.Desk.Catalogue()
	answer := c.Search(query)
	from, err := strconv.Atoi(cmp.Or(asked.Get("from"), "0"))
	if err != nil || from < 0 || from > len(answer.Found) {
		from = 0
	}
	to := min(from+pageOfFound, len(answer.Found))
	d := catalogueData{Query: query, Total: len(answer.Found), First: from + 1, Last: to}
	for _, one := range answer.Found[from:to] {
		d.Found = append(d.Found, foundData{one, q.title(one.Title), c.AgencyName(one.Agency), q.entryLink(one.Entry)})
	}
	if from > 0 {
		d.Earlier = searchLink(query, max(0, from-pageOfFound))
	}
	if to < len(answer.Found) {
		d.Later = searchLink(query, to)
	}
	for _, typed := range slices.Sorted(maps.Keys(answer.Meant)) {
		d.Meant = append(d.Meant, queryValue{typed, answer.Meant[typed]})
	}
	d.Kinds = q.kindFacets(query, answer)
	d.Agencies = agencyFacets(query, answer, c)
	d.Golden = q.golden()
	return q.render(http.StatusOK, "catalogue", q.lang.Pick("Danh mục dữ liệu", "Data catalogue"), d)
}

func (q *request) title(t dictionary.Text) string { return q.lang.Pick(t.VI, t.EN) }

// searchLink leads to a search, from a result on.
func searchLink(query desk.CatalogueQuery, from int) string {
	v := url.Values{}
	for _, one := range []queryValue{{"q", query.Words}, {"kind", query.Kind}, {"agency", query.Agency}} {
		if one.Value != "" {
			v.Set(one.Name, one.Value)
		}
	}
	if from > 0 {
		v.Set("from", strconv.Itoa(from))
	}
	return "/catalogue?" + v.Encode()
}

// entryLink leads to more about an entry, to where this person may look.
func (q *request) entryLink(e desk.Entry) string {
	if e.Kind == desk.KindElement {
		return "/catalogue/elements/" + url.PathEscape(e.Name)
	}
	return q.datasetLink(e.Dataset)
}

func (q *request) datasetLink(name sen.Dataset) string {
	if q.may(access.SeeSystems) && access.Sees(q.principal(), name) {
		return "/systems/" + url.PathEscape(string(name))
	}
	return "/catalogue/datasets/" + url.PathEscape(string(name))
}

func (q *request) kindFacets(query desk.CatalogueQuery, a desk.CatalogueAnswer) []facet {
	var out []facet
	for _, kind := range []string{desk.KindDataset, desk.KindElement, desk.KindColumn} {
		with := query
		with.Kind = kind
		chosen := query.Kind == kind
		if chosen {
			with.Kind = ""
		}
		if a.Kinds[kind] > 0 || chosen {
			out = append(out, facet{kind, wordOf(q.lang, kindWords, kind).Text, a.Kinds[kind], searchLink(with, 0), chosen})
		}
	}
	return out
}

func agencyFacets(query desk.CatalogueQuery, a desk.CatalogueAnswer, c *desk.Catalogue) []facet {
	var out []facet
	for _, agency := range slices.Sorted(maps.Keys(a.Agencies)) {
		with := query
		with.Agency = agency
		chosen := query.Agency == agency
		if chosen {
			with.Agency = ""
		}
		out = append(out, facet{agency, c.AgencyName(agency), a.Agencies[agency], searchLink(with, 0), chosen})
	}
	slices.SortStableFunc(out, func(x, y facet) int { return cmp.Compare(y.Count, x.Count) })
	return out
}

// catalogueDatasetData is what the catalogue says of one dataset.
type catalogueDatasetData struct {
	Name    sen.Dataset
	Dataset contract.Dataset
	Columns []desk.Column
	Gives   map[string][]desk.GoldenField
	Systems string // the page of where it stands, for those who may see it
}

func (q *request) catalogueDataset() error {
	one, err := q.o.Desk.Dataset(sen.Dataset(q.r.PathValue("dataset")))
	if err != nil {
		return err
	}
	d := catalogueDatasetData{Name: one.Name, Dataset: one, Columns: desk.Columns(one), Gives: q.o.Desk.Gives(string(one.Name))}
	if q.may(access.SeeSystems) && access.Sees(q.principal(), one.Name) {
		d.Systems = q.datasetLink(one.Name)
	}
	return q.render(http.StatusOK, "catalogue-dataset", cmp.Or(one.Object.BusinessName, string(one.Name)), d)
}

// elementData is what the page of one element shows.
type elementData struct {
	Element  *dictionary.Element
	Title    string
	Help     string
	Problems []queryValue // code and meaning
	Uses     []useData
}

// useData is a column that holds an element.
type useData struct {
	desk.Entry
	Title, Link string
}

func (q *request) element() error {
	e, err := q.o.Desk.Element(q.r.PathValue("name"))
	if err != nil {
		return err
	}
	d := elementData{Element: e, Title: q.title(e.Title), Help: q.title(e.Help)}
	problems := e.Problems()
	for _, code := range slices.Sorted(maps.Keys(problems)) {
		d.Problems = append(d.Problems, queryValue{code, q.title(problems[code])})
	}
	for _, use := range q.o.Desk.Catalogue().Uses(e.Name) {
		d.Uses = append(d.Uses, useData{use, q.title(use.Title), q.datasetLink(use.Dataset)})
	}
	return q.render(http.StatusOK, "element", cmp.Or(d.Title, e.Name), d)
}
