package live

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
)

// The types of servers that the hub reads.
const (
	PostgreSQL = "postgresql"
	MySQL      = "mysql" // and MariaDB
	API        = "api"
)

// typeNames are the types by the names that contracts give them.
var typeNames = map[string]string{"postgres": PostgreSQL, "postgresql": PostgreSQL, "mysql": MySQL, "api": API}

// Reads reports whether a server of a contract is live: one of those that this
// room reads, and no file.
func Reads(s *contract.Server) bool {
	return s != nil && typeNames[s.Type] != ""
}

// FromContract is the server that a contract names. Beside the fields of its
// type, its custom properties are read:
//
//	user, password            the password by reference: see Secret
//	tls                       verify-full (the default), or off
//	ca, cert, key, serverName files of PEM; the name to verify
//	maxConnections            the budget: see Budget
//	statementTimeout, lockTimeout, patience
//	logBudget, rate           sizes, like 512MiB
//	attempts
//	windows                   22:00-05:00 Asia/Ho_Chi_Minh, …
//
// All other custom properties are for the driver. ${NAME} in host, database,
// location and user is filled in from the environment. base is the folder
// that relative files start from. Errors name the file and the line.
func FromContract(file, base string, s *contract.Server) (Server, error) {
	r := reading{file: file, base: base, server: s}
	out := Server{
		Name: s.Name, Type: typeNames[s.Type],
		Host: r.filled("host"), Database: r.filled("database"), Schema: r.filled("schema"), Location: r.filled("location"), User: r.filled("user"),
		Port: int(r.number("port")),
		TLS:  TLS{Off: r.choice("tls", "verify-full", "off") == "off", CA: r.path("ca"), Cert: r.path("cert"), Key: r.path("key"), Name: s.Fact("serverName")},
		Budget: Budget{
			Connections: int(r.number("maxConnections")), Attempts: int(r.number("attempts")),
			Statement: r.duration("statementTimeout"), Lock: r.duration("lockTimeout"), Patience: r.duration("patience"),
			LogBytes: r.size("logBudget"), Rate: r.size("rate"), Windows: r.windows("windows"),
		},
		Custom: map[string]string{},
	}
	var err error
	if out.Password, err = ParseSecret(s.Fact("password")); err != nil {
		r.fail(err, "password")
	}
	for _, p := range s.Custom {
		if !understood[p.Property] {
			out.Custom[p.Property] = s.Custom.Text(p.Property)
		}
	}
	return out, r.err
}

var understood = map[string]bool{"user": true, "password": true, "tls": true, "ca": true, "cert": true, "key": true, "serverName": true,
	"maxConnections": true, "attempts": true, "statementTimeout": true, "lockTimeout": true, "patience": true, "logBudget": true, "rate": true, "windows": true}

// reading keeps the first error of a server's facts.
type reading struct {
	file, base string
	server     *contract.Server
	err        error
}

func (r *reading) fail(err error, name string) {
	if r.err == nil {
		r.err = sen.Errorf(sen.KindOf(err), "%s:%d: server %s: %s: %w", r.file, r.server.Line, r.server.Name, name, err).WithHint("%s", sen.HintOf(err))
	}
}

func (r *reading) wrong(name, value, want string) {
	r.fail(sen.Errorf(sen.Invalid, "%q is not %s", value, want), name)
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// filled is a text with its variables filled in.
func (r *reading) filled(name string) string {
	return variable.ReplaceAllStringFunc(r.server.Fact(name), func(found string) string {
		value, set := os.LookupEnv(found[2 : len(found)-1])
		if !set {
			r.fail(sen.Errorf(sen.NotFound, "the environment variable %s is not set", found[2:len(found)-1]).
				WithHint("set it for the account that runs sen"), name)
		}
		return value
	})
}

func (r *reading) path(name string) string {
	path := r.server.Fact(name)
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.base, path)
}

func (r *reading) number(name string) int64 {
	text := r.server.Fact(name)
	n, err := strconv.ParseInt(text, 10, 32)
	if text != "" && (err != nil || n < 1) {
		r.wrong(name, text, "a number from 1 on")
	}
	return n
}

func (r *reading) choice(name string, choices ...string) string {
	text := r.server.Fact(name)
	for _, c := range choices {
		if text == c || text == "" {
			return text
		}
	}
	r.wrong(name, text, "one of "+strings.Join(choices, ", "))
	return text
}

func (r *reading) duration(name string) time.Duration {
	text := r.server.Fact(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.wrong(name, text, "a time like 30s or 10m")
	}
	return d
}

func (r *reading) size(name string) int64 {
	text := r.server.Fact(name)
	if text == "" {
		return 0
	}
	n, ok := contract.ParseSize(text)
	if !ok {
		r.wrong(name, text, "a size like 512MiB")
		return 0
	}
	return n
}

func (r *reading) windows(name string) (out []Window) {
	text := r.server.Fact(name)
	if text == "" {
		return nil
	}
	for _, part := range strings.Split(text, ",") {
		from, to, zone, ok := contract.ParseWindow(strings.TrimSpace(part))
		if !ok {
			r.wrong(name, part, "a window like 22:00-05:00 Asia/Ho_Chi_Minh")
			return nil
		}
		out = append(out, Window{From: from, To: to, Zone: zone})
	}
	return out
}
