package state

import (
	"context"
	"database/sql"
	"time"

	"github.com/sen-hub/sen"
)

// Account is one person who may sign in.
type Account struct {
	Name     string    `json:"name"`
	Title    string    `json:"title"` // as pages call them
	Role     string    `json:"role"`
	Agency   string    `json:"agency,omitempty"`
	Password string    `json:"-"` // an Argon2id hash, as PHC string
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created"`
	Creator  string    `json:"creator"`
}

// Session is one sign-in, or one token of a program.
type Session struct {
	Token   string    `json:"id"` // hash of the token, in hexadecimal
	Account string    `json:"account"`
	Kind    string    `json:"kind"` // page, token
	Label   string    `json:"label,omitempty"`
	Scopes  string    `json:"scopes,omitempty"` // separated by spaces
	Begun   time.Time `json:"begun"`
	Seen    time.Time `json:"seen"`
	Expires time.Time `json:"expires"`
}

const (
	putAccount = `
INSERT INTO account (name, title, role, agency, password, disabled, created, creator) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (name) DO UPDATE SET title = excluded.title, role = excluded.role, agency = excluded.agency, password = excluded.password, disabled = excluded.disabled`
	accountColumns = `SELECT name, title, role, agency, password, disabled, created, creator FROM account`
	allAccounts    = accountColumns + ` ORDER BY name`
	oneAccount     = accountColumns + ` WHERE name = $1`

	putSession = `INSERT INTO session (token, account, kind, label, scopes, begun, seen, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	sessions   = `SELECT token, account, kind, label, scopes, begun, seen, expires FROM session`
	oneSession = sessions + ` WHERE token = $1`
	sessionsOf = sessions + ` WHERE account = $1 ORDER BY begun`
	seeSession = `UPDATE session SET seen = $2 WHERE token = $1`
	endSession = `DELETE FROM session WHERE token = $1`
	endAllOf   = `DELETE FROM session WHERE account = $1`
	endOld     = `DELETE FROM session WHERE expires < $1`
)

// PutAccount keeps an account in place of the one of that name. With end, all
// its sessions end.
func (s *State) PutAccount(ctx context.Context, a Account, end bool) error {
	return s.write(ctx, "keep an account", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, putAccount, a.Name, a.Title, a.Role, a.Agency, a.Password, a.Disabled, stamp(a.Created), a.Creator); err != nil || !end {
			return err
		}
		_, err := tx.ExecContext(ctx, endAllOf, a.Name)
		return err
	})
}

// Accounts are all, by name.
func (s *State) Accounts(ctx context.Context) ([]Account, error) {
	return rows(ctx, s.db, "read accounts", scanAccount, allAccounts)
}

// Account finds one by name; NotFound where there is none.
func (s *State) Account(ctx context.Context, name string) (Account, error) {
	found, err := rows(ctx, s.db, "read an account", scanAccount, oneAccount, name)
	if err == nil && len(found) == 0 {
		err = sen.Errorf(sen.NotFound, "there is no account %q", name)
	}
	if err != nil {
		return Account{}, err
	}
	return found[0], nil
}

func scanAccount(r scanner) (a Account, err error) {
	var created string
	if err := r.Scan(&a.Name, &a.Title, &a.Role, &a.Agency, &a.Password, &a.Disabled, &created, &a.Creator); err != nil {
		return a, err
	}
	a.Created, err = unstamp(created)
	return a, err
}

// BeginSession keeps a session, and lets go of those that are over.
func (s *State) BeginSession(ctx context.Context, one Session) error {
	return s.write(ctx, "begin a session", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, endOld, stamp(one.Begun)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, putSession, one.Token, one.Account, one.Kind, one.Label, one.Scopes, stamp(one.Begun), stamp(one.Seen), stamp(one.Expires))
		return err
	})
}

// Session finds one by its token's hash; NotFound where there is none.
func (s *State) Session(ctx context.Context, token string) (Session, error) {
	found, err := rows(ctx, s.db, "read a session", scanSession, oneSession, token)
	if err == nil && len(found) == 0 {
		err = sen.Errorf(sen.NotFound, "there is no such session")
	}
	if err != nil {
		return Session{}, err
	}
	return found[0], nil
}

// SessionsOf are an account's, the oldest first.
func (s *State) SessionsOf(ctx context.Context, account string) ([]Session, error) {
	return rows(ctx, s.db, "read sessions", scanSession, sessionsOf, account)
}

func scanSession(r scanner) (one Session, err error) {
	var begun, seen, expires string
	if err := r.Scan(&one.Token, &one.Account, &one.Kind, &one.Label, &one.Scopes, &begun, &seen, &expires); err != nil {
		return one, err
	}
	for _, t := range []struct {
		from string
		to   *time.Time
	}{{begun, &one.Begun}, {seen, &one.Seen}, {expires, &one.Expires}} {
		if *t.to, err = unstamp(t.from); err != nil {
			return one, err
		}
	}
	return one, nil
}

// SeeSession notes that a session was used.
func (s *State) SeeSession(ctx context.Context, token string, at time.Time) error {
	return s.write(ctx, "note the use of a session", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, seeSession, token, stamp(at))
		return err
	})
}

// EndSession ends one.
func (s *State) EndSession(ctx context.Context, token string) error {
	return s.write(ctx, "end a session", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, endSession, token)
		return err
	})
}
