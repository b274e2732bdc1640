package demo

import (
	"context"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/sen-hub/sen"
)

// usePeople is far from what datasets use: see useRows.
const usePeople uint64 = 1 << 32

// maxRecords is how many records one file of people may have.
const maxRecords = 200_000_000

// People writes records of people with duplicates as one Parquet file: what a
// linkage is measured on. Columns, all text: record (unique), name, born_on (ISO 8601),
// sex, province, phone, and person, the truth. Of 100 people 72 have one
// record, 20 two, 6 three and 2 four, so that 28 records in 100 are not the
// first of their person. Every record has errors of its own: see mistake. The same
// seed gives the same bytes. Errors: Invalid for an impossible size; Unavailable
// where the file cannot be written; ctx.Err().
func People(ctx context.Context, records int64, seed uint64, file string) error {
	if records < 1 || records > maxRecords {
		return sen.Errorf(sen.Invalid, "%d records of people cannot be made", records).WithHint("ask for 1 to %d", maxRecords)
	}
	var s staging
	defer s.discard()
	target, err := s.add(file)
	if err != nil {
		return err
	}
	text := arrow.BinaryTypes.String
	out, err := newParquetFile(target, []parquetColumn{{"record", text, false}, {"name", text, true}, {"born_on", text, true},
		{"sex", text, true}, {"province", text, true}, {"phone", text, false}, {"person", text, false}})
	if err != nil {
		return sen.Errorf(sen.Unavailable, "the people cannot be written: %w", err)
	}
	if err := writePeople(ctx, out, uint64(records), seed); err != nil {
		_ = target.close() // the first error counts
		return err
	}
	if err := out.close(); err != nil {
		return sen.Errorf(sen.Unavailable, "the people cannot be written: %w", err)
	}
	return s.publish()
}

// How many people, and how many records of them, are numbered
// together: see copyOf.
const (
	peoplePerRound  = 50
	recordsPerRound = 36 + 2*10 + 3*3 + 4
)

// copyOf is whose record number n is, and which of that person's.
func copyOf(n uint64) (person uint64, which int) {
	round, at := n/recordsPerRound, int(n%recordsPerRound)
	first := round * peoplePerRound
	for _, part := range [...]struct{ people, records int }{{36, 1}, {10, 2}, {3, 3}, {1, 4}} {
		if at < part.people*part.records {
			return first + uint64(at/part.records), at % part.records
		}
		at -= part.people * part.records
		first += uint64(part.people)
	}
	return first, at
}

func writePeople(ctx context.Context, out *parquetFile, records, seed uint64) error {
	size := records
	for size%3 == 0 {
		size++ // see permute
	}
	for at, row := uint64(0), uint64(0); at < size; at++ {
		n := permute(at, size, 0)
		if n >= records {
			continue
		}
		if row%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row++
		person, which := copyOf(n)
		p := someone(seed, person)
		g := stream(seed, usePeople, person<<3|uint64(which+1))
		p.mistake(&g, which)
		for i, v := range [...]string{strconv.FormatUint(row, 10), p.name, p.bornOn, p.sex, p.province, p.phone, strconv.FormatUint(person, 10)} {
			if err := out.text(i, v); err != nil {
				return err
			}
		}
		if err := out.endRow(); err != nil {
			return sen.Errorf(sen.Unavailable, "the people cannot be written: %w", err)
		}
	}
	return nil
}

// recorded is what a record says of a person.
type recorded struct{ name, bornOn, sex, province, phone string }

// someone makes a person, by number.
func someone(seed, number uint64) recorded {
	g := stream(seed, usePeople, number<<3)
	at := pickHome(&g)
	woman := g.percent(50)
	born := dayOf(1940, 1, 1) + day(g.below(80*365))
	family := pickFamilyName(&g, provinces[at].code >= "48")
	p := recorded{
		name:   pickName(&g, family, pickEthnicGroup(&g, &provinces[at]), woman, born.year()),
		bornOn: born.in(iso), sex: "Nam", province: provinces[at].name, phone: pickPhone(&g),
	}
	if woman {
		p.sex = "Nữ"
	}
	return p
}

// pickHome draws a province by its people.
func pickHome(g *rng) int {
	total := 0
	for _, p := range provinces {
		total += p.people
	}
	at := g.below(total)
	for i, p := range provinces {
		if at -= p.people; at < 0 {
			return i
		}
	}
	return 0
}

func pickPhone(g *rng) string {
	return pick(g, []string{"090", "091", "097", "098", "036", "070", "088"}) + strconv.Itoa(1_000_000+g.below(9_000_000))
}

// mistake plants what goes wrong in a record, in 100 records: names without
// marks 10, in capitals 5, a letter wrong 4, the middle name left out 3; birth dates missing
// 3, day and month swapped 2, a digit wrong 3; sex wrong 1, missing 2; another province 6 (of
// later records: people move), missing 2; no telephone 40, a new one 15 (of
// later records), a digit wrong 2.
func (p *recorded) mistake(g *rng, which int) {
	switch at := g.below(100); {
	case at < 10:
		p.name = withoutMarks(p.name)
	case at < 15:
		p.name = strings.ToUpper(p.name)
	case at < 19:
		p.name = slip(g, p.name, 'a', 'y')
	case at < 22:
		words := strings.Fields(p.name)
		p.name = words[0] + " " + words[len(words)-1]
	}
	switch at := g.below(100); {
	case at < 3:
		p.bornOn = ""
	case at < 5:
		p.bornOn = p.bornOn[:5] + p.bornOn[8:] + "-" + p.bornOn[5:7]
	case at < 8:
		p.bornOn = slip(g, p.bornOn, '0', '9')
	}
	switch at := g.below(100); {
	case at < 1:
		p.sex = pick(g, []string{"Nam", "Nữ"})
	case at < 3:
		p.sex = ""
	}
	moved := g.percent(6)
	switch at := g.below(100); {
	case at < 2:
		p.province = ""
	case moved && which > 0:
		p.province = provinces[pickHome(g)].name
	}
	fresh := g.percent(15)
	switch at := g.below(100); {
	case at < 40:
		p.phone = ""
	case fresh && which > 0:
		p.phone = pickPhone(g)
	case at < 42:
		p.phone = slip(g, p.phone, '0', '9')
	}
}

// slip puts another sign of low … high in the place of one of them.
func slip(g *rng, text string, low, high byte) string {
	var places []int
	for i := range len(text) {
		if text[i] >= low && text[i] <= high {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return text
	}
	at, n := pick(g, places), int(high-low)+1
	b := []byte(text)
	b[at] = low + byte((int(text[at]-low)+1+g.below(n-1))%n)
	return string(b)
}
