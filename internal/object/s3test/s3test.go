// Package s3test starts a real S3 server for a test: versitygw, which
// scripts/setup-tools puts into .tools. Where it is not there, the test says
// so and is skipped.
package s3test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/object"
)

// What every server of a test is called and opened with.
const (
	Region = "vn-hanoi"
	Key    = "sentest"
	Secret = "made-up 'secret'" // with signs that must be quoted somewhere
	Bucket = "hub"
)

// Server is a running server with one empty bucket.
type Server struct {
	Dir      string // what it stores, a folder a bucket
	Endpoint string
	port     string
	command  *exec.Cmd
	t        testing.TB
}

// Start starts a server, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{Dir: t.TempDir(), t: t}
	if err := os.MkdirAll(filepath.Join(s.Dir, Bucket), 0o700); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = listener.Addr().String()
	s.Endpoint = "http://" + s.port
	listener.Close()
	s.Restart()
	t.Cleanup(s.Kill)
	return s
}

// Restart starts the server again, with what it stored.
func (s *Server) Restart() {
	s.t.Helper()
	s.command = exec.Command(program(s.t), "--quiet", "--port", s.port, "--region", Region, "posix", s.Dir)
	s.command.Env = append(s.command.Environ(), "ROOT_ACCESS_KEY="+Key, "ROOT_SECRET_KEY="+Secret)
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var says strings.Builder
	s.command.Stdout, s.command.Stderr = &says, &says
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", s.port); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("the S3 server does not answer: %s", says.String())
}

// Kill ends the server, as a power cut would.
func (s *Server) Kill() {
	if s.command.Process != nil {
		_ = s.command.Process.Kill()
		_ = s.command.Wait()
	}
}

// S3 is how a place below a prefix of the bucket is opened.
func (s *Server) S3(prefix string) object.S3 {
	address := "s3://" + Bucket
	if prefix != "" {
		address += "/" + prefix
	}
	return object.S3{Address: address, Endpoint: s.Endpoint, Region: Region, Key: Key, Secret: Secret, Drafts: s.t.TempDir()}
}

// Place is the place below a prefix of the bucket.
func (s *Server) Place(prefix string) *object.Bucket {
	s.t.Helper()
	b, err := object.OpenBucket(s.S3(prefix))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// Objects are the files that the server holds in its bucket.
func (s *Server) Objects() []string {
	var out []string
	root := filepath.Join(s.Dir, Bucket)
	_ = filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(root, path)
			out = append(out, rel)
		}
		return nil
	})
	return out
}

// Tool is a program or folder of .tools, or "" where it is not there.
func Tool(name string) string {
	_, here, _, _ := runtime.Caller(0)
	path := filepath.Join(filepath.Dir(here), "..", "..", "..", ".tools", name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

func program(t testing.TB) string {
	t.Helper()
	path := Tool("versitygw")
	if path == "" {
		t.Skip("the S3 server versitygw is not there: run scripts/setup-tools")
	}
	return path
}

// Extension is the SQL engine's extension that reads from S3, or the test is
// skipped.
func Extension(t testing.TB) string {
	t.Helper()
	path := Tool(filepath.Join("extensions", "httpfs.duckdb_extension"))
	if path == "" {
		t.Skip("the engine's extension httpfs is not there: run scripts/setup-extensions")
	}
	return path
}
