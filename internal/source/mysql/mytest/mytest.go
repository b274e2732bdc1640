// Package mytest starts real MariaDB servers for tests and benchmarks: each in
// a folder of its own, on a free port of the loopback interface and a socket
// of its own, as the package's user (the server refuses root), stopped and
// removed at the end. What comes in is Options; what goes out is a Server that
// is ready. It never touches a server that it did not start.
package mytest

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

	"github.com/go-mysql-org/go-mysql/client"

	"github.com/sen-hub/sen/internal/source/live/livetest"
)

// Options of a server. The zero value keeps a binary log and speaks no TLS.
type Options struct {
	NoLog    bool
	TLS      bool              // with a certificate for localhost of an authority made for it: CA
	Settings map[string]string // as after "--"
}

// Server is a running server. root may do everything, without a password, by
// the socket and from the loopback interface.
type Server struct {
	Port   int
	Socket string
	Dir    string // its folder; data is below it
	CA     string // file of the authority, with TLS

	options Options
	user    string // whom to become; empty where we are not root
	guard   io.Closer
	process *exec.Cmd
	ended   chan error
}

// ErrMissing says that no server is installed.
var ErrMissing = errors.New("MariaDB is not installed: run scripts/setup-servers")

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
	if _, err := program("mariadbd"); err != nil {
		return nil, err
	}
	s := &Server{options: o}
	if os.Getuid() == 0 {
		s.user = "mysql"
	}
	var err error
	// Below /tmp by name: the package's user must be able to reach it, and the
	// path of a Unix socket has at most 107 bytes.
	if s.Dir, err = os.MkdirTemp("/tmp", "sen-my-"); err != nil {
		return nil, err
	}
	s.Socket = filepath.Join(s.Dir, "socket")
	if err := errors.Join(s.watch(), s.create(ctx)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) create(ctx context.Context) error {
	if err := s.own(s.Dir); err != nil {
		return err
	}
	install, err := s.command("mariadb-install-db", "--no-defaults", "--datadir="+s.data(), "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve")
	if err != nil {
		return err
	}
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	if s.options.TLS {
		if err := s.certify(); err != nil {
			return err
		}
	}
	for range 3 { // between finding a free port and taking it somebody else may
		if s.Port, err = freePort(); err != nil {
			return err
		}
		if err = s.Start(ctx); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// arguments are what differs from the defaults. Durability is off: these
// servers do not outlive a crash of the machine.
func (s *Server) arguments() []string {
	settings := map[string]string{
		"datadir": s.data(), "socket": s.Socket, "port": fmt.Sprint(s.Port), "bind-address": "127.0.0.1", "pid-file": filepath.Join(s.Dir, "pid"),
		"innodb-flush-log-at-trx-commit": "0", "innodb-buffer-pool-size": "256M", "innodb-doublewrite": "0", "performance-schema": "off",
		"character-set-server": "utf8mb4", "max-allowed-packet": "64M", "skip-name-resolve": "1",
	}
	if !s.options.NoLog {
		settings["log-bin"], settings["server-id"] = filepath.Join(s.data(), "bin"), "7"
	}
	if s.options.TLS {
		settings["ssl-cert"], settings["ssl-key"], settings["ssl-ca"] = filepath.Join(s.Dir, "server.crt"), filepath.Join(s.Dir, "server.key"), s.CA
	}
	for name, value := range s.options.Settings {
		settings[name] = value
	}
	var out []string
	for name, value := range settings {
		out = append(out, "--"+name+"="+value)
	}
	sort.Strings(out)
	return append([]string{"--no-defaults"}, out...)
}

// Start starts the server again after Stop or Kill.
func (s *Server) Start(ctx context.Context) error {
	cmd, err := s.command("mariadbd", s.arguments()...)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process, s.ended = cmd, make(chan error, 1)
	go func() { s.ended <- cmd.Wait() }()
	for deadline := time.Now().Add(time.Minute); ; {
		c, err := client.ConnectWithContext(ctx, s.Socket, "root", "", "", time.Second)
		if err == nil {
			return c.Quit()
		}
		select {
		case ended := <-s.ended:
			said, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			s.process = nil
			return fmt.Errorf("start MariaDB: %w: %s", errors.Join(ended, err), said)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("MariaDB did not start within a minute: %w", err), s.Kill())
		}
	}
}

// Stop ends the server in an orderly way; Kill as a crash does.
func (s *Server) Stop() error { return s.signal(syscall.SIGTERM) }

// Kill is the crash.
func (s *Server) Kill() error { return s.signal(syscall.SIGKILL) }

func (s *Server) signal(sig syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	// Its own group, whose leader may be the program that became its user.
	if err := syscall.Kill(-s.process.Process.Pid, sig); err != nil {
		return err
	}
	s.process = nil
	select {
	case ended := <-s.ended:
		var exit *exec.ExitError
		if errors.As(ended, &exit) {
			return nil // it was told to
		}
		return ended
	case <-time.After(time.Minute):
		return errors.New("MariaDB did not end within a minute")
	}
}

// Close ends the server, if it runs, and removes its folder.
func (s *Server) Close() error {
	err := errors.Join(s.Kill(), os.RemoveAll(s.Dir))
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
kill -KILL "$(cat "$1/pid")" 2>/dev/null && sleep 1
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

// Exec runs statements as root, one after the other, and answers the rows of
// the last one that has any, as the client writes them; NULL is "NULL".
func (s *Server) Exec(ctx context.Context, database string, statements ...string) ([][]string, error) {
	path, err := program("mariadb")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, "--no-defaults", "--user=root", "--socket="+s.Socket, "--batch", "--raw", "--skip-column-names",
		"--default-character-set=utf8mb4", "--max-allowed-packet=64M", database)
	cmd.Stdin = strings.NewReader(strings.Join(statements, ";\n") + ";\n")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, said.String())
	}
	var rows [][]string
	for line := range strings.Lines(string(out)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows, nil
}

// MustExec is Exec, for a test.
func (s *Server) MustExec(t testing.TB, database string, statements ...string) [][]string {
	t.Helper()
	out, err := s.Exec(context.Background(), database, statements...)
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(statements, ";\n"))
	}
	return out
}

// command is one of the server's programs, run as the user that may.
func (s *Server) command(name string, args ...string) (*exec.Cmd, error) {
	path, err := program(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	if s.user != "" {
		cmd = exec.Command("runuser", append([]string{"-u", s.user, "--", path}, args...)...)
	}
	cmd.Dir = s.Dir
	return cmd, nil
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
	if _, err := fmt.Sscan(u.Uid+" "+u.Gid, &uid, &gid); err != nil {
		return err
	}
	return os.Chown(path, uid, gid)
}

func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, folder := range []string{"/usr/sbin", "/usr/bin", "/usr/local/bin"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return filepath.Join(folder, name), nil
		}
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
