package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
)

// What a workbook may unpack to. A part is read as it unpacks; only the texts
// that cells share, and the styles, stay in memory.
const (
	maxParts     = 10_000
	maxSmallPart = 32 << 20 // bytes of the workbook's own parts and its styles
	maxSheetPart = 64 << 30 // bytes of a sheet, and of the shared texts
	maxSheets    = 1_000

	// A part that is larger than maxSmallPart unpacks to so many times its
	// bytes at most: rows that a program wrote, each with its number, come to
	// some twenty, what was made to keep a reader busy to a thousand.
	maxRatio = 300
)

// Info is what a workbook says of one of its sheets.
type Info struct {
	Name   string
	Hidden bool
	part   string
}

// Book is an open workbook. It is for one goroutine at a time, and so are its
// Rows.
type Book struct {
	parts    map[string]*zip.File // by their names in small letters
	sheets   []Info
	styles   styles
	shared   *sharedTexts
	from1904 bool
}

// Open reads what a workbook says of itself. Errors: Invalid where the bytes
// are no workbook of this form, with a hint what they are; Corrupt where they
// are one that is cut off or damaged.
func Open(r io.ReaderAt, size int64) (*Book, error) {
	if err := container(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, damaged(err)
	}
	b := &Book{parts: map[string]*zip.File{}}
	if len(z.File) > maxParts {
		return nil, sen.Errorf(sen.Invalid, "the workbook has %d parts, more than %d", len(z.File), maxParts)
	}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if b.parts[name] != nil {
			return nil, sen.Errorf(sen.Corrupt, "the workbook has two parts of the name %s", f.Name)
		}
		b.parts[name] = f
	}
	return b, b.describe()
}

// damaged is an error about the file's content: all but those of the disk that
// it lies on.
func damaged(err error) error {
	var ours *sen.Error
	var disk *fs.PathError
	if errors.As(err, &ours) || errors.As(err, &disk) {
		return err
	}
	return sen.Errorf(sen.Corrupt, "the workbook is cut off or damaged: %w", err).
		WithHint("copy it again from where it came, or open it in a spreadsheet program and save it anew")
}

// container refuses what is no zip file, and says what it is where that is
// known.
func container(r io.ReaderAt, size int64) error {
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK")):
		return nil
	case !bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return sen.Errorf(sen.Invalid, "this is no workbook of the form .xlsx").
			WithHint("open it in a spreadsheet program and save it as .xlsx, or name the format that it is of")
	case encrypted(r, head):
		return sen.Errorf(sen.Invalid, "the workbook is locked with a password").
			WithHint("have its owner save a copy without one: a password does not belong into a hub")
	}
	return sen.Errorf(sen.Invalid, "this is a workbook of the old form .xls").
		WithHint("open it in a spreadsheet program and save it as .xlsx")
}

// encrypted looks for the stream of an encrypted package in the directory of
// a compound file ([MS-CFB] 2.2 and 2.6, [MS-OFFCRYPTO] 2.3.4.4).
func encrypted(r io.ReaderAt, head []byte) bool {
	if len(head) < 512 {
		return false
	}
	shift := min(binary.LittleEndian.Uint16(head[30:]), 16)
	directory := make([]byte, 16<<10)
	n, _ := r.ReadAt(directory, (int64(binary.LittleEndian.Uint32(head[48:]))+1)<<shift)
	name := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	return bytes.Contains(directory[:n], name)
}

// part is one part of the workbook as it unpacks.
type part struct {
	*scanner
	file   io.Closer
	bottom int // of a sheet: the last row that it says it has
}

func (p *part) Close() { _ = p.file.Close() } // it was only read

// open starts to read a part that may unpack to so many bytes.
func (b *Book) open(name string, limit int64) (*part, error) {
	f := b.parts[strings.ToLower(name)]
	if f == nil {
		return nil, sen.Errorf(sen.Corrupt, "the workbook has no part %s", name).
			WithHint("open it in a spreadsheet program and save it anew")
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(err)
	}
	limit = min(limit, max(maxSmallPart, maxRatio*int64(min(f.CompressedSize64, maxSheetPart))))
	p := &part{scanner: newScanner(&bounded{r, name, limit, limit}), file: r}
	if err := p.have(3); err == nil && string(p.window[:3]) == "\xEF\xBB\xBF" {
		p.at = 3
	} else if err == nil && (p.window[0] == 0xFF || p.window[0] == 0xFE) {
		p.Close()
		return nil, sen.Errorf(sen.Invalid, "part %s of the workbook is not in UTF-8", name)
	}
	return p, nil
}

