package source

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source/jsonl"
	"github.com/sen-hub/sen/internal/source/rows"
)

// openJSON finds each file's layout, and the columns: the names that samples
// of all files show, then those of the contract that they do not.
func openJSON(ctx context.Context, set files, at Location, o Options) (Reader, error) {
	t := &textReader{set: set, options: o, facts: Facts{Format: JSONL, Files: len(set.list), Bytes: set.bytes()}}
	var keys []string
	var seenBytes, seenRows int64
	for _, f := range set.list {
		s, err := takeSample(ctx, f, jsonSample, at.Encoding)
		if err != nil {
			return nil, err
		}
		g := jsonl.Sniff(s.text, s.end)
		keys = union(keys, g.Names)
		seenBytes += int64(len(s.text))
		seenRows += int64(g.Records)
		t.addJSON(f, s, g)
	}
	keys = union(keys, o.Columns)
	if len(keys) == 0 {
		return nil, sen.Errorf(sen.Invalid, "%s shows no column: it holds no JSON object", at.Path).
			WithHint("a file without rows needs a contract that names its columns")
	}
	t.names = rows.Unique(keys)
	t.keys = keys
	t.facts.estimate(seenBytes, seenRows)
	t.say(set.ignored)
	return t, nil
}

// union appends the names that are new, and that are text.
func union(names, more []string) []string {
	for _, name := range more {
		if utf8.ValidString(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (t *textReader) addJSON(f file, s sample, g jsonl.Guess) {
	part := textFile{file: f, encoding: s.encoding, start: s.bom + int64(g.Start), line: g.Line}
	part.parser = func(line int64, resumed bool) parser {
		return jsonl.NewParser(t.keys, jsonl.Options{
			Layout: g.Layout, FieldLimit: t.options.FieldLimit, Transcoded: s.encoding != charset.UTF8, Line: line, Resumed: resumed,
		})
	}
	t.parts = append(t.parts, part)
	t.facts.Encoding = s.encoding
	t.sayOf(f, append(slices.Clone(s.evidence), g.Evidence...))
}
