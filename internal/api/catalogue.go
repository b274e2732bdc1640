package api

import (
	"context"
	"net/http"
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
	answer(a, route{id: "search-catalogue", method: http.MethodGet, path: "/catalogue", summary: "Datasets, columns and data elements, the best matches first", tag: "catalogue", scopes: reading, act: access.SeeCatalogue}, a.catalogue)
}

func (a *API) catalogue(_ context.Context, _ sen.Principal, in *catalogueInput) (Page[Entry], error) {
	query := desk.CatalogueQuery{Words: strings.ToValidUTF8(in.Words, ""), Kind: in.Kind, Agency: in.Agency}
	found := a.o.Desk.Catalogue().Search(query).Found
	key := func(f desk.Found) string { return f.Kind + "/" + string(f.Dataset) + "/" + f.Name }
	return paged(in.PageInput, "catalogue", found, key, showEntry)
}
