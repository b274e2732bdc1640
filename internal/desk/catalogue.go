package desk

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
)

// Kinds of what the catalogue holds.
const (
	KindDataset = "dataset"
	KindElement = "element"
	KindColumn  = "column"
)

// The parts of an entry that a search looks at.
const (
	PartName        = "name"
	PartTitle       = "title"
	PartSource      = "source"  // its name in the agency's own system
	PartAgency      = "agency"  // who gives it
	PartElement     = "element" // the data element that a column holds
	PartDescription = "description"
)

// partWeights order results: a word in a name says more than one in a text.
var partWeights = map[string]float64{PartName: 8, PartTitle: 8, PartSource: 5, PartElement: 3, PartAgency: 2, PartDescription: 1}

// Entry is one thing of the catalogue: a dataset, a column of one, or an
// element of the dictionary.
type Entry struct {
	Kind    string          `json:"kind"`
	Name    string          `json:"name"` // of a column: its name in the dataset
	Title   dictionary.Text `json:"title"`
	Dataset sen.Dataset     `json:"dataset,omitempty"` // none: an element
	Agency  string          `json:"agency,omitempty"`
	Element string          `json:"element,omitempty"` // that a column holds

	parts []part
}

// part is a text of an entry, and what it is.
type part struct {
	name  string
	text  string
	words []string // folded
}

// Found is an entry that a search has found, with the texts in which its words
// stand.
type Found struct {
	Entry
	Matches []Match `json:"matches,omitempty"`

	score float64
}

// Match is a text in which words of a search stand.
type Match struct {
	Part   string  `json:"part"`
	Pieces []Piece `json:"pieces"`
}

// Piece is a stretch of a text. The pieces of a match make up its text.
type Piece struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty"` // a word that was looked for
}

// CatalogueQuery is what somebody looks for; empty parts ask for all.
type CatalogueQuery struct {
	Words  string
	Kind   string
	Agency string
}

// CatalogueAnswer is what was found.
type CatalogueAnswer struct {
	Found    []Found           `json:"found"` // the best first
	Meant    map[string]string `json:"meant,omitempty"`
	Kinds    map[string]int    `json:"kinds"`    // entries by kind, of the agency that was asked for
	Agencies map[string]int    `json:"agencies"` // entries by agency, of the kind that was asked for
}

// Catalogue is all that is published about datasets, made ready for search. It
// holds no record. It is safe for concurrent use: nothing in it changes.
type Catalogue struct {
	entries  []Entry
	postings map[string][]posting // by folded word
	words    []string             // of postings, sorted
	agencies map[string]string    // names of agencies
}

// posting is where a word stands: in which entry, in which of its parts.
type posting struct{ entry, part int }

// Catalogue is the hub's. Of datasets that hold a state secret nothing is said.
func (d *Desk) Catalogue() *Catalogue { return d.catalogue() }

// NewCatalogue reads datasets and elements into an index in memory.
func NewCatalogue(datasets []contract.Dataset, elements []*dictionary.Element) *Catalogue {
	c := &Catalogue{postings: map[string][]posting{}, agencies: map[string]string{}}
	known := map[string]*dictionary.Element{}
	for _, e := range elements {
		known[e.Name] = e
	}
	for _, one := range datasets {
		if one.StateSecret() {
			continue
		}
		c.agencies[one.Name.Agency()] = cmp.Or(one.Contract.Name, one.Name.Agency())
		c.addDataset(one, known)
	}
	for _, e := range elements {
		c.add(Entry{Kind: KindElement, Name: e.Name, Title: e.Title}, map[string]string{
			PartName: e.Name, PartTitle: e.Title.VI + " · " + e.Title.EN, PartDescription: e.Help.VI + " · " + e.Help.EN, PartSource: e.Source})
	}
	c.words = slices.Sorted(maps.Keys(c.postings))
	return c
}

func (c *Catalogue) addDataset(one contract.Dataset, elements map[string]*dictionary.Element) {
	agency := one.Name.Agency()
	given := agency + " · " + one.Contract.Name
	o := one.Object
	c.add(Entry{Kind: KindDataset, Name: string(one.Name), Title: same(o.BusinessName), Dataset: one.Name, Agency: agency}, map[string]string{
		PartName: string(one.Name), PartTitle: o.BusinessName, PartSource: o.Source(), PartAgency: given,
		PartDescription: joined(o.Description, one.Contract.Description.Purpose, strings.Join(o.Tags, " "))})
	for _, p := range o.Properties {
		element := p.Element
		if e := elements[p.Element]; e != nil {
			element = joined(e.Name, e.Title.VI, e.Title.EN)
		}
		c.add(Entry{Kind: KindColumn, Name: p.Name, Title: same(p.BusinessName), Dataset: one.Name, Agency: agency, Element: p.Element}, map[string]string{
			PartName: p.Name, PartTitle: p.BusinessName, PartSource: p.Source(), PartElement: element, PartAgency: given, PartDescription: p.Description})
	}
}

