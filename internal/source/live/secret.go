package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
)

// Secret names a secret without holding it: env:NAME (a variable of the
// environment), file:/path (a file that only its owner may read), or
// command:program argument … (what a program prints, started without a shell).
// It is read when it is needed and never kept, printed or logged. The zero
// Secret is none.
type Secret string

// A secret is no longer than this, and a program has this long to print it.
const (
	maxSecret     = 64 << 10
	secretTimeout = 20 * time.Second
)

// ParseSecret checks that a text names a secret. A text that does not, which
// may be the secret itself, is refused and not repeated.
func ParseSecret(text string) (Secret, error) {
	if text == "" || contract.NamesSecret(text) {
		return Secret(text), nil
	}
	return "", sen.Errorf(sen.Invalid, "a secret is written down where only its name belongs").
		WithHint("name it as env:NAME, file:/path or command:program argument; and change the secret, since it has been read")
}

// Reveal reads the secret, less one line end.
func (s Secret) Reveal(ctx context.Context) (string, error) {
	_, rest, _ := strings.Cut(string(s), ":")
	var text []byte
	var err error
	switch s.kind() {
	case "":
		return "", nil
	case "env":
		value, set := os.LookupEnv(rest)
		if !set {
			return "", sen.Errorf(sen.NotFound, "the environment variable %s is not set", rest).WithHint("set it for the account that runs sen")
		}
		text = []byte(value)
	case "file":
		text, err = secretFile(rest)
	case "command":
		text, err = secretOf(ctx, strings.Fields(rest))
	default:
		return "", sen.Errorf(sen.Invalid, "what names a secret is of no known kind").WithHint("kinds are env, file and command")
	}
	if err != nil {
		return "", err
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	if len(text) == 0 || len(text) > maxSecret {
		return "", sen.Errorf(sen.Invalid, "the secret %s is empty, or longer than %d bytes", s, maxSecret)
	}
	return string(text), nil
}

func secretFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "a secret's file cannot be read: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, sen.Errorf(sen.Unavailable, "a secret's file cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return nil, sen.Errorf(sen.Invalid, "%s is no plain file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, sen.Errorf(sen.Denied, "%s holds a secret and may be read by others", path).WithHint("chmod 600 %s", path)
	}
	return io.ReadAll(io.LimitReader(f, maxSecret+2))
}

// secretOf runs a program. What it prints on standard error may hold anything,
// so it is passed over.
func secretOf(ctx context.Context, argv []string) ([]byte, error) {
	if len(argv) == 0 {
		return nil, sen.Errorf(sen.Invalid, "a secret's command is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	out := &bounded{most: maxSecret + 2, full: cancel}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.WaitDelay = out, time.Second
	if err := cmd.Run(); err != nil {
		return nil, sen.Errorf(sen.Unavailable, "the command %s, which should print a secret, failed: %w", argv[0], err)
	}
	return out.text.Bytes(), nil
}

// bounded is a buffer that refuses to grow beyond a size, and calls full then.
// The buffer is not embedded: its ReadFrom would go round the bound.
type bounded struct {
	text bytes.Buffer
	most int
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > b.most {
		b.full()
		return 0, errors.New("it prints too much")
	}
	return b.text.Write(p)
}

// unnamed is shown for a Secret that names nothing: it may be one itself.
const unnamed = "(not the name of a secret)"

// kind is how the secret is named: env, file or command; "" for none, and
// unnamed for what did not come through ParseSecret and is no name.
func (s Secret) kind() string {
	switch {
	case s == "":
		return ""
	case !contract.NamesSecret(string(s)):
		return unnamed
	}
	kind, _, _ := strings.Cut(string(s), ":")
	return kind
}

// String is the secret's name as it may be shown: a program without its
// arguments, which may hold a secret.
func (s Secret) String() string {
	switch s.kind() {
	case unnamed:
		return unnamed
	case "command":
		argv := strings.Fields(strings.TrimPrefix(string(s), "command:"))
		if len(argv) > 1 {
			return "command:" + argv[0] + " …"
		}
	}
	return string(s)
}

// GoString implements fmt.GoStringer for %#v: as String.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalJSON implements json.Marshaler: as String.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// LogValue implements slog.LogValuer: the kind alone.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.kind()) }
