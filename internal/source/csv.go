package source

import (
	"context"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source/csv"
)

// openCSV finds each file's dialect and header. Files of a folder may differ
// in both, and in the order of their columns, not in their columns.
func openCSV(ctx context.Context, set files, at Location, o Options) (Reader, error) {
	known, err := knownDialect(at, o)
	if err != nil {
		return nil, err
	}
	t := &textReader{set: set, options: o, facts: Facts{Format: CSV, Files: len(set.list), Bytes: set.bytes(), Delimiter: "none", Quote: "none"}}
	var sampleBytes, sampleRows int64
	for _, f := range set.list {
		s, err := takeSample(ctx, f, csvSample, at.Encoding)
		if err != nil {
			return nil, err
		}
		g := csv.Sniff(s.text, s.end, known)
		if len(g.Names) > 0 {
			sampleBytes += int64(len(s.text) - g.Start)
			sampleRows += int64(g.Records)
		}
		if err := t.addCSV(f, s, g); err != nil {
			return nil, err
		}
	}
	if t.names == nil {
		return nil, sen.Errorf(sen.Invalid, "%s is empty: it has not even a header", at.Path).
			WithHint("a file without rows needs a line that names its columns")
	}
	t.facts.estimate(sampleBytes, sampleRows)
	t.say(set.ignored)
	return t, nil
}

func knownDialect(at Location, o Options) (csv.Known, error) {
	known := csv.Known{Header: at.Header, Names: o.Columns}
	switch at.Delimiter {
	case "":
	case "tab", `\t`:
		known.Delimiter = '\t'
	default:
		if len(at.Delimiter) != 1 || strings.ContainsAny(at.Delimiter, "\r\n\"\x00") {
			return known, sen.Errorf(sen.Invalid, "delimiter %q is not one ASCII character", at.Delimiter).
				WithHint("usual are , ; tab |")
		}
		known.Delimiter = at.Delimiter[0]
	}
	switch at.Quote {
	case "":
	case "none":
		known.Unquoted = true
	default:
		if len(at.Quote) != 1 || strings.ContainsAny(at.Quote, "\r\n\x00"+string(rune(known.Delimiter))) {
			return known, sen.Errorf(sen.Invalid, "quote %q is not one ASCII character", at.Quote).
				WithHint(`usual are " and '; none where nothing is quoted`)
		}
		known.Quote = at.Quote[0]
	}
	return known, nil
}

// addCSV takes a file into the dataset. A file without a single record, not
// even a header, has no rows and no say.
func (t *textReader) addCSV(f file, s sample, g csv.Guess) error {
	part := textFile{file: f, encoding: s.encoding, start: s.bom + int64(g.Start), line: g.Line}
	fields, err := t.columnsOf(f, g.Names)
	if err != nil {
		return err
	}
	part.parser = func(line int64, _ bool) parser {
		return csv.NewParser(g.Dialect, csv.Options{FieldLimit: t.options.FieldLimit, Transcoded: s.encoding != charset.UTF8, Fields: fields, Line: line})
	}
	t.parts = append(t.parts, part)
	if len(g.Names) == 0 {
		return nil
	}
	if t.facts.Encoding == "" {
		t.facts.Encoding, t.facts.Header = s.encoding, g.Header
		t.facts.Delimiter, t.facts.Quote = string(rune(g.Delimiter)), "none"
		if g.Quote != 0 {
			t.facts.Quote = string(rune(g.Quote))
		}
	}
	t.sayOf(f, append(slices.Clone(s.evidence), g.Evidence...))
	return nil
}

// columnsOf finds the dataset's column of each field of a file: nil when they
// stand in the dataset's order. The first file with a header says which
// columns there are.
func (t *textReader) columnsOf(f file, names []string) ([]int, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if t.names == nil {
		t.names, t.named = names, f.name
	}
	return fieldsOf(f, names, t.names, t.named)
}

// fieldsOf are the dataset's columns, which the file named has, of the columns
// that a file has; an error (Drift) where they are others.
func fieldsOf(f file, names, dataset []string, named string) ([]int, error) {
	if slices.Equal(names, dataset) {
		return nil, nil
	}
	fields := make([]int, len(names))
	for i, name := range names {
		fields[i] = slices.Index(dataset, name)
	}
	if len(names) == len(dataset) && !slices.Contains(fields, -1) {
		return fields, nil
	}
	return nil, sen.Errorf(sen.Drift, "%s has the columns %s, but %s has %s", f.path, strings.Join(names, ", "), named, strings.Join(dataset, ", ")).
		WithHint("files of one dataset have the same columns: give the others a dataset of their own, by a glob or another folder")
}