// same is a title that its contract has in one language only.
func same(title string) dictionary.Text { return dictionary.Text{VI: title, EN: title} }

func joined(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), " · ")
}

func (c *Catalogue) add(e Entry, texts map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := texts[name]
		if text == "" || name != PartName && text == texts[PartName] {
			continue // what the name says already
		}
		p := part{name: name, text: text, words: wordsOf(text)}
		e.parts = append(e.parts, p)
		for _, w := range slices.Compact(slices.Sorted(slices.Values(p.words))) {
			c.postings[w] = append(c.postings[w], posting{len(c.entries), len(e.parts) - 1})
		}
	}
	c.entries = append(c.entries, e)
}

// wordsOf are the words of a text as they are compared: folded, and cut at all
// that is neither letter nor digit.
func wordsOf(text string) []string {
	return strings.FieldsFunc(dictionary.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// mostWords bounds a search.
const mostWords = 12

// Search finds the entries in which every word of the query stands, whatever
// their order, or a longer word that begins with it; where there is none such
// in the whole catalogue, the words nearest to it. Marks and case do not count.
// An empty query finds everything.
func (c *Catalogue) Search(q CatalogueQuery) CatalogueAnswer {
	a := CatalogueAnswer{Kinds: map[string]int{}, Agencies: map[string]int{}}
	words := wordsOf(q.Words)
	words = words[:min(len(words), mostWords)]
	scores := map[int]float64{}
	hits := map[string]bool{}
	for i, w := range words {
		of, meant := c.alike(w)
		if meant != "" {
			if a.Meant == nil {
				a.Meant = map[string]string{}
			}
			a.Meant[w] = meant
		}
		scores = c.narrow(scores, of, i == 0)
		for _, one := range of {
			hits[one.word] = true
		}
	}
	for i := range c.entries {
		score, in := scores[i]
		if len(words) > 0 && !in {
			continue
		}
		if len(words) > 1 {
			score += c.together(i, words)
		}
		c.take(&a, q, i, score, hits)
	}
	slices.SortStableFunc(a.Found, func(x, y Found) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(kindOrder[x.Kind], kindOrder[y.Kind]))
	})
	return a
}

var kindOrder = map[string]int{KindDataset: 0, KindElement: 1, KindColumn: 2}

// take counts an entry, and keeps it where it is of the kind and the agency that
// were asked for.
func (c *Catalogue) take(a *CatalogueAnswer, q CatalogueQuery, i int, score float64, hits map[string]bool) {
	e := c.entries[i]
	ofKind, ofAgency := q.Kind == "" || e.Kind == q.Kind, q.Agency == "" || e.Agency == q.Agency
	if ofAgency {
		a.Kinds[e.Kind]++
	}
	if ofKind && e.Agency != "" {
		a.Agencies[e.Agency]++
	}
	if ofKind && ofAgency {
		a.Found = append(a.Found, Found{Entry: e, Matches: e.matches(hits), score: score})
	}
}

// likeness is a word of the index that stands for one that was typed, and how
// much it is worth.
type likeness struct {
	word  string
	worth float64
}

// alike are the words of the index that a typed word stands for: itself and
// those that begin with it, else the nearest; meant is such a nearest one.
func (c *Catalogue) alike(typed string) (of []likeness, meant string) {
	at, _ := slices.BinarySearch(c.words, typed)
	for ; at < len(c.words) && strings.HasPrefix(c.words[at], typed); at++ {
		worth := 0.5
		if c.words[at] == typed {
			worth = 1
		}
		of = append(of, likeness{c.words[at], worth})
	}
	if len(of) > 0 {
		return of, ""
	}
	nearest := errorsAllowed(typed) + 1
	for _, w := range c.words {
		d := distance(typed, w, nearest)
		if d < nearest {
			of, nearest = nil, d
		}
		if d == nearest && d <= errorsAllowed(typed) {
			of = append(of, likeness{w, 0.25})
		}
	}
	if len(of) > 0 {
		// the one that stands in most places
		meant = slices.MaxFunc(of, func(a, b likeness) int { return cmp.Compare(len(c.postings[a.word]), len(c.postings[b.word])) }).word
	}
	return of, meant
}

