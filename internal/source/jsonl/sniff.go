package jsonl

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Guess is how a sample seems to be laid out, with the reasons.
type Guess struct {
	Layout   Layout
	Names    []string // of the members, in the order in which they are first met
	Start    int      // bytes before the first object, its "[" included
	Line     int64    // the line there, from 1
	Records  int      // objects in the sample
	Evidence []string
}

// Sniff finds the layout and the columns from a file's first bytes; end says
// that they are all of it.
func Sniff(sample []byte, end bool) Guess {
	g := Guess{Line: 1}
	g.findLayout(sample)
	p := NewParser(nil, Options{Layout: g.Layout, Line: 1})
	seen := map[string]bool{}
	for i := g.Start; i < len(sample); {
		f, err := p.next(sample, i, end)
		if err != nil || f.after < 0 {
			break
		}
		i = f.after
		if f.start == f.stop {
			continue
		}
		g.Records++
		members, fault := object(sample[f.start:f.stop], nil)
		if fault == "" {
			g.learn(members, seen)
		}
	}
	g.Evidence = append(g.Evidence, fmt.Sprintf("%d names in the sample's %d objects", len(g.Names), g.Records))
	return g
}

// learn puts a new name behind the one that it follows in its object, else
// last.
func (g *Guess) learn(members []member, seen map[string]bool) {
	at := len(g.Names)
	for _, m := range members {
		key := m.key
		if m.escaped {
			key, _ = jsontext.AppendUnquote(nil, m.key)
		}
		if name := string(key); !seen[name] {
			seen[name] = true
			g.Names = slices.Insert(g.Names, at, name)
		}
		at = slices.Index(g.Names, string(key)) + 1
	}
}

func (g *Guess) findLayout(sample []byte) {
	first := space(sample, 0)
	if first == len(sample) {
		return
	}
	if sample[first] == '[' {
		g.Layout, g.Start = Array, first+1
		g.Line += lines(sample[:first])
		g.Evidence = append(g.Evidence, "the file is one JSON array")
		return
	}
	line, _, _ := bytes.Cut(sample[first:], newline)
	if _, fault := object(line, nil); fault != "" && sample[first] == '{' && balanced(sample, first) > len(line)+first {
		g.Layout = Values
		g.Evidence = append(g.Evidence, "objects span several lines")
	}
}