// bounded ends a part that unpacks to more than it may.
type bounded struct {
	r           io.Reader
	name        string
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, sen.Errorf(sen.Invalid, "part %s of the workbook unpacks to more than %d bytes", b.name, b.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

// each calls do for every element of a small part that has a name.
func (b *Book) each(name string, limit int64, do func(element string, p *part) error) error {
	p, err := b.open(name, limit)
	if err != nil {
		return err
	}
	defer p.Close()
	for {
		switch found, err := p.next(); {
		case err != nil:
			return at(err, name)
		case found == ended:
			return nil
		case found == opened:
			if err := do(string(p.name), p); err != nil {
				return at(err, name)
			}
		}
	}
}

// at names the part in an error about its content, and says what to do where
// nothing better is known.
func at(err error, name string) error {
	if err == nil {
		return nil
	}
	err = damaged(err)
	var e *sen.Error
	if errors.As(err, &e) && e.Where == "" {
		e.Where = name
	}
	if e != nil && sen.HintOf(err) == "" {
		e.Hint = "open the workbook in a spreadsheet program and save it anew, or save the sheet as CSV"
	}
	return err
}

// describe reads the sheets, the styles and the calendar.
func (b *Book) describe() error {
	main, err := b.main()
	if err != nil {
		return err
	}
	targets, err := b.relations(main)
	if err != nil {
		return err
	}
	err = b.each(main, maxSmallPart, func(element string, p *part) error {
		switch element {
		case "workbookPr":
			b.from1904 = truth(p.attr("date1904"))
		case "sheet":
			return b.addSheet(p, targets)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(b.sheets) == 0 {
		return sen.Errorf(sen.Invalid, "the workbook has no sheet of cells")
	}
	return b.support(targets)
}

func (b *Book) addSheet(p *part, targets map[string]relation) error {
	to := targets[p.attrText("id")]
	if to.kind != "worksheet" {
		return nil // a chart, a dialogue, a macro
	}
	if len(b.sheets) == maxSheets {
		return sen.Errorf(sen.Invalid, "the workbook has more than %d sheets", maxSheets)
	}
	info := Info{Name: p.attrText("name"), part: to.target}
	state := string(p.attr("state"))
	info.Hidden = state == "hidden" || state == "veryHidden"
	b.sheets = append(b.sheets, info)
	return nil
}

// support finds the parts that the sheets stand on; a workbook may lack both.
func (b *Book) support(targets map[string]relation) error {
	b.shared = &sharedTexts{}
	for _, to := range targets {
		switch to.kind {
		case "sharedStrings":
			b.shared.book, b.shared.name = b, to.target
		case "styles":
			if err := b.readStyles(to.target); err != nil {
				return err
			}
		}
	}
	return nil
}

// relation is another part that a part names.
type relation struct{ kind, target string }

// main is the workbook's own part.
func (b *Book) main() (string, error) {
	if b.parts["_rels/.rels"] == nil {
		return "", b.other()
	}
	targets, err := b.relations("")
	if err != nil {
		return "", err
	}
	for _, to := range targets {
		if to.kind != "officeDocument" {
			continue
		}
		if strings.HasSuffix(to.target, ".bin") {
			return "", sen.Errorf(sen.Invalid, "this is a workbook of the binary form .xlsb").
				WithHint("open it in a spreadsheet program and save it as .xlsx")
		}
		if !strings.HasPrefix(path.Base(to.target), "document") && !strings.HasPrefix(path.Base(to.target), "presentation") {
			return to.target, nil
		}
	}
	return "", b.other()
}

// other says what a zip file is that holds no workbook.
func (b *Book) other() error {
	if b.parts["mimetype"] != nil && b.parts["content.xml"] != nil {
		return sen.Errorf(sen.Invalid, "this is an OpenDocument file").
			WithHint("open it in a spreadsheet program and save it as .xlsx")
	}
	return sen.Errorf(sen.Invalid, "this zip file holds no workbook").WithHint("unpack it, and name the file within as the source")
}

// relations are the parts that a part names, by their identifiers; those of
// the whole file where name is empty.
func (b *Book) relations(name string) (map[string]relation, error) {
	folder, base := path.Split(name)
	out := map[string]relation{}
	err := b.each(folder+"_rels/"+base+".rels", maxSmallPart, func(element string, p *part) error {
		if element != "Relationship" || string(p.attr("TargetMode")) == "External" {
			return nil
		}
		target := p.attrText("Target")
		if strings.HasPrefix(target, "/") {
			target = target[1:]
		} else {
			target = path.Join(folder, target)
		}
		out[p.attrText("Id")] = relation{path.Base(p.attrText("Type")), target}
		return nil
	})
	return out, err
}

func truth(text []byte) bool { return string(text) == "1" || string(text) == "true" }

// Sheets are the workbook's sheets of cells, in its order.
func (b *Book) Sheets() []Info { return slices.Clone(b.sheets) }

// sheet is the sheet of a name.
func (b *Book) sheet(name string) (Info, error) {
	for _, s := range b.sheets {
		if s.Name == name {
			return s, nil
		}
	}
	names := make([]string, len(b.sheets))
	for i, s := range b.sheets {
		names[i] = s.Name
	}
	return Info{}, sen.Errorf(sen.NotFound, "the workbook has no sheet %q", name).WithHint("its sheets are: %s", strings.Join(names, ", "))
}
