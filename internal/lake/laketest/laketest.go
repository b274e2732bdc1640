// Package laketest gives tests a lake at the addresses of production: files at
// a real S3 server, the catalogue in a real PostgreSQL. Where one of them
// cannot be had, the test says so and is skipped.
package laketest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/object/s3test"
)

// Password opens every catalogue of a test.
const Password = "made-up-password"

// Servers are an S3 server and a PostgreSQL server.
type Servers struct {
	S3       *s3test.Server
	Postgres *Postgres
}

// Start starts both, which end with the test.
func Start(t testing.TB) *Servers {
	t.Helper()
	return &Servers{S3: s3test.Start(t), Postgres: StartPostgres(t)}
}

// Options open the lake below a prefix of the bucket, with the catalogue in a
// database of that name.
func (s *Servers) Options(t testing.TB, prefix string) lake.Options {
	t.Helper()
	bucket := s.S3.S3(prefix)
	return lake.Options{Dir: filepath.Join(t.TempDir(), "lake"), Bucket: &bucket, Catalogue: s.Postgres.Catalogue(t, prefix)}
}

// Remote lets an engine read the bucket.
func (s *Servers) Remote(t testing.TB) *engine.Remote {
	t.Helper()
	host, tls, err := s.S3.S3("").Host()
	if err != nil {
		t.Fatal(err)
	}
	return &engine.Remote{Extension: s3test.Extension(t), Scope: "s3://" + s3test.Bucket, Endpoint: host, TLS: tls,
		Region: s3test.Region, Key: s3test.Key, Secret: s3test.Secret}
}

// Postgres is a running PostgreSQL server.
type Postgres struct {
	Port    int
	dir     string
	command *exec.Cmd
	t       testing.TB
}

// StartPostgres starts a server in a folder of its own, which ends with the test.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	p := &Postgres{t: t}
	var err error
	if p.dir, err = os.MkdirTemp("", "sen-pg-"); err != nil { // t.TempDir lies below folders that only root may enter
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(p.dir) })
	if id := p.account(); id != nil {
		if err := os.Chown(p.dir, int(id.Uid), int(id.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(p.dir, "password")
	if err := os.WriteFile(secret, []byte(Password), 0o644); err != nil {
		t.Fatal(err)
	}
	p.run("initdb", "-D", filepath.Join(p.dir, "data"), "-U", "sen", "-A", "scram-sha-256", "--pwfile", secret, "--no-sync", "-E", "UTF8", "--locale", "C")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Port = listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	p.Restart()
	t.Cleanup(p.Kill)
	return p
}

// Restart starts the server again, with what it stored.
func (p *Postgres) Restart() {
	p.t.Helper()
	p.command = p.tool("postgres", "-D", filepath.Join(p.dir, "data"), "-p", strconv.Itoa(p.Port), "-h", "127.0.0.1", "-k", p.dir)
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	for range 600 { // a port that is open is no server that has recovered
		if out, err := p.psql("SELECT 1"); err == nil {
			return
		} else if strings.Contains(string(out), "authentication") {
			p.t.Fatalf("PostgreSQL: %s", out)
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatal("PostgreSQL does not answer")
}

// Kill ends the server at once, with every connection (SIGQUIT is its
// "immediate shutdown", which recovers from its log as after a power cut).
func (p *Postgres) Kill() {
	if p.command != nil && p.command.Process != nil {
		_ = p.command.Process.Signal(syscall.SIGQUIT)
		_ = p.command.Wait()
	}
}

// Catalogue is a catalogue in a database of its own, which is made.
func (p *Postgres) Catalogue(t testing.TB, name string) *lake.Postgres {
	t.Helper()
	if out, err := p.psql(fmt.Sprintf("CREATE DATABASE %q", name)); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return p.Open(name)
}

// psql runs a statement as the administrator.
func (p *Postgres) psql(statement string) ([]byte, error) {
	c := exec.Command("psql", "-h", "127.0.0.1", "-p", strconv.Itoa(p.Port), "-U", "sen", "-d", "postgres", "-q", "-c", statement)
	c.Env = append(c.Environ(), "PGPASSWORD="+Password)
	return c.CombinedOutput()
}

// Open is the catalogue in a database that is there.
func (p *Postgres) Open(name string) *lake.Postgres {
	return &lake.Postgres{URL: fmt.Sprintf("postgres://sen@127.0.0.1:%d/%s", p.Port, name), Password: Password}
}

// account is whom the server runs as: it refuses root.
func (p *Postgres) account() *syscall.Credential {
	p.t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		p.t.Skip("PostgreSQL is not there, and has no user: run scripts/setup-servers")
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		p.t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// tool is a program of PostgreSQL, wherever the distribution put it.
func (p *Postgres) tool(name string, args ...string) *exec.Cmd {
	p.t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if path, err := exec.LookPath(name); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		p.t.Skip("PostgreSQL is not there: run scripts/setup-servers")
	}
	slices.Sort(found)
	c := exec.Command(found[0], args...)
	c.Dir = p.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.account(), Pdeathsig: syscall.SIGQUIT}
	return c
}

func (p *Postgres) run(name string, args ...string) {
	p.t.Helper()
	if out, err := p.tool(name, args...).CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v: %s", name, err, out)
	}
}
