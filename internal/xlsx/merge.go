package xlsx

import "bytes"

const maxMerges = 1 << 16

// Area is a rectangle of cells that are shown as one: columns from 0, rows
// from 1, the last ones included.
type Area struct{ Left, Top, Right, Bottom int }

// Holds reports whether a cell lies in the area.
func (a Area) Holds(column, row int) bool {
	return column >= a.Left && column <= a.Right && row >= a.Top && row <= a.Bottom
}

// Merged are the areas of a sheet that begin no lower than a row. They stand
// behind its cells, which are passed over without being looked at.
func (b *Book) Merged(sheet string, lowest int) ([]Area, error) {
	p, err := b.body(sheet)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if !p.empty {
		if err := p.seek("</" + string(p.tagged)); err != nil {
			return nil, at(err, "sheet "+sheet)
		}
	}
	var out []Area
	for {
		found, err := p.next()
		if err != nil {
			return nil, at(err, "sheet "+sheet)
		}
		if found == ended || found == closed && string(p.name) == "mergeCells" || len(out) == maxMerges {
			return out, nil
		}
		if found == opened && string(p.name) == "mergeCell" {
			if area, ok := areaOf(p.attr("ref")); ok && area.Top <= lowest {
				out = append(out, area)
			}
		}
	}
}

// areaOf reads the name of an area, like A1:C2.
func areaOf(ref []byte) (a Area, ok bool) {
	first, last, _ := bytes.Cut(ref, []byte(":"))
	if len(last) == 0 {
		last = first
	}
	var begins, ends bool
	a.Left, a.Top, begins = Place(first)
	a.Right, a.Bottom, ends = Place(last)
	return a, begins && ends && a.Left <= a.Right && a.Top <= a.Bottom
}
