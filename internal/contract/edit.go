package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// block is an item of a list in a file of YAML in block style: "- name: x" and
// the lines below that stand further right. No lines: it is written otherwise.
type block struct {
	at, lines int // the first line (from 1), and how many
	indent    int // blanks before the dash
	fields    int // blanks before its fields
}

// block is the item of a list that begins in a line.
func (p *Proposal) block(line int) block {
	if line < 1 || line > len(p.src) {
		return block{}
	}
	first := p.src[line-1]
	rest := strings.TrimLeft(first, " ")
	after, isItem := strings.CutPrefix(rest, "-")
	word := strings.TrimLeft(after, " ")
	if !isItem || word == after || word == "" || strings.ContainsAny(word[:1], "{[&*#") {
		return block{}
	}
	b := block{at: line, lines: 1, indent: len(first) - len(rest), fields: len(first) - len(word)}
	for i := line; i < len(p.src); i++ {
		text := strings.TrimLeft(p.src[i], " ")
		if strings.TrimSpace(text) == "" {
			continue
		}
		if len(p.src[i])-len(text) <= b.indent {
			break
		}
		b.lines = i + 2 - line
	}
	return b
}

// field is the line of a field of the block, and how many lines it has; 0 where
// the block has none of that name.
func (p *Proposal) field(b block, name string) (at, lines int) {
	for i := b.at; i < b.at+b.lines; i++ {
		line := p.src[i-1]
		if len(line) < b.fields || !strings.HasPrefix(line[b.fields:], name+":") || i > b.at && strings.TrimSpace(line[:b.fields]) != "" {
			continue
		}
		end := i + 1
		for end < b.at+b.lines && indentOf(p.src[end-1]) > b.fields {
			end++
		}
		return i, end - i
	}
	return 0, 0
}

// indentOf is the blanks before a line's text; a line without any belongs to
// what stands above.
func indentOf(line string) int {
	text := strings.TrimLeft(line, " ")
	if strings.TrimSpace(text) == "" {
		return 1 << 20
	}
	return len(line) - len(text)
}

// set gives a field of a block another value, or the block a new field behind
// its first.
func (p *Proposal) set(b block, name, value string) {
	if value != "true" {
		value = plain(value)
	}
	if name == "primaryKeyPosition" {
		value = strings.Trim(value, `"`)
	}
	at, lines := p.field(b, name)
	if lines == 0 {
		_, lines = p.field(b, strings.TrimSpace(strings.SplitN(p.src[b.at-1][b.fields:], ":", 2)[0]))
		p.edits = append(p.edits, edit{at: b.at + max(lines, 1), put: []string{fmt.Sprintf("%s%s: %s", strings.Repeat(" ", b.fields), name, value)}})
		return
	}
	p.edits = append(p.edits, edit{at: at, cut: lines, put: []string{p.src[at-1][:b.fields] + name + ": " + value}})
}

// drop takes fields out of a block. Where one stands behind the dash, it is
// left to a person.
func (p *Proposal) drop(b block, names ...string) {
	for _, name := range names {
		at, lines := p.field(b, name)
		switch {
		case lines == 0:
		case at == b.at:
			p.leave("line %d: take %s out", at, name)
		default:
			p.edits = append(p.edits, edit{at: at, cut: lines})
		}
	}
}

// comment puts a block behind signs of comment, with the reason.
func (p *Proposal) comment(b block, why string) {
	before := strings.Repeat(" ", b.indent) + "# "
	put := []string{before + why + ":"}
	for _, line := range p.src[b.at-1 : b.at-1+b.lines] {
		put = append(put, strings.TrimRight(before+line[min(b.indent, len(line)):], " "))
	}
	p.edits = append(p.edits, edit{at: b.at, cut: b.lines, put: put})
}

// order sorts the edits, what is put in before what is taken out, and leaves
// those out that would change a line twice.
func (p *Proposal) order() {
	slices.SortStableFunc(p.edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(min(a.cut, 1), min(b.cut, 1))) })
	next := 1
	p.edits = slices.DeleteFunc(p.edits, func(e edit) bool {
		twice := e.at < next
		if !twice {
			next = e.at + e.cut
		}
		return twice
	})
}

// lines are the file's with the edits, which stand in order.
func (p *Proposal) lines() []string {
	var out []string
	next := 1
	for _, e := range p.edits {
		out = append(append(out, p.src[next-1:e.at-1]...), e.put...)
		next = e.at + e.cut
	}
	return append(out, p.src[next-1:]...)
}

// around is how many lines of a diff stand around what changes.
const around = 2

// Diff is the proposal as a unified diff (as of diff -u, GNU diffutils manual,
// "Detailed Description of Unified Format"); "" where nothing changes.
func (p *Proposal) Diff() string {
	var b strings.Builder
	shift := 0
	for i := 0; i < len(p.edits); {
		k := i + 1
		for k < len(p.edits) && p.edits[k].at-around <= p.edits[k-1].at+p.edits[k-1].cut+around {
			k++
		}
		shift = p.hunk(&b, p.edits[i:k], shift)
		i = k
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("--- %s\n+++ %s.proposed\n%s", p.File, p.File, b.String())
}

// hunk writes edits that stand near each other; shift is by how many lines the
// new file is longer before them.
func (p *Proposal) hunk(b *strings.Builder, edits []edit, shift int) int {
	last := edits[len(edits)-1]
	from, to := max(edits[0].at-around, 1), min(last.at+last.cut+around, len(p.src)+1)
	if p.src[len(p.src)-1] == "" { // behind the last line end
		to = min(to, len(p.src))
	}
	grown := 0
	var body strings.Builder
	next := from
	for _, e := range edits {
		for ; next < e.at; next++ {
			body.WriteString(" " + p.src[next-1] + "\n")
		}
		for ; next < e.at+e.cut; next++ {
			body.WriteString("-" + p.src[next-1] + "\n")
		}
		for _, line := range e.put {
			body.WriteString("+" + line + "\n")
		}
		grown += len(e.put) - e.cut
	}
	for ; next < to; next++ {
		body.WriteString(" " + p.src[next-1] + "\n")
	}
	fmt.Fprintf(b, "@@ -%d,%d +%d,%d @@\n%s", from, to-from, from+shift, to-from+grown, body.String())
	return shift + grown
}
