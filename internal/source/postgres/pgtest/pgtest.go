// Package pgtest starts real PostgreSQL servers for tests and benchmarks: each
// in a folder of its own, on a free port of the loopback interface, as the
// package's user (the server refuses root), stopped and removed at the end.
// What comes in is Options; what goes out is a Server that is ready. It never
// touches a server that it did not start.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sen-hub/sen/internal/source/live/livetest"
)

// Options of a server. The zero value has logical decoding, UTF-8 and no TLS.
type Options struct {
	NoDecoding bool              // wal_level=replica: no slot can be made
	TLS        bool              // with a certificate for localhost of an authority made for it: CA
	Settings   map[string]string // of postgresql.conf
}

// Server is a running server. The superuser is postgres, without a password
// over the loopback interface unless hba.conf is written anew.
type Server struct {
	Port int
	Dir  string // its folder; data is below it
	CA   string // file of the authority, with TLS

	bin   string
	user  string // whom to become; empty where we are not root
	guard io.Closer
}

// ErrMissing says that no server is installed.
var ErrMissing = errors.New("PostgreSQL is not installed: run scripts/setup-servers")

// New starts a server that ends with the test. Without an installed server the
// test says so and is skipped.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(context.Background(), o)
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Start starts a server; Close stops and removes it.
func Start(ctx context.Context, o Options) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if os.Getuid() == 0 {
		s.user = "postgres"
	}
	// Below /tmp by name: the package's user must be able to reach it, and the
	// path of a Unix socket has at most 107 bytes.
	if s.Dir, err = os.MkdirTemp("/tmp", "sen-pg-"); err != nil {
		return nil, err
	}
	if err := errors.Join(s.watch(), s.create(ctx, o)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) create(ctx context.Context, o Options) error {
	if err := s.own(s.Dir); err != nil {
		return err
	}
	if out, err := s.run(ctx, "initdb", "--pgdata", s.data(), "--auth", "trust", "--username", "postgres",
		"--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if o.TLS {
		if err := s.certify(); err != nil {
			return err
		}
	}
	var err error
	for range 3 { // between finding a free port and taking it somebody else may
		if s.Port, err = freePort(); err != nil {
			return err
		}
		if err = s.configure(o); err != nil {
			return err
		}
		if err = s.Start(ctx); err == nil {
			return nil
		}
	}
	return err
}

// Standby starts a server that follows this one.
func (s *Server) Standby(ctx context.Context) (*Server, error) {
	other := &Server{bin: s.bin, user: s.user}
	var err error
	if other.Dir, err = os.MkdirTemp("/tmp", "sen-pg-"); err != nil {
		return nil, err
	}
	if err := errors.Join(other.watch(), other.follow(ctx, s)); err != nil {
		return nil, errors.Join(err, other.Close())
	}
	return other, nil
}

func (s *Server) follow(ctx context.Context, primary *Server) error {
	if err := s.own(s.Dir); err != nil {
		return err
	}
	if out, err := s.run(ctx, "pg_basebackup", "--pgdata", s.data(), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
		"--host", primary.Dir, "--port", fmt.Sprint(primary.Port), "--username", "postgres"); err != nil {
		return fmt.Errorf("pg_basebackup: %w: %s", err, out)
	}
	var err error
	if s.Port, err = freePort(); err != nil {
		return err
	}
	if err := s.configure(Options{Settings: map[string]string{
		"primary_conninfo": fmt.Sprintf("host=%s port=%d user=postgres", primary.Dir, primary.Port)}}); err != nil {
		return err
	}
	return s.Start(ctx)
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// configure writes what differs from the defaults. Durability is off: these
// servers do not outlive a crash of the machine.
func (s *Server) configure(o Options) error {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": fmt.Sprint(s.Port), "unix_socket_directories": s.Dir,
		"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB", "max_wal_size": "2GB",
		"wal_level": "logical", "max_wal_senders": "10", "log_min_messages": "warning",
	}
	if o.NoDecoding {
		settings["wal_level"] = "replica"
	}
	if o.TLS {
		settings["ssl"], settings["ssl_cert_file"], settings["ssl_key_file"] = "on", filepath.Join(s.Dir, "server.crt"), filepath.Join(s.Dir, "server.key")
	}
	for name, value := range o.Settings {
		settings[name] = value
	}
	var lines []string
	for name, value := range settings {
		lines = append(lines, fmt.Sprintf("%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''")))
	}
	sort.Strings(lines)
	return os.WriteFile(filepath.Join(s.data(), "postgresql.auto.conf"), []byte(strings.Join(lines, "")), 0o644)
}

