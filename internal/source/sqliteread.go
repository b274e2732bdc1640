package source

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/rows"
)

// Read reads the table in one transaction. The position is the SHA-256 of the
// file's bytes and of its write-ahead log's, taken while the transaction is
// open; a write to either in the meantime is Drift. A mark carries the
// combined digest of both, since any row may lie anywhere in the file.
func (r *sqliteReader) Read(ctx context.Context, from Mark, emit func(*Range) error) (Position, error) {
	return Ahead(ctx, emit, func(ctx context.Context, send func(*Range) error) (Position, error) {
		conn, err := r.connect(ctx)
		if err != nil {
			return Position{}, err
		}
		defer conn.Close()
		list, err := sqliteFiles(r.set.list[0])
		if err != nil {
			return Position{}, err
		}
		ctx, stop := context.WithCancel(ctx)
		run := &sqliteRun{r: r, conn: conn, send: send, at: from, out: rows.NewBuilder(r.names, from.Row)}
		run.sum(ctx, list)
		defer func() { _, _ = run.summed() }() // whoever reads the sums has their error
		defer stop()
		if err := run.fits(from); err != nil {
			return Position{}, err
		}
		if err := run.rows(ctx, from); err != nil {
			return Position{}, r.explain(ctx, err)
		}
		if err := r.unchanged(list); err != nil {
			return Position{}, err
		}
		done, err := run.summed()
		if err != nil {
			return Position{}, err
		}
		return done.position(run.out.Next()), nil
	})
}

// unchanged compares the files with what they were when the reading began.
func (r *sqliteReader) unchanged(list []file) error {
	if err := r.set.unchanged(); err != nil {
		return err
	}
	now, err := sqliteFiles(r.set.list[0])
	if err != nil {
		return err
	}
	if len(now) != len(list) || len(now) == 2 && !list[1].same(now[1].info) {
		return changed(r.path, "its write-ahead log was written")
	}
	return nil
}

// sqliteRun is one reading of a table.
type sqliteRun struct {
	r       *sqliteReader
	conn    *sqlite.Conn
	send    func(*Range) error
	out     *rows.Builder
	at      Mark // behind the newest row
	bytes   int64
	current Range
	summed  func() (*sums, error) // waits for the sums of the files
	scratch []byte
	unsound bool // the row under way holds bytes that are no text
}

// sum starts hashing the files.
func (s *sqliteRun) sum(ctx context.Context, list []file) {
	s.summed = inBackground(func() (*sums, error) { return sumFiles(ctx, list) })
}

// fits reports (Drift) when the files are not those that a mark has seen,
// which is known only when they are summed.
func (s *sqliteRun) fits(from Mark) error {
	if from == (Mark{}) {
		return nil
	}
	done, err := s.summed()
	if err != nil {
		return err
	}
	if done.digest() != from.Sum || s.r.set.list[0].name != from.Name {
		return driftSince(s.r.path, "its bytes are others")
	}
	return nil
}

// inBackground starts f and returns what waits for its answer, any number of
// times.
func inBackground[T any](f func() (T, error)) func() (T, error) {
	var answer T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer, err = f()
	}()
	return func() (T, error) {
		<-done
		return answer, err
	}
}

// rows reads the rows behind a mark.
func (s *sqliteRun) rows(ctx context.Context, from Mark) error {
	stmt, _, err := s.conn.PrepareTransient(s.query(from))
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Finalize() }()
	s.begin()
	for {
		if more, err := stmt.Step(); err != nil {
			return err
		} else if !more {
			return s.emit()
		}
		if err := s.row(stmt); err != nil {
			return err
		}
		if err := s.cut(ctx); err != nil {
			return err
		}
	}
}

// query answers the rowid (else NULL) and the columns of the rows behind from.
func (s *sqliteRun) query(from Mark) string {
	r := s.r
	columns := make([]string, len(r.columns))
	for i, c := range r.columns {
		columns[i] = identifier(c.name)
	}
	table := identifier(r.table)
	switch {
	case r.rowid == "":
		return fmt.Sprintf("SELECT NULL, %s FROM %s ORDER BY %s LIMIT -1 OFFSET %d", strings.Join(columns, ", "), table, r.order, from.Offset)
	case from == (Mark{}):
		return fmt.Sprintf("SELECT %s, %s FROM %s ORDER BY %[1]s", r.rowid, strings.Join(columns, ", "), table)
	}
	return fmt.Sprintf("SELECT %s, %s FROM %s WHERE %[1]s > %[4]d ORDER BY %[1]s", r.rowid, strings.Join(columns, ", "), table, from.Offset)
}

