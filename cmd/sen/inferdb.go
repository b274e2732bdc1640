package main

import (
	"context"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/profile"
	"github.com/sen-hub/sen/internal/source/connect"
	"github.com/sen-hub/sen/internal/source/live"
)

// schemes are the databases by the schemes of their addresses.
var schemes = map[string]struct {
	kind string
	port int
}{
	"postgresql": {live.PostgreSQL, 5432}, "postgres": {live.PostgreSQL, 5432},
	"mysql": {live.MySQL, 3306}, "mariadb": {live.MySQL, 3306},
}

// profileDatabase looks at the database that the source's address names.
func (p *program) profileDatabase(ctx context.Context, c *engine.Conn, o inferOptions, options profile.Options) ([]contract.Profile, error) {
	s, err := o.server()
	if err != nil {
		return nil, err
	}
	db, err := connect.Database(s, connect.Options{Say: p.mention})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return profile.Database(ctx, c, db, drafted(s), options)
}

// server is the database that an address and the flags beside it name. No
// error repeats the address, which may hold a password.
func (o inferOptions) server() (live.Server, error) {
	var s live.Server
	u, err := url.Parse(o.source)
	if err != nil {
		return s, sen.Errorf(sen.Invalid, "the database's address cannot be read").WithHint("write it as postgresql://user@host:5432/database; what is no letter or digit in a name as %%XX")
	}
	scheme, known := schemes[u.Scheme]
	port, badPort := scheme.port, error(nil)
	if u.Port() != "" {
		port, badPort = strconv.Atoi(u.Port())
	}
	_, secret := u.User.Password()
	database := strings.Trim(u.Path, "/")
	switch {
	case secret:
		return s, sen.Errorf(sen.Invalid, "a password stands in the address").
			WithHint("leave it out and name where it is: --password env:NAME, file:/path or command:program; and change it, since shells keep what is typed")
	case !known:
		return s, sen.Errorf(sen.Invalid, "an address of %s:// is none that a contract can be drafted from", u.Scheme).
			WithHint("postgresql:// and mysql:// are databases; files are named by their paths; an API is declared: docs/connecting-a-source.md")
	case u.RawQuery != "" || u.Fragment != "":
		return s, sen.Errorf(sen.Invalid, "the address has parameters").WithHint("--tls, --ca, --schema and --password say what they would")
	case u.Hostname() == "" || database == "" || strings.Contains(database, "/") || badPort != nil:
		return s, sen.Errorf(sen.Invalid, "the address must name a host and a database").WithHint("%s://user@host:%d/database", u.Scheme, scheme.port)
	case u.User.Username() == "":
		return s, sen.Errorf(sen.Invalid, "the address names no user").WithHint("%s://user@host:%d/database; a reader with the least rights", u.Scheme, scheme.port)
	case o.tls != "off" && o.tls != "verify-full":
		return s, sen.Errorf(sen.Invalid, "--tls is verify-full or off, and not %q", o.tls)
	case o.schema != "" && scheme.kind != live.PostgreSQL:
		return s, sen.Errorf(sen.Invalid, "--schema is for PostgreSQL").WithHint("the database in the address is the schema")
	}
	s = live.Server{Name: "live", Type: scheme.kind, Host: u.Hostname(), Port: port, Database: database, Schema: o.schema, User: u.User.Username(), TLS: live.TLS{Off: o.tls == "off"}}
	if s.Type == live.PostgreSQL && s.Schema == "" {
		s.Schema = "public"
	}
	if s.Password, err = live.ParseSecret(o.password); err != nil {
		return s, err
	}
	if o.ca != "" {
		s.TLS.CA, err = filepath.Abs(o.ca)
	}
	return s, err
}

// drafted is a server as the draft writes it.
func drafted(s live.Server) contract.ServerProfile {
	facts := map[string]string{"host": s.Host, "port": strconv.Itoa(s.Port), "database": s.Database, "user": s.User}
	for name, value := range map[string]string{"schema": s.Schema, "password": string(s.Password), "ca": s.TLS.CA} {
		if value != "" {
			facts[name] = value
		}
	}
	if s.TLS.Off {
		facts["tls"] = "off"
	}
	return contract.ServerProfile{Name: s.Name, Type: s.Type, Facts: facts}
}