// Start starts the server again after Stop.
func (s *Server) Start(ctx context.Context) error {
	out, err := s.run(ctx, "pg_ctl", "start", "--pgdata", s.data(), "--wait", "--timeout", "60", "--log", filepath.Join(s.Dir, "log"))
	if err != nil {
		said, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
		return fmt.Errorf("start PostgreSQL: %w: %s%s", err, out, said)
	}
	return nil
}

// Stop stops the server; mode is smart, fast or immediate (as a crash).
func (s *Server) Stop(ctx context.Context, mode string) error {
	if out, err := s.run(ctx, "pg_ctl", "stop", "--pgdata", s.data(), "--mode", mode, "--wait"); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w: %s", err, out)
	}
	return nil
}

// Close stops the server, if it runs, and removes its folder.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	if _, missing := os.Stat(filepath.Join(s.data(), "postmaster.pid")); missing == nil {
		err = s.Stop(ctx, "immediate")
	}
	err = errors.Join(err, os.RemoveAll(s.Dir))
	if s.guard != nil {
		err = errors.Join(err, s.guard.Close())
	}
	return err
}

// watch starts a shell that stops and removes the server when our end of its
// pipe closes, however this process ends: a test that panics or is killed
// cleans nothing up itself.
func (s *Server) watch() error {
	cmd := exec.Command("sh", "-c", `cat >/dev/null
[ -d "$1" ] || exit 0
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")" 2>/dev/null && sleep 1
rm -rf "$1"`, "guard", s.Dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for the test alone
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.guard = pipe
	go func() { _ = cmd.Wait() }() // its answer is of no use
	return nil
}

// AllowOnly writes pg_hba.conf anew and has the server read it. The superuser
// keeps the Unix socket.
func (s *Server) AllowOnly(ctx context.Context, lines ...string) error {
	text := "local all postgres trust\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(text), 0o644); err != nil {
		return err
	}
	_, err := s.run(ctx, "pg_ctl", "reload", "--pgdata", s.data())
	return err
}

// Connect connects as the superuser by the Unix socket.
func (s *Server) Connect(ctx context.Context, database string) (*pgconn.PgConn, error) {
	return pgconn.Connect(ctx, fmt.Sprintf("host=%s port=%d user=postgres dbname=%s client_encoding=UTF8 sslmode=disable", s.Dir, s.Port, database))
}

// Exec runs statements as the superuser and answers the rows of the last one
// that has any, as text.
func (s *Server) Exec(ctx context.Context, database, sql string) ([][]string, error) {
	conn, err := s.Connect(ctx, database)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, r := range results {
		if len(r.FieldDescriptions) > 0 {
			out = nil
		}
		for _, row := range r.Rows {
			texts := make([]string, len(row))
			for i, v := range row {
				texts[i] = string(v)
			}
			out = append(out, texts)
		}
	}
	return out, nil
}

// MustExec is Exec, for a test.
func (s *Server) MustExec(t testing.TB, database, sql string) [][]string {
	t.Helper()
	out, err := s.Exec(context.Background(), database, sql)
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return out
}

// run runs one of the server's programs as the user that may.
func (s *Server) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	path := filepath.Join(s.bin, program)
	cmd := exec.CommandContext(ctx, path, args...)
	if s.user != "" {
		cmd = exec.CommandContext(ctx, "runuser", append([]string{"-u", s.user, "--", path}, args...)...)
	}
	cmd.Dir = s.Dir
	// The started server inherits what its starter writes to: a pipe would
	// keep the call waiting for as long as the server runs.
	out, err := os.CreateTemp("", "sen-pg-out-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	failed := cmd.Run()
	said, err := os.ReadFile(out.Name())
	if failed != nil {
		return said, failed
	}
	return said, err
}

// own gives a file to the package's user.
func (s *Server) own(path string) error {
	if s.user == "" {
		return nil
	}
	u, err := user.Lookup(s.user)
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrMissing, err)
	}
	var uid, gid int
	if _, err := fmt.Sscan(u.Uid, &uid); err != nil {
		return err
	}
	if _, err := fmt.Sscan(u.Gid, &gid); err != nil {
		return err
	}
	return os.Chown(path, uid, gid)
}

// binaries is the folder of the newest installed server's programs.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	sort.Slice(found, func(i, k int) bool {
		return len(found[i]) < len(found[k]) || len(found[i]) == len(found[k]) && found[i] < found[k]
	})
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrMissing
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// certify makes the server's certificate, and gives the files to its user.
func (s *Server) certify() error {
	ca, cert, key, err := livetest.Certificates(s.Dir)
	if err != nil {
		return err
	}
	s.CA = ca
	for _, file := range []string{ca, cert, key} {
		if err := s.own(file); err != nil {
			return err
		}
	}
	return nil
}
