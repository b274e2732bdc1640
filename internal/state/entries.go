package state

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// Entry is one line of the door's journal. Body is what was hashed, byte for
// byte; Kind, Request, Principal, At and Subjects repeat parts of it so that
// it can be found, and are worth nothing where they disagree with it.
type Entry struct {
	Sequence  int64      `json:"sequence"` // 1, 2, 3…, without a gap
	At        time.Time  `json:"at"`
	Kind      string     `json:"kind"`
	Request   string     `json:"request"`
	Principal string     `json:"principal"`
	Subjects  []string   `json:"subjects,omitempty"` // what it is found by: keyed hashes, never values; not filled by Entries
	Body      []byte     `json:"body"`
	Previous  sen.Digest `json:"previous"`
	Hash      sen.Digest `json:"hash"`
	KeyID     string     `json:"key_id"`
	Signature []byte     `json:"signature"` // over Hash
}

// EntryFilter narrows a search; its zero value finds everything.
type EntryFilter struct {
	Subjects  []string // any of these
	Principal string
	Request   string
	Since     time.Time
	Before    int64 // entries before this one; 0: all
}

const (
	entryColumns = `sequence, at, kind, request, principal, body, previous, hash, key_id, signature`

	lastEntry   = `SELECT ` + entryColumns + ` FROM entry ORDER BY sequence DESC LIMIT 1`
	entriesFrom = `SELECT ` + entryColumns + ` FROM entry WHERE sequence > $1 ORDER BY sequence LIMIT $2`

	insertEntry = `
INSERT INTO entry (` + entryColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	insertSubject = `INSERT INTO entry_subject (subject, sequence) VALUES ($1, $2) ON CONFLICT (subject, sequence) DO NOTHING`

	subjectsOfEntry = `SELECT subject FROM entry_subject WHERE sequence = $1 ORDER BY subject`
	strayedSubjects = `
SELECT count(*) FROM entry_subject
WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.sequence = entry_subject.sequence)`
)

// AppendEntries adds to the journal. link is called once, with the journal's
// last entry (the zero Entry when it is empty), while nobody else can append,
// and gives the entries that follow it; an error from it appends nothing. When
// AppendEntries has returned, they are durable.
func (s *State) AppendEntries(ctx context.Context, link func(last Entry) ([]Entry, error)) error {
	return s.write(ctx, "write to the door's journal", func(tx *sql.Tx) error {
		last, err := scanEntry(tx.QueryRowContext(ctx, lastEntry))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		entries, err := link(last)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := putEntry(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func putEntry(ctx context.Context, tx *sql.Tx, e Entry) error {
	_, err := tx.ExecContext(ctx, insertEntry, e.Sequence, stamp(e.At), e.Kind, e.Request, e.Principal, string(e.Body),
		e.Previous.String(), e.Hash.String(), e.KeyID, encode(e.Signature))
	if err != nil || len(e.Subjects) == 0 {
		return err
	}
	insert, err := tx.PrepareContext(ctx, insertSubject)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, subject := range e.Subjects {
		if _, err := insert.ExecContext(ctx, subject, e.Sequence); err != nil {
			return err
		}
	}
	return nil
}

// EntriesFrom gives up to limit entries after a sequence, oldest first, with
// their Subjects as the search index has them (sorted, each once).
func (s *State) EntriesFrom(ctx context.Context, after int64, limit int) ([]Entry, error) {
	const what = "read the door's journal"
	entries, err := rows(ctx, s.db, what, scanEntry, entriesFrom, after, limit)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		entries[i].Subjects, err = rows(ctx, s.db, what, func(r scanner) (v string, err error) {
			return v, r.Scan(&v)
		}, subjectsOfEntry, entries[i].Sequence)
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// StrayedSubjects counts lines of the search index that belong to no entry.
func (s *State) StrayedSubjects(ctx context.Context) (n int64, err error) {
	err = s.db.QueryRowContext(ctx, strayedSubjects).Scan(&n)
	return n, classify("read the door's journal", err)
}

// Entries finds entries, newest first.
func (s *State) Entries(ctx context.Context, f EntryFilter, limit int) ([]Entry, error) {
	query, args := f.query(limit)
	return rows(ctx, s.db, "search the door's journal", scanEntry, query, args...)
}

func (f EntryFilter) query(limit int) (query string, args []any) {
	var where []string
	placeholder := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	if len(f.Subjects) > 0 {
		list := make([]string, len(f.Subjects))
		for i, subject := range f.Subjects {
			list[i] = placeholder(subject)
		}
		where = append(where, "sequence IN (SELECT sequence FROM entry_subject WHERE subject IN ("+strings.Join(list, ", ")+"))")
	}
	if f.Principal != "" {
		where = append(where, "principal = "+placeholder(f.Principal))
	}
	if f.Request != "" {
		where = append(where, "request = "+placeholder(f.Request))
	}
	if !f.Since.IsZero() {
		where = append(where, "at >= "+placeholder(stamp(f.Since)))
	}
	if f.Before > 0 {
		where = append(where, "sequence < "+placeholder(f.Before))
	}
	query = "SELECT " + entryColumns + " FROM entry"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return query + " ORDER BY sequence DESC LIMIT " + placeholder(limit), args
}

func scanEntry(r scanner) (Entry, error) {
	var e Entry
	var at, previous, hash, signature string
	err := r.Scan(&e.Sequence, &at, &e.Kind, &e.Request, &e.Principal, &e.Body, &previous, &hash, &e.KeyID, &signature)
	if err != nil {
		return Entry{}, err
	}
	if e.At, err = unstamp(at); err == nil {
		e.Signature, err = base64.StdEncoding.DecodeString(signature)
	}
	err = errors.Join(err, e.Previous.UnmarshalText([]byte(previous)), e.Hash.UnmarshalText([]byte(hash)))
	if err == nil && (stamp(e.At) != at || e.Previous.String() != previous || e.Hash.String() != hash || encode(e.Signature) != signature) {
		err = errors.New("a value is not in the form in which it was written")
	}
	if err != nil {
		return Entry{}, corrupt("read the door's journal", err).At("entry %d", e.Sequence)
	}
	return e, nil
}

func encode(signature []byte) string { return base64.StdEncoding.EncodeToString(signature) }
