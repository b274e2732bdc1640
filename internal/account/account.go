// Package account is who may sign in to a hub until the national identity
// comes: local accounts with a role, sessions that the server keeps, and tokens
// for programs. What comes in are names, passwords and tokens; what goes out is
// an account, or a refusal that does not say which of name and password was
// wrong. Passwords are kept as Argon2id hashes (RFC 9106, second recommended
// option), tokens as SHA-256 sums of 256 random bits.
package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// Roles.
const (
	Operator = "operator" // runs the hub
	Steward  = "steward"  // answers for the data's quality
	Reviewer = "reviewer" // says which records are one
	Officer  = "officer"  // serves a citizen, one case at a time
	Leader   = "leader"   // sees figures, and no person
	Agency   = "agency"   // mends its own data
	Reader   = "reader"   // sees what everybody in the house may
)

// Roles are all, in the order in which people read them.
func Roles() []string { return []string{Operator, Steward, Reviewer, Officer, Leader, Agency, Reader} }

// Options are what a caller may set. The zero value works.
type Options struct {
	Now   func() time.Time // default: time.Now
	Idle  time.Duration    // a session unused for so long is over; default 30 minutes
	Whole time.Duration    // a session is over after so long; default 10 hours
}

// Accounts keeps accounts and sessions in the hub's state. It is safe for
// concurrent use.
type Accounts struct {
	state *state.State
	o     Options
	tries *tries
}

// New keeps them in s.
func New(s *state.State, o Options) *Accounts {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	if o.Whole == 0 {
		o.Whole = 10 * time.Hour
	}
	return &Accounts{state: s, o: o, tries: newTries(o.Now)}
}

// Account is a person who may sign in.
type Account = state.Account

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// shortest is of how many characters a password is at least.
const shortest = 10

// Person is somebody who is to have an account.
type Person struct {
	Name, Title, Role, Agency, Password string
}

// Put adds an account, or changes the one of that name, whose sessions end.
// Errors: Invalid with the reason.
func (a *Accounts) Put(ctx context.Context, p Person, by sen.Principal) (Account, error) {
	if err := p.check(); err != nil {
		return Account{}, err
	}
	hash, err := hashPassword(p.Password)
	if err != nil {
		return Account{}, err
	}
	one := Account{Name: p.Name, Title: p.Title, Role: p.Role, Agency: p.Agency, Password: hash, Created: a.o.Now(), Creator: by.ID}
	if one.Title == "" {
		one.Title = p.Name
	}
	return one, a.state.PutAccount(ctx, one, true)
}

func (p Person) check() error {
	switch {
	case !nameForm.MatchString(p.Name):
		return sen.Errorf(sen.Invalid, "%q is no name of an account", p.Name).WithHint("2 to 32 small letters, digits, '.', '-' and '_', the first one a letter")
	case !slices.Contains(Roles(), p.Role):
		return sen.Errorf(sen.Invalid, "there is no role %q", p.Role).WithHint("the roles are %s", strings.Join(Roles(), ", "))
	case p.Role == Agency && p.Agency == "":
		return sen.Errorf(sen.Invalid, "an account of an agency names the agency").WithHint("--agency civil-status, for example")
	case len([]rune(p.Password)) < shortest || len(p.Password) > 1024:
		return sen.Errorf(sen.Invalid, "a password has at least %d characters", shortest).WithHint("a few words in a row are easy to remember and hard to guess")
	case len(p.Title) > 200:
		return sen.Errorf(sen.Invalid, "the title is longer than 200 bytes")
	}
	return nil
}

// Disable shuts an account and ends its sessions, or opens it again.
func (a *Accounts) Disable(ctx context.Context, name string, shut bool) error {
	one, err := a.state.Account(ctx, name)
	if err != nil {
		return err
	}
	one.Disabled = shut
	return a.state.PutAccount(ctx, one, shut)
}

// List is all accounts, by name.
func (a *Accounts) List(ctx context.Context) ([]Account, error) { return a.state.Accounts(ctx) }

var errRefused = sen.Errorf(sen.Denied, "the name or the password is wrong")

// SignIn begins a session where the password is right, and gives its token.
// from is where the request comes from. Errors: Denied, which does not say what
// was wrong; Busy after too many tries, with how long to wait.
func (a *Accounts) SignIn(ctx context.Context, name, password, from string) (token string, one Account, err error) {
	if err := a.tries.allowed(name, from); err != nil {
		return "", Account{}, err
	}
	one, err = a.state.Account(ctx, name)
	if err != nil && sen.KindOf(err) != sen.NotFound {
		return "", Account{}, err
	}
	hash := one.Password
	if err != nil {
		hash = nobody() // takes as long as a name that is known
	}
	if right := verifyPassword(hash, password); !right || err != nil || one.Disabled {
		a.tries.failed(name, from)
		return "", Account{}, errRefused
	}
	a.tries.succeeded(name)
	token, err = a.begin(ctx, one, state.Session{Kind: pages}, a.o.Whole)
	return token, one, err
}

// Kinds of sessions.
const (
	pages   = "page"
	program = "token"
)

// Token makes a token for a program that acts for an account, within scopes.
func (a *Accounts) Token(ctx context.Context, name, label string, scopes []string, valid time.Duration) (string, error) {
	one, err := a.state.Account(ctx, name)
	if err != nil {
		return "", err
	}
	return a.begin(ctx, one, state.Session{Kind: program, Label: label, Scopes: strings.Join(scopes, " ")}, valid)
}

func (a *Accounts) begin(ctx context.Context, one Account, s state.Session, valid time.Duration) (string, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", sen.Errorf(sen.Internal, "draw a token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	s.Token, s.Account, s.Begun = sum(token), one.Name, a.o.Now()
	s.Seen, s.Expires = s.Begun, s.Begun.Add(valid)
	return token, a.state.BeginSession(ctx, s)
}

// sum is how a token is kept: what is looked up is a hash of it, so that the
// time that a look-up takes says nothing of the token.
func sum(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// seenEvery is how often the use of a session is written down.
const seenEvery = time.Minute

// Of finds whose token it is, and the scopes of a program's token (nil: a page's
// session, which has all that its role has). Errors: Denied.
func (a *Accounts) Of(ctx context.Context, token string) (Account, []string, error) {
	s, err := a.state.Session(ctx, sum(token))
	if sen.KindOf(err) == sen.NotFound {
		return Account{}, nil, sen.Errorf(sen.Denied, "nobody is signed in")
	}
	if err != nil {
		return Account{}, nil, err
	}
	now := a.o.Now()
	if now.After(s.Expires) || s.Kind == pages && now.Sub(s.Seen) > a.o.Idle {
		return Account{}, nil, sen.Errorf(sen.Denied, "the session is over")
	}
	one, err := a.state.Account(ctx, s.Account)
	if err != nil {
		return Account{}, nil, err
	}
	if one.Disabled {
		return Account{}, nil, sen.Errorf(sen.Denied, "the account is shut")
	}
	if now.Sub(s.Seen) >= seenEvery {
		if err := a.state.SeeSession(ctx, s.Token, now); err != nil {
			return Account{}, nil, err
		}
	}
	if s.Kind == program {
		return one, strings.Fields(s.Scopes), nil
	}
	return one, nil, nil
}

// SignOut ends a session.
func (a *Accounts) SignOut(ctx context.Context, token string) error {
	return a.state.EndSession(ctx, sum(token))
}

// Principal is who asks, as the journal names them.
func Principal(one Account) sen.Principal {
	return sen.Principal{ID: one.Role + ":" + one.Name, Role: one.Role, Agency: one.Agency}
}
