package apptest

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// pagesOf is where the pages' words are written.
var pagesOf = filepath.Join("..", "internal", "web")

// translated wants of every page that the crawl found: no text that the pages'
// authors wrote in one language only.
func (c *console) translated(t *testing.T) {
	c.t = t
	written := readVocabulary(t)
	wrong := written.bare
	for pattern, pages := range c.found {
		seen := map[string]bool{}
		for _, one := range pages {
			if len(seen) < 3 && !seen[one.path] { // pages of a pattern are alike
				seen[one.path] = true
				wrong = append(wrong, c.compared(written, pattern, one)...)
			}
		}
	}
	tell(t, wrong)
}

// compared holds a page in one language against the same in the other.
func (c *console) compared(written vocabulary, pattern string, at found) (wrong []string) {
	texts := map[string]map[string]bool{}
	for _, lang := range []string{"vi", "en"} {
		got := c.ask("GET", at.path, at.role, lang, nil)
		if got.header.Get("Content-Language") != lang || !strings.Contains(got.body, `<html lang="`+lang+`">`) {
			return append(wrong, fmt.Sprintf("%s: asked for in %s, it does not say that it is", at.path, lang))
		}
		doc, err := readPage(got.body)
		if err != nil {
			return append(wrong, fmt.Sprintf("%s: markup: %v", at.path, err))
		}
		texts[lang] = map[string]bool{}
		for _, one := range doc.texts {
			if !one.data {
				texts[lang][one.text] = true
			}
		}
	}
	for text := range texts["en"] {
		switch {
		case written.vietnamese[text] && !written.english[text]:
			wrong = append(wrong, fmt.Sprintf("%s (%s): %q is Vietnamese in the English page", pattern, at.path, text))
		case texts["vi"][text] && written.isEnglish(text):
			wrong = append(wrong, fmt.Sprintf("%s (%s): %q is the same in both languages; where it is data, class=\"code\", <bdi> or translate=\"no\" says so", pattern, at.path, text))
		}
	}
	return wrong
}

// vocabulary is what the pages' authors wrote, in each language.
type vocabulary struct {
	vietnamese, english map[string]bool
	words               map[string]bool // single words of the English texts
	bare                []string        // findings: text outside of both languages
}

var (
	action   = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	byLang   = regexp.MustCompile(`(?s)\{\{-? ?if eq [^}]*Lang "vi" ?-?\}\}.*?\{\{-? ?end ?-?\}\}`)
	bothIn   = regexp.MustCompile(`\bt "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"`)
	bothGo   = regexp.MustCompile(`(?:Pick\(|\{|"[^"]*", )(?:vi: )?"((?:[^"\\]|\\.)*)", (?:en: )?"((?:[^"\\]|\\.)*)"`)
	coded    = regexp.MustCompile(`<span class="code">[^<]*</span>`)
	tag      = regexp.MustCompile(`(?s)<[^>]*>`)
	spoken   = regexp.MustCompile(`(?:aria-label|title|alt|placeholder|data-label)="([^"]*)"`)
	anywhere = map[string]bool{"Sen": true, "SQL": true, "JSON": true, "CSV": true, "vi": true, "API": true, "OpenAPI": true, "SHA-256": true, "English": true}
)

// readVocabulary reads the pages and the words beside them.
func readVocabulary(t *testing.T) vocabulary {
	t.Helper()
	v := vocabulary{map[string]bool{}, map[string]bool{}, map[string]bool{}, nil}
	for _, glob := range []string{"pages/*.html", "*.go"} {
		files, err := filepath.Glob(filepath.Join(pagesOf, glob))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", glob, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pairs := bothGo
			if filepath.Ext(file) == ".html" {
				pairs = bothIn
				v.literal(filepath.Base(file), string(text))
			}
			for _, pair := range pairs.FindAllStringSubmatch(string(text), -1) {
				v.add(pair[1], pair[2])
			}
		}
	}
	return v
}

func (v *vocabulary) add(vietnamese, english string) {
	if strings.IndexFunc(vietnamese, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		v.vietnamese[html.UnescapeString(vietnamese)] = true
	}
	v.english[html.UnescapeString(english)] = true
	for _, word := range strings.FieldsFunc(english, func(r rune) bool { return !unicode.IsLetter(r) }) {
		v.words[strings.ToLower(word)] = true
	}
}

// literal finds text of a page that stands there in one language: what is left
// when actions, tags, code and what is chosen by language are gone.
func (v *vocabulary) literal(name, page string) {
	page = byLang.ReplaceAllString(page, " ")
	page = coded.ReplaceAllString(page, " ")
	page = action.ReplaceAllString(page, "\x00")
	for _, said := range spoken.FindAllStringSubmatch(page, -1) {
		v.bareWords(name, said[1])
	}
	for _, text := range tag.Split(page, -1) {
		for _, part := range strings.Split(text, "\x00") {
			v.bareWords(name, html.UnescapeString(part))
		}
	}
}

func (v *vocabulary) bareWords(name, text string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && !unicode.IsDigit(r) }) {
		letters := strings.IndexFunc(word, unicode.IsLetter) >= 0
		if letters && len(word) > 1 && !anywhere[word] {
			v.bare = append(v.bare, fmt.Sprintf("pages/%s: %q stands outside of {{t}}: %s", name, word, strings.Join(strings.Fields(strings.ReplaceAll(text, "\x00", "…")), " ")))
		}
	}
}

// isEnglish reports whether all words of a text are ones that the pages say in
// English: not a name, nor a key of data.
func (v *vocabulary) isEnglish(text string) bool {
	if anywhere[strings.Trim(text, ", ")] || strings.ContainsAny(text, "._/:@") {
		return false
	}
	some := false
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if !v.words[strings.ToLower(word)] {
			return false
		}
		some = some || len(word) > 1
	}
	return some
}
