package engine

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// Remote lets statements name files below an S3 address.
type Remote struct {
	Extension string // file of the signed extension httpfs, of the engine's own version
	Scope     string // s3://bucket/prefix: the key is used below it alone
	Endpoint  string // host:port
	TLS       bool
	Region    string
	Key       string
	Secret    string
}

// attach loads the extension and hands it the key. The statement that holds
// the key is in no error and in no log; the engine itself shows it to nobody.
func (e *Engine) attach(ctx context.Context, r Remote) error {
	if _, err := os.Stat(r.Extension); err != nil {
		return sen.Errorf(sen.Unavailable, "the SQL engine's extension httpfs, by which it reads from S3, is not there: %w", err).
			WithHint("put httpfs.duckdb_extension into the folder extensions beside the program (scripts/setup-extensions gets it), or name its folder in engine.extensions")
	}
	if _, err := e.db.ExecContext(ctx, "LOAD "+Literal(r.Extension)); err != nil {
		return sen.Errorf(sen.Invalid, "the SQL engine refuses its extension httpfs: %w", err).
			WithHint("it must be the signed one of the engine's own version")
	}
	for _, statement := range []string{
		"SET http_retries = 8", "SET http_retry_wait_ms = 200", "SET http_retry_backoff = 2",
		"SET http_keep_alive = true",
	} {
		if _, err := e.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("configure the SQL engine: %s: %w", statement, err)
		}
	}
	secret := fmt.Sprintf("CREATE SECRET lake (TYPE s3, SCOPE %s, KEY_ID %s, SECRET %s, REGION %s, ENDPOINT %s, URL_STYLE 'path', USE_SSL %t)",
		Literal(folder(r.Scope)), Literal(r.Key), Literal(r.Secret), Literal(r.Region), Literal(r.Endpoint), r.TLS)
	if _, err := e.db.ExecContext(ctx, secret); err != nil {
		return sen.Errorf(sen.Invalid, "the SQL engine refuses the S3 key").
			WithHint("see lake.key, lake.secret and lake.region in sen.yaml")
	}
	return nil
}

// folder is an address with one slash at its end, so that "a/lake" does not
// let "a/lake-2" in.
func folder(address string) string { return strings.TrimSuffix(address, "/") + "/" }

// patience is how long a statement waits for an S3 server that is away.
const patience = time.Minute

// patiently runs a statement again while the S3 server is away: one that fails
// has changed nothing.
func patiently[T any](ctx context.Context, run func() (T, error)) (T, error) {
	const most = 5 * time.Second
	wait := 200 * time.Millisecond
	for until := time.Now().Add(patience); ; wait = min(2*wait, most) {
		out, err := run()
		if err == nil || !away(err) || time.Now().Add(wait).After(until) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// away reports whether the engine did not reach a server, or the server could
// not answer, by the words of its HTTP client.
func away(err error) bool {
	text := err.Error()
	return strings.Contains(text, " error for HTTP ") || strings.Contains(text, "HTTP Error") && strings.Contains(text, "(HTTP 5")
}
