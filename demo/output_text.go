package demo

import (
	"bufio"
	"errors"
	"strings"
)

const bufferSize = 1 << 18

// csvFile writes RFC 4180 records with a delimiter, line ending and encoding of
// its own, below a header of the columns' physical names.
type csvFile struct {
	file      *staged
	w         *bufio.Writer
	delimiter byte
	newline   string
	encode    textEncoder
	line      []byte
}

func openCSV(delimiter byte, newline string, encode textEncoder) func(*staged, []dataset) (output, error) {
	return func(s *staged, d []dataset) (output, error) {
		file, err := s.create()
		if err != nil {
			return nil, err
		}
		c := &csvFile{file: s, w: bufio.NewWriterSize(file, bufferSize), delimiter: delimiter, newline: newline, encode: encode}
		for i, col := range d[0].columns {
			if !col.derived {
				c.field(i, col.physical)
			}
		}
		return c, c.endLine()
	}
}

func (c *csvFile) write(_ int, r *row) error {
	fields := r.source
	if r.extra < 0 {
		fields = fields[:len(fields)+r.extra]
	}
	for i, v := range fields {
		c.field(i, v)
	}
	if r.extra > 0 {
		c.field(len(fields), "?")
	}
	return c.endLine()
}

func (c *csvFile) field(i int, v string) {
	if i > 0 {
		c.line = append(c.line, c.delimiter)
	}
	if strings.IndexByte(v, c.delimiter) < 0 && !strings.ContainsAny(v, "\"\r\n") {
		c.line = c.encode(c.line, v)
		return
	}
	c.line = append(c.line, '"')
	c.line = c.encode(c.line, strings.ReplaceAll(v, `"`, `""`))
	c.line = append(c.line, '"')
}

func (c *csvFile) endLine() error {
	c.line = append(c.line, c.newline...)
	_, err := c.w.Write(c.line)
	c.line = c.line[:0]
	return err
}

func (c *csvFile) close() error { return errors.Join(c.w.Flush(), c.file.close()) }

// jsonLines writes one object a line. Blank fields are left out; integers and
// coded sexes are numbers; nested values are written as they are.
type jsonLines struct {
	file *staged
	w    *bufio.Writer
	line []byte
}

func openJSONLines(s *staged, _ []dataset) (output, error) {
	file, err := s.create()
	if err != nil {
		return nil, err
	}
	return &jsonLines{file: s, w: bufio.NewWriterSize(file, bufferSize)}, nil
}

func (j *jsonLines) write(_ int, r *row) error {
	j.line = append(j.line[:0], '{')
	for i, v := range r.source {
		if v == "" {
			continue
		}
		if len(j.line) > 1 {
			j.line = append(j.line, ',')
		}
		j.line = append(j.line, '"')
		j.line = append(j.line, r.columns[i].physical...)
		j.line = append(j.line, '"', ':')
		j.value(r.columns[i].holds, v)
	}
	j.line = append(j.line, '}', '\n')
	_, err := j.w.Write(j.line)
	return err
}

func (j *jsonLines) value(holds content, v string) {
	bare := holds == nested || holds == integer || holds == sex && allDigits(v)
	if bare {
		j.line = append(j.line, v...)
		return
	}
	j.line = append(j.line, '"')
	for _, c := range []byte(v) {
		if c == '"' || c == '\\' {
			j.line = append(j.line, '\\')
		}
		j.line = append(j.line, c)
	}
	j.line = append(j.line, '"')
}

func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

func (j *jsonLines) close() error { return errors.Join(j.w.Flush(), j.file.close()) }
