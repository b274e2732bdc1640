package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"strconv"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/sen-hub/sen"
)

//go:embed migrations/*.sql
var migrations embed.FS

// newest is the schema this program writes: the highest number in migrations/.
const newest = 9

const versionTable = "schema_version"

const (
	countTables   = `SELECT count(*) FROM sqlite_master WHERE type = 'table'`
	countVersions = `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '` + versionTable + `'`
	highest       = `SELECT coalesce(max(version_id), 0) FROM ` + versionTable
)

// migrate brings the tables to this program's schema. Each migration is one
// transaction: killed in between, the next opening goes on.
func (s *State) migrate(ctx context.Context, path string) error {
	current, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	if current == newest {
		return nil
	}
	if current > newest {
		return fits(path, current)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(database.DialectSQLite3, s.db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return classify("prepare the hub's state", err)
	}
	return nil
}

// schemaVersion is 0 for an empty file. A database that has tables but no
// version is somebody else's.
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var tables, versions, version int64
	if err := db.QueryRowContext(ctx, countTables).Scan(&tables); err != nil {
		return 0, classify("read the hub's state", err)
	}
	if err := db.QueryRowContext(ctx, countVersions).Scan(&versions); err != nil {
		return 0, classify("read the hub's state", err)
	}
	switch {
	case tables == 0:
		return 0, nil
	case versions == 0:
		return 0, sen.Errorf(sen.Invalid, "a SQLite database, but not the state of a hub").
			WithHint("name another folder with --dir; nothing was changed here")
	}
	err := db.QueryRowContext(ctx, highest).Scan(&version)
	return version, classify("read the hub's state", err)
}

// fits refuses what this program cannot read as it stands.
func fits(path string, current int64) error {
	switch {
	case current > newest:
		return sen.Errorf(sen.Invalid, "the hub's state has schema %d, this program (Sen %s) knows up to %d: a newer Sen made it", current, sen.Version, newest).
			At("%s", path).WithHint("upgrade the program; nothing was changed")
	case current < newest:
		return sen.Errorf(sen.Invalid, "the hub's state has schema %d, this program reads %d", current, newest).
			At("%s", path).WithHint("run `sen sync` or `sen init` once: it brings the state up to date")
	}
	return nil
}

// Hub is what the state says about itself.
type Hub struct {
	ID     string    `json:"id"`
	MadeBy string    `json:"made_by"` // the program's version
	MadeAt time.Time `json:"made_at"`
}

const (
	settingHub    = "hub-id"
	settingMadeBy = "made-by"
	settingMadeAt = "made-at"
)

// introduce gives a new state its identity, once.
func (s *State) introduce(ctx context.Context) error {
	if _, err := s.Setting(ctx, settingHub); sen.KindOf(err) != sen.NotFound {
		return err
	}
	at := s.now()
	return s.write(ctx, "introduce the hub", func(tx *sql.Tx) error {
		for _, pair := range [][2]string{
			{settingHub, NewID(at)}, {settingMadeBy, sen.Version}, {settingMadeAt, stamp(at)},
		} {
			if _, err := tx.ExecContext(ctx, putSetting, pair[0], pair[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Hub is the identity that Open gave this state when it made it.
func (s *State) Hub(ctx context.Context) (Hub, error) {
	var h Hub
	var madeAt string
	var err error
	for _, field := range []struct {
		name string
		into *string
	}{{settingHub, &h.ID}, {settingMadeBy, &h.MadeBy}, {settingMadeAt, &madeAt}} {
		if *field.into, err = s.Setting(ctx, field.name); err != nil {
			return Hub{}, err
		}
	}
	h.MadeAt, err = unstamp(madeAt)
	return h, err
}

const (
	getSetting = `SELECT value FROM setting WHERE name = $1`
	putSetting = `
INSERT INTO setting (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value`
)

// Setting reads a value by name; NotFound when nobody has put it.
func (s *State) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := s.db.QueryRowContext(ctx, getSetting, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", sen.Errorf(sen.NotFound, "the hub's state has no setting %q", name)
	}
	return value, classify("read a setting", err)
}

// PutSetting keeps a value by name, in place of an older one.
func (s *State) PutSetting(ctx context.Context, name, value string) error {
	return s.write(ctx, "keep a setting", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, putSetting, name, value)
		return err
	})
}

// timeForm has a fixed width, so that text sorts as time does.
const timeForm = "2006-01-02T15:04:05.000000Z"

// stamp is t as the tables hold it; the zero time is the empty text.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeForm)
}

func unstamp(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(timeForm, s)
	if err != nil {
		return t, sen.Errorf(sen.Corrupt, "a time in the hub's state cannot be read: %w", err)
	}
	return t.UTC(), nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
