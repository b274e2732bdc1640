package demo

import (
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/sen-hub/sen"
)

// truthFile says, for each row of a dataset in the source's own order, what
// must become of it: _row (from 0), _outcome (clean or quarantined), _kind and
// _column of the planted error (empty for none), _person, whom it is about (NULL
// for nobody), then the standard value of every property. A quarantined row's values are what it should have said.
type truthFile struct{ *parquetFile }

const truthColumns = 5

func openTruthFile(stage *staging, dir string, d dataset) (*truthFile, error) {
	columns := []parquetColumn{
		{"_row", arrow.PrimitiveTypes.Int64, false}, {"_outcome", arrow.BinaryTypes.String, true},
		{"_kind", arrow.BinaryTypes.String, true}, {"_column", arrow.BinaryTypes.String, true},
		{"_person", arrow.PrimitiveTypes.Int64, false},
	}
	for _, c := range d.columns {
		columns = append(columns, parquetColumn{c.name, truthType(c.holds), c.repeats()})
	}
	f, err := openTruth(stage, dir, string(d.id), columns)
	if err != nil {
		return nil, err
	}
	return &truthFile{f}, nil
}

func openTruth(stage *staging, dir, name string, columns []parquetColumn) (*parquetFile, error) {
	s, err := stage.add(filepath.Join(dir, name+".parquet"))
	if err != nil {
		return nil, err
	}
	f, err := newParquetFile(s, columns)
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "open the truth of %s: %w", name, err)
	}
	return f, nil
}

// truthType: a column that promises whole days is a DATE in the standard form,
// also where the file holds text.
func truthType(holds content) arrow.DataType {
	if holds == date {
		return arrow.FixedWidthTypes.Date32
	}
	return sourceType(holds)
}

func (t *truthFile) write(ordinal, person int64, v verdict, values []string) error {
	t.number(0, ordinal)
	t.label(1, v.outcome)
	t.label(2, v.kind)
	t.label(3, v.column)
	if person < 0 {
		t.fields[4].AppendNull()
	} else {
		t.number(4, person)
	}
	for i, value := range values {
		if err := t.text(truthColumns+i, value); err != nil {
			return err
		}
	}
	return t.endRow()
}

// peopleFile holds the lives from which all records were written, a row each.
type peopleFile struct {
	*parquetFile
	err error
}

func openPeopleFile(stage *staging, dir string) (*peopleFile, error) {
	text, day, number := arrow.BinaryTypes.String, arrow.FixedWidthTypes.Date32, arrow.PrimitiveTypes.Int64
	f, err := openTruth(stage, dir, "people", []parquetColumn{
		{"person", number, false}, {"identity_number", text, false}, {"old_identity_number", text, false},
		{"full_name", text, false}, {"sex", text, true}, {"born_on", day, false}, {"died_on", day, false},
		{"birth_province", text, true}, {"father", number, false}, {"mother", number, false}, {"spouse", number, false},
		{"married_on", day, false}, {"home_province", text, true}, {"home_since", day, false},
	})
	if err != nil {
		return nil, err
	}
	return &peopleFile{parquetFile: f}, nil
}

// write keeps the first error; the job looks at it between families.
func (p *peopleFile) write(f *family) {
	for i := range f.people {
		if p.err == nil {
			p.err = p.person(f, &f.people[i])
		}
	}
}

func (p *peopleFile) person(f *family, who *person) error {
	p.number(0, who.index)
	p.label(1, who.number)
	if err := p.text(2, who.oldNumber); err != nil {
		return err
	}
	p.label(3, who.name)
	p.label(4, sexCode(who.woman))
	p.day(5, who.born)
	p.day(6, who.died)
	p.label(7, provinces[who.birthProvince].code)
	for i, kin := range []int8{who.father, who.mother, who.spouse} {
		p.kin(8+i, f, kin)
	}
	p.day(11, who.married)
	p.label(12, provinces[who.home.province].code)
	p.day(13, who.homeSince)
	return p.endRow()
}

func (p *peopleFile) kin(i int, f *family, kin int8) {
	if kin == nobody {
		p.fields[i].AppendNull()
		return
	}
	p.number(i, f.people[kin].index)
}

func sexCode(woman bool) string {
	if woman {
		return "female"
	}
	return "male"
}
