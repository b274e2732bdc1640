package bench

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

// system is one that a table can be extracted from.
type system struct {
	name  string
	start func(context.Context) (*server, error)
}

// systems are those that extraction is measured with.
var systems = []system{{live.PostgreSQL, startPostgres}, {"mariadb", startMaria}}

// Systems are their names.
func Systems() []string {
	var out []string
	for _, s := range systems {
		out = append(out, s.name)
	}
	return out
}

func chooseSystems(names []string) ([]system, error) {
	if len(names) == 0 {
		return systems, nil
	}
	var out []system
	for _, name := range names {
		i := slices.IndexFunc(systems, func(s system) bool { return s.name == name })
		if i < 0 {
			return nil, sen.Errorf(sen.Invalid, "there is no system %q", name).WithHint("systems are %s", strings.Join(Systems(), " and "))
		}
		out = append(out, systems[i])
	}
	return out, nil
}

// server is a real server, started for the run.
type server struct {
	version string
	pid     int                                              // the process that all others of it come from
	live    func(connections int) live.Server                // as a contract would name it
	fill    func(ctx context.Context, rows int64) error      // makes benchTable
	plain   func(ctx context.Context, connections int) error // reads it to nowhere
	close   func() error
}

const (
	benchDatabase = "bench"
	benchTable    = "registration"
)

// firstNumber is the number in a file's first line.
func firstNumber(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}
