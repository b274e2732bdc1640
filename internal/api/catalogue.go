package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
)

// Text is said in both languages.
type Text struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// Entry is one thing of the catalogue: a dataset, a column of one, or an element
// of the dictionary.
type Entry struct {
	Kind    string   `json:"kind" enum:"dataset,column,element"`
	Name    string   `json:"name"`
	Title   Text     `json:"title"`
	Dataset string   `json:"dataset,omitempty"`
	Agency  string   `json:"agency,omitempty"`
	Element string   `json:"element,omitempty" doc:"that a column holds"`
	Matches []string `json:"matches,omitempty" nullable:"false" doc:"texts in which what was looked for stands"`
}

func showEntry(f desk.Found) Entry {
	out := Entry{Kind: f.Kind, Name: f.Name, Title: Text(f.Title), Dataset: string(f.Dataset), Agency: f.Agency, Element: f.Element}
	for _, m := range f.Matches {
		var b strings.Builder
		for _, piece := range m.Pieces {
			b.WriteString(piece.Text)
		}
		out.Matches = append(out.Matches, b.String())
	}
	return out
}

type catalogueInput struct {
	PageInput
	Words  string `query:"q" maxLength:"200" doc:"what is looked for; missing diacritics are forgiven"`
	Kind   string `query:"kind" enum:"dataset,column,element"`
	Agency string `query:"agency" maxLength:"100"`
}

func (a *API) registerCatalogue() {
	const tag = "catalogue"
	answer(a, route{id: "search-catalogue", method: http.MethodGet, path: "/catalogue", summary: "Datasets, columns and data elements, the best matches first", tag: tag, scopes: reading, act: access.SeeCatalogue}, a.catalogue)
	answer(a, route{id: "get-dataset", method: http.MethodGet, path: "/catalogue/datasets/{dataset}", summary: "What a contract declares of a dataset", tag: tag, scopes: reading, act: access.SeeCatalogue,
		about: "Every dataset but state secrets, whoever's it is: no record of it is told."}, a.catalogued)
	answer(a, route{id: "get-element", method: http.MethodGet, path: "/catalogue/elements/{name}", summary: "A data element of the dictionary, and which columns hold it", tag: tag, scopes: reading, act: access.SeeCatalogue}, a.element)
}

// CataloguedDataset is what a contract declares of a dataset.
type CataloguedDataset struct {
	Dataset         string             `json:"dataset" example:"civil-status.birth"`
	Agency          string             `json:"agency"`
	Title           string             `json:"title,omitempty"`
	Description     string             `json:"description,omitempty"`
	ContractID      string             `json:"contract_id"`
	ContractVersion string             `json:"contract_version"`
	Columns         []CataloguedColumn `json:"columns" nullable:"false"`
}

// CataloguedColumn is a column, and which fields of golden records it gives.
type CataloguedColumn struct {
	Column
	Gives []string `json:"gives" nullable:"false" doc:"ENTITY.FIELD"`
}

func (a *API) catalogued(_ context.Context, _ sen.Principal, in *DatasetInput) (CataloguedDataset, error) {
	one, err := a.o.Desk.Dataset(sen.Dataset(in.Dataset))
	if err != nil {
		return CataloguedDataset{}, err
	}
	out := CataloguedDataset{Dataset: string(one.Name), Agency: one.Name.Agency(), Title: one.Object.BusinessName, Description: one.Object.Description,
		ContractID: one.Contract.ID, ContractVersion: one.Contract.Version, Columns: []CataloguedColumn{}}
	gives := a.o.Desk.Gives(string(one.Name))
	for _, c := range desk.Columns(one) {
		column := CataloguedColumn{Column: Column(c), Gives: []string{}}
		for _, g := range gives[c.Name] {
			column.Gives = append(column.Gives, g.Entity+"."+g.Field)
		}
		out.Columns = append(out.Columns, column)
	}
	return out, nil
}

// Element is a data element of the dictionary.
type Element struct {
	Name     string           `json:"name" example:"personal-identity-number"`
	Title    Text             `json:"title"`
	Help     Text             `json:"help" doc:"what its standard form is"`
	Problems []ElementProblem `json:"problems" nullable:"false" doc:"what can be wrong with a value"`
	Uses     []ColumnName     `json:"uses" nullable:"false" doc:"columns that hold it"`
}

// ElementProblem is what can be wrong with a value of an element.
type ElementProblem struct {
	Code    string `json:"code" example:"wrong-length"`
	Meaning Text   `json:"meaning"`
}

// ColumnName is a column of a dataset.
type ColumnName struct {
	Dataset string `json:"dataset"`
	Column  string `json:"column"`
}

type elementInput struct {
	Name string `path:"name" maxLength:"100" example:"personal-identity-number"`
}

func (a *API) element(_ context.Context, _ sen.Principal, in *elementInput) (Element, error) {
	e, err := a.o.Desk.Element(in.Name)
	if err != nil {
		return Element{}, err
	}
	out := Element{Name: e.Name, Title: Text(e.Title), Help: Text(e.Help), Problems: []ElementProblem{}, Uses: []ColumnName{}}
	problems := e.Problems()
	for _, code := range slices.Sorted(maps.Keys(problems)) {
		out.Problems = append(out.Problems, ElementProblem{code, Text(problems[code])})
	}
	for _, use := range a.o.Desk.Catalogue().Uses(e.Name) {
		out.Uses = append(out.Uses, ColumnName{string(use.Dataset), use.Name})
	}
	return out, nil
}

func (a *API) catalogue(_ context.Context, _ sen.Principal, in *catalogueInput) (Page[Entry], error) {
	query := desk.CatalogueQuery{Words: strings.ToValidUTF8(in.Words, ""), Kind: in.Kind, Agency: in.Agency}
	found := a.o.Desk.Catalogue().Search(query).Found
	key := func(f desk.Found) string { return f.Kind + "/" + string(f.Dataset) + "/" + f.Name }
	return paged(in.PageInput, "catalogue", found, key, showEntry)
}