// row takes one row over.
func (s *sqliteRun) row(stmt *sqlite.Stmt) error {
	s.unsound = false
	line := s.out.Next() + 1
	s.at.Offset = line
	if s.r.rowid != "" {
		line = stmt.ColumnInt64(0)
		s.at.Offset = line
	}
	for i := range s.out.Columns {
		n := s.value(stmt, i+1, &s.out.Columns[i])
		if n > s.r.options.FieldLimit {
			return sen.Errorf(sen.Invalid, "%s, table %s, row %d, column %s: the value is longer than the limit of %d bytes", s.r.path, s.r.table, line, s.r.names[i], s.r.options.FieldLimit).
				WithHint("raise source.field_limit in sen.yaml if the value is meant to be so long")
		}
		s.bytes += int64(n)
	}
	if !s.unsound {
		s.out.End(line)
		return nil
	}
	s.out.EndWith(line, s.out.Mend(false), nil)
	return nil
}

// value appends a value as text and answers its bytes.
func (s *sqliteRun) value(stmt *sqlite.Stmt, i int, c *rows.Column) int {
	switch stmt.ColumnType(i) {
	case sqlite.TypeNull:
		c.Null()
		return 0
	case sqlite.TypeInteger:
		s.scratch = strconv.AppendInt(s.scratch[:0], stmt.ColumnInt64(i), 10)
	case sqlite.TypeFloat:
		s.scratch = appendReal(s.scratch[:0], stmt.ColumnFloat(i))
	case sqlite.TypeBlob:
		s.scratch = appendBlob(s.scratch[:0], stmt, i)
	default:
		return s.text(stmt, i, c)
	}
	c.Append(s.scratch)
	return len(s.scratch)
}

func (s *sqliteRun) text(stmt *sqlite.Stmt, i int, c *rows.Column) int {
	if s.r.utf16 {
		text := []byte(stmt.ColumnText(i))
		s.unsound = s.unsound || !rows.Sound(text, false)
		c.Append(text)
		return len(text)
	}
	n := stmt.ColumnLen(i)
	into := c.Space(n)
	stmt.ColumnBytes(i, into)
	s.unsound = s.unsound || !rows.Sound(into, false)
	return n
}

func appendBlob(dst []byte, stmt *sqlite.Stmt, i int) []byte {
	blob := make([]byte, stmt.ColumnLen(i))
	stmt.ColumnBytes(i, blob)
	return hex.AppendEncode(append(dst, `\x`...), blob)
}

// appendReal writes the shortest text that reads back as the same number,
// with a point or an exponent, so that it is seen to be a REAL.
func appendReal(dst []byte, f float64) []byte {
	form := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		form = 'e'
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, form, -1, 64)
	if form == 'f' && !strings.ContainsAny(string(dst[start:]), ".In") {
		dst = append(dst, ".0"...)
	}
	return dst
}

func (s *sqliteRun) begin() {
	s.bytes = 0
	s.current = Range{
		Number: s.at.Next, FirstRow: s.out.Next(), File: s.r.path, FileRow: s.out.Next(), Start: s.out.Next(),
	}
}

// cut ends the batch or the range where it is full.
func (s *sqliteRun) cut(ctx context.Context) error {
	o := s.r.options
	if s.out.Rows() == o.BatchRows {
		s.flush()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if s.bytes >= o.RangeBytes || s.out.Next()-s.current.FirstRow >= o.RangeRows {
		return s.emit()
	}
	return nil
}

func (s *sqliteRun) flush() {
	if batch := s.out.Flush(); batch != nil {
		s.current.Batches = append(s.current.Batches, batch)
	}
}

// emit sends the range under way, if it has rows, and starts the next.
func (s *sqliteRun) emit() error {
	s.flush()
	ready := s.current
	if ready.Batches == nil {
		return nil
	}
	done, err := s.summed()
	if err != nil {
		return err
	}
	main := s.r.set.list[0]
	s.at.Next++
	s.at.Row = s.out.Next()
	s.at.Name, s.at.Size, s.at.Hashed, s.at.Sum = main.name, main.info.Size(), main.info.Size(), done.digest()
	s.at.Line = s.at.Offset + 1
	ready.Rows, ready.End, ready.Mark = s.out.Next()-ready.FirstRow, s.out.Next(), s.at
	s.begin()
	return s.send(&ready)
}
