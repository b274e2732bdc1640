package xlsx

import (
	"encoding/binary"

	"github.com/sen-hub/sen"
)

// What the shared texts of a workbook may take of memory.
const (
	chunkBytes  = 1 << 20
	maxText     = chunkBytes - binary.MaxVarintLen32 // bytes of one text: Excel's own limit is 32,767 characters
	maxShared   = 512 << 20
	sharedEntry = 4 // bytes of an entry beside its text
)

// sharedTexts are the texts that cells name by their number. They are read as
// far as a cell asks: the header of a sheet needs the first of them only.
type sharedTexts struct {
	book   *Book // nil: the workbook has none
	name   string
	from   *part
	places []uint32 // where each text lies: chunk × chunkBytes + offset
	chunks [][]byte
	taken  int
	ended  bool
}

// text is the text of a number; false where there is none. It is good as long
// as the book is.
func (t *sharedTexts) text(n int) ([]byte, bool, error) {
	for n >= len(t.places) && !t.ended {
		if err := t.more(); err != nil {
			return nil, false, at(err, t.name)
		}
	}
	if n < 0 || n >= len(t.places) {
		return nil, false, nil
	}
	place := t.places[n]
	chunk := t.chunks[place/chunkBytes][place%chunkBytes:]
	length, size := binary.Uvarint(chunk)
	return chunk[size : size+int(length)], true, nil
}

// more reads the next text.
func (t *sharedTexts) more() error {
	if t.book == nil {
		t.ended = true
		return nil
	}
	if t.from == nil {
		from, err := t.book.open(t.name, maxSheetPart)
		if err != nil {
			return err
		}
		t.from = from
	}
	for {
		switch found, err := t.from.next(); {
		case err != nil:
			return err
		case found == ended:
			t.ended = true
			t.from.Close()
			return nil
		case found == opened && string(t.from.name) == "si":
			text, err := t.from.richText(nil)
			if err != nil {
				return err
			}
			return t.add(text)
		}
	}
}

func (t *sharedTexts) add(text []byte) error {
	if t.taken += len(text) + sharedEntry; t.taken > maxShared {
		return sen.Errorf(sen.Invalid, "the texts that the workbook's cells share take more than %d MiB", maxShared>>20).
			WithHint("save the sheet as CSV and name that as the source")
	}
	last := len(t.chunks) - 1
	if last < 0 || len(t.chunks[last])+len(text)+binary.MaxVarintLen32 > chunkBytes {
		t.chunks = append(t.chunks, make([]byte, 0, chunkBytes))
		last++
	}
	t.places = append(t.places, uint32(last*chunkBytes+len(t.chunks[last])))
	t.chunks[last] = append(binary.AppendUvarint(t.chunks[last], uint64(len(text))), text...)
	return nil
}

// richText appends the text of the element just opened: its t elements, those
// of its runs too, without how it is read aloud (rPh).
func (p *part) richText(dst []byte) ([]byte, error) {
	begin := len(dst)
	for outside := p.depth - 1; ; {
		found, err := p.next()
		switch {
		case err != nil:
			return dst, err
		case found == closed && p.depth == outside:
			return dst[:begin+len(restore(dst[begin:]))], nil
		case found == opened && string(p.name) == "rPh":
			err = p.skip()
		case found == opened && string(p.name) == "t":
			dst, err = p.content(dst)
		}
		if err != nil {
			return dst, err
		}
		if len(dst)-begin > maxText {
			return dst, tooLong()
		}
	}
}

// content appends the text within the element just opened.
func (p *part) content(dst []byte) ([]byte, error) {
	begin := len(dst)
	for outside := p.depth - 1; ; {
		found, err := p.next()
		switch {
		case err != nil:
			return dst, err
		case found == closed && p.depth == outside:
			return dst, nil
		case found == characters && p.plain:
			dst = append(dst, p.text...)
		case found == characters:
			if dst, err = unescape(dst, p.text); err != nil {
				return dst, err
			}
		}
		if len(dst)-begin > maxText {
			return dst, tooLong()
		}
	}
}

func tooLong() error {
	return sen.Errorf(sen.Invalid, "the text of one cell is longer than %d bytes", maxText)
}