// errorsAllowed is how many letters may be wrong: of short words none, since
// another short word is another word.
func errorsAllowed(word string) int {
	switch n := len([]rune(word)); {
	case n < 4:
		return 0
	case n < 8:
		return 1
	}
	return 2
}

// distance is how many letters must be put in, left out, changed, or swapped
// with their neighbour to make a of b: the optimal string alignment distance (L.
// Boytsov, "Indexing methods for approximate dictionary searching", 2011,
// section 2.1). Beyond most it gives more than most.
func distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	before, last, now := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		now[0] = i
		for j := 1; j <= len(y); j++ {
			changed := last[j-1]
			if x[i-1] != y[j-1] {
				changed++
			}
			now[j] = min(changed, last[j]+1, now[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(y)]
}

// narrow keeps of the entries so far (all: first) those in which one of the
// words stands, each with the best of its places.
func (c *Catalogue) narrow(so map[int]float64, of []likeness, first bool) map[int]float64 {
	best := map[int]float64{}
	for _, one := range of {
		for _, at := range c.postings[one.word] {
			p := c.entries[at.entry].parts[at.part]
			// of two texts with a word, the shorter one is more about it
			worth := one.worth * partWeights[p.name] * (1 + 1/float64(len(p.words)))
			best[at.entry] = max(best[at.entry], worth)
		}
	}
	if first {
		return best
	}
	for entry, worth := range best {
		if before, in := so[entry]; in {
			best[entry] = before + worth
		} else {
			delete(best, entry)
		}
	}
	return best
}

// together is what an entry gains by having the words beside each other in the
// order in which they were typed.
func (c *Catalogue) together(entry int, words []string) float64 {
	typed := strings.Join(words, " ")
	gain := 0.0
	for _, p := range c.entries[entry].parts {
		if strings.Contains(" "+strings.Join(p.words, " "), " "+typed) {
			gain = max(gain, 2*partWeights[p.name])
		}
	}
	return gain
}

// matches are the texts of an entry in which hits stand.
func (e Entry) matches(hits map[string]bool) []Match {
	var out []Match
	for _, p := range e.parts {
		if slices.ContainsFunc(p.words, func(w string) bool { return hits[w] }) {
			out = append(out, Match{Part: p.name, Pieces: pieces(p.text, hits)})
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int { return cmp.Compare(partWeights[b.Part], partWeights[a.Part]) })
	return out
}

// pieces cuts a text at the words that are hits.
func pieces(text string, hits map[string]bool) []Piece {
	var out []Piece
	put := func(s string, hit bool) {
		if s == "" {
			return
		}
		if last := len(out) - 1; last >= 0 && out[last].Hit == hit && !hit {
			out[last].Text += s
			return
		}
		out = append(out, Piece{s, hit})
	}
	begin := 0 // of the run of letters, or of what is none
	inWord := false
	flush := func(end int) {
		s := text[begin:end]
		put(s, inWord && hits[dictionary.Fold(s)])
		begin = end
	}
	for i, r := range text {
		// a combining mark belongs to the letter before it
		if is := unicode.IsLetter(r) || unicode.IsDigit(r) || inWord && unicode.IsMark(r); is != inWord {
			flush(i)
			inWord = is
		}
	}
	flush(len(text))
	return out
}

// AgencyName is what an agency is called.
func (c *Catalogue) AgencyName(agency string) string { return cmp.Or(c.agencies[agency], agency) }

// Uses are the columns that hold an element.
func (c *Catalogue) Uses(element string) []Entry {
	var out []Entry
	for _, e := range c.entries {
		if e.Kind == KindColumn && e.Element == element {
			out = append(out, e)
		}
	}
	return out
}

// Dataset finds what the contracts declare of a dataset that the catalogue has.
func (d *Desk) Dataset(name sen.Dataset) (contract.Dataset, error) {
	for _, one := range d.Datasets() {
		if one.Name == name && !one.StateSecret() {
			return one, nil
		}
	}
	return contract.Dataset{}, sen.Errorf(sen.NotFound, "there is no such dataset").InVietnamese("không có bộ dữ liệu này", "")
}

// Element finds an element of the dictionary, the hub's own among them.
func (d *Desk) Element(name string) (*dictionary.Element, error) {
	if e, known := d.o.Elements.Lookup(name); known {
		return e, nil
	}
	return nil, sen.Errorf(sen.NotFound, "there is no such element").InVietnamese("không có phần tử dữ liệu này", "")
}
