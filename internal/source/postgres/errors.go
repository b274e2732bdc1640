package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sen-hub/sen"
)

// errSnapshotLost says that the leader is gone, and the snapshot with it.
var errSnapshotLost = errors.New("the connection that held the snapshot was lost")

// errYield is errSnapshotLost by our own will.
var errYield = fmt.Errorf("%w: somebody waits to change the table", errSnapshotLost)

// temporary reports whether trying again can help. SQLSTATE classes: appendix
// A of the manual.
func temporary(err error) bool {
	var ours *sen.Error
	if errors.Is(err, errSnapshotLost) || errors.As(err, &ours) {
		return false
	}
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	if errors.As(err, &certificate) || errors.As(err, &authority) || errors.As(err, &name) || refusesTLS(err) {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "57014", "57P01", "57P02", "57P03", "57P05", // cancelled, terminated, crashed, starting, idle
			"40001", "40P01", "55P03", "55006", "25P03": // recovery conflict, deadlock, lock, in use, idle in a transaction
			return true
		}
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") && pg.Code != "53400"
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) || errors.As(err, &connecting) || closed(err)
}

// closed reports a connection that the library closed under way: it has no
// error of its own for that.
func closed(err error) bool {
	return strings.HasSuffix(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}

// refusesTLS reports a server without TLS, for which the library has no error
// of its own either.
func refusesTLS(err error) bool { return strings.Contains(err.Error(), "refused TLS") }

// speaks are the SQLSTATE classes whose messages never quote a value: they
// name relations, columns, roles and settings.
var speaks = map[string]bool{"08": true, "25": true, "28": true, "3D": true, "3F": true, "42": true, "53": true, "54": true, "55": true, "57": true, "58": true}

// explain makes an error for a person out of the library's or the server's.
func (d *Database) explain(ctx context.Context, err error) error {
	var ours *sen.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	at := fmt.Sprintf("server %s", d.server.Name)
	if errors.Is(err, errSnapshotLost) {
		return sen.Errorf(sen.Unavailable, "%w", err).At("%s", at).WithHint("run it again; if the server ends idle or long transactions, let it spare the hub's user")
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return d.said(pg).At("%s", at)
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) || strings.Contains(err.Error(), "x509:") {
		return sen.Errorf(sen.Denied, "its certificate is not accepted: %w", innermost(err)).At("%s", at).
			WithHint("name the file of the server's authority in the contract's server; do not switch verification off")
	}
	if refusesTLS(err) {
		return sen.Errorf(sen.Denied, "it does not speak TLS").At("%s", at).WithHint("have its administrator switch TLS on, or say in the contract that this server has none")
	}
	return sen.Errorf(sen.Unavailable, "%s:%d cannot be used: %w", d.server.Host, d.server.Port, innermost(err)).At("%s", at).
		WithHint("`sen source test` says what is missing")
}

// said is a server's error, without what may quote data: detail, context, and
// the message itself where its class does so.
func (d *Database) said(pg *pgconn.PgError) *sen.Error {
	message := "SQLSTATE " + pg.Code
	if len(pg.Code) == 5 && speaks[pg.Code[:2]] {
		message = fmt.Sprintf("%s (SQLSTATE %s)", pg.Message, pg.Code)
	}
	switch {
	case pg.Code == "42501" && strings.Contains(pg.Message, "row-level security"):
		return sen.Errorf(sen.Denied, "row-level security would hide rows from the hub: %s", message).
			WithHint("give the hub's user BYPASSRLS, or let the owner make a view of the rows it may have and name that in the contract")
	case pg.Code == "42501":
		return sen.Errorf(sen.Denied, "%s", message).WithHint("`sen source grants` prints what the hub's user needs")
	case pg.Code[:2] == "28":
		return sen.Errorf(sen.Denied, "%s", message).WithHint("check user, password and pg_hba.conf")
	case pg.Code == "3D000", pg.Code == "42P01", pg.Code == "3F000":
		return sen.Errorf(sen.NotFound, "%s", message)
	case pg.Code == "42703":
		return sen.Errorf(sen.Drift, "%s", message).WithHint("a column went away or was renamed while the table was read: compare the contract with the source, then run it again")
	case pg.Code[:2] == "22":
		return sen.Errorf(sen.Corrupt, "the server cannot hand a value over: %s", message).
			WithHint("the server's own log names the value; for text in a broken encoding its database encoding may be wrong")
	case pg.Code == "57014":
		return sen.Errorf(sen.Unavailable, "%s", message).WithHint("raise the statement's time in the source's budget, or read the source when it has less to do")
	}
	return sen.Errorf(sen.Unavailable, "%s", message)
}

// innermost is the error at the end of err's chain: those around it name the
// user and the whole address again.
func innermost(err error) error {
	for {
		if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
			err = joined.Unwrap()[len(joined.Unwrap())-1]
			continue
		}
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
