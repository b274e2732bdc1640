package mysql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	protocol "github.com/go-mysql-org/go-mysql/mysql"

	"github.com/sen-hub/sen"
)

// errSnapshotLost says that no connection is left that has the snapshot.
var errSnapshotLost = errors.New("the connections that held the snapshot were lost")

// Numbers of errors (MySQL error reference; MariaDB's own from 1900 on).
const (
	erTooManyConnections = 1040
	erDBAccessDenied     = 1044
	erAccessDenied       = 1045
	erUnknownDatabase    = 1049
	erShutdown           = 1053
	erUnknownColumn      = 1054
	erTableAccessDenied  = 1142
	erColumnDenied       = 1143
	erNoSuchTable        = 1146
	erPacketTooLarge     = 1153
	erTooManyOfUser      = 1203
	erLockWait           = 1205
	erDeadlock           = 1213
	erUserLimit          = 1226
	erNeedsPrivilege     = 1227
	erQueryInterrupted   = 1317
	erViewInvalid        = 1356
	erTableChanged       = 1412
	erMariaKilled        = 1927
	erMariaTimeout       = 1969
	erQueryTimeout       = 3024
	erServerOffline      = 3032
	erMySQLKilled        = 3169
	erClientTimeout      = 4031
)

// endsConnection reports errors after which the server closes it.
func endsConnection(code uint16) bool {
	switch code {
	case erTooManyConnections, erShutdown, erMariaKilled, erServerOffline, erMySQLKilled, erClientTimeout, erPacketTooLarge:
		return true
	}
	return false
}

// coded is the number of a server's error, met by us or in the handshake; 0
// when it is none.
func coded(err error) uint16 {
	var ours *serverError
	var theirs *protocol.MyError
	switch {
	case errors.As(err, &ours):
		return ours.code
	case errors.As(err, &theirs):
		return theirs.Code
	}
	return 0
}

// temporary reports whether trying again can help.
func temporary(err error) bool {
	var ours *sen.Error
	var certificate *tls.CertificateVerificationError
	if err == nil || errors.Is(err, errSnapshotLost) || errors.As(err, &ours) || errors.As(err, &certificate) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	switch code := coded(err); code {
	case 0:
		return disconnected(err)
	case erTooManyConnections, erShutdown, erTooManyOfUser, erUserLimit, erLockWait, erDeadlock, erQueryInterrupted,
		erMariaKilled, erMySQLKilled, erServerOffline, erClientTimeout, erMariaTimeout, erQueryTimeout:
		return true
	}
	return false
}

// disconnected reports a connection that could not be made or went away.
func disconnected(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) || errors.Is(err, protocol.ErrBadConn) || endsConnection(coded(err))
}

// explain makes an error for a person. A server's own words are left out
// where they may quote data.
func (d *Database) explain(ctx context.Context, err error) error {
	var ours *sen.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	at := "server " + d.server.Name
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errSnapshotLost):
		return sen.Errorf(sen.Unavailable, "%w", err).At("%s", at).WithHint("run it again; if the server ends long transactions, let it spare the hub's user")
	case errors.As(err, &certificate), strings.Contains(err.Error(), "x509:"):
		return sen.Errorf(sen.Denied, "its certificate is not accepted: %w", innermost(err)).At("%s", at).
			WithHint("name the file of the server's authority in the contract's server; do not switch verification off")
	case strings.Contains(err.Error(), "does not support TLS"):
		return sen.Errorf(sen.Denied, "it does not speak TLS").At("%s", at).WithHint("have its administrator switch TLS on, or say in the contract that this server has none")
	case coded(err) != 0:
		return d.said(err).At("%s", at)
	}
	return sen.Errorf(sen.Unavailable, "%s:%d cannot be used: %w", d.server.Host, d.server.Port, innermost(err)).At("%s", at).
		WithHint("`sen source test` says what is missing")
}

func (d *Database) said(err error) *sen.Error {
	code := coded(err)
	words := words(err)
	switch code {
	case erDBAccessDenied, erTableAccessDenied, erColumnDenied, erNeedsPrivilege, erViewInvalid:
		return sen.Errorf(sen.Denied, "%s", words).WithHint("`sen source grants` prints what the hub's user needs")
	case erAccessDenied:
		return sen.Errorf(sen.Denied, "the user is not let in (error %d)", code).WithHint("check user and password, and from where the user may come")
	case erUnknownDatabase, erNoSuchTable:
		return sen.Errorf(sen.NotFound, "%s", words)
	case erUnknownColumn, erTableChanged:
		return sen.Errorf(sen.Drift, "%s", words).WithHint("the table was altered while it was read: compare the contract with the source, then run it again")
	case erMariaTimeout, erQueryTimeout:
		return sen.Errorf(sen.Unavailable, "%s", words).WithHint("raise the statement's time in the source's budget, or read the source when it has less to do")
	}
	return sen.Errorf(sen.Unavailable, "%s", words)
}

// speaks are the errors whose words name tables, columns and rights, never a
// value.
var speaks = map[uint16]bool{
	erTooManyConnections: true, erDBAccessDenied: true, erUnknownDatabase: true, erShutdown: true, erUnknownColumn: true,
	erTableAccessDenied: true, erColumnDenied: true, erNoSuchTable: true, erTooManyOfUser: true, erLockWait: true,
	erDeadlock: true, erUserLimit: true, erNeedsPrivilege: true, erQueryInterrupted: true, erViewInvalid: true,
	erTableChanged: true, erMariaKilled: true, erMariaTimeout: true, erQueryTimeout: true,
}

func words(err error) string {
	code := coded(err)
	var ours *serverError
	var theirs *protocol.MyError
	switch {
	case !speaks[code]:
	case errors.As(err, &ours):
		return fmt.Sprintf("%s (error %d)", ours.text, code)
	case errors.As(err, &theirs):
		return fmt.Sprintf("%s (error %d)", theirs.Message, code)
	}
	return fmt.Sprintf("the server answers with error %d", code)
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
