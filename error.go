package sen

import (
	"context"
	"errors"
	"fmt"
)

// Kind classifies an error; commands map it to an exit code, pages to a
// status, each in one place.
type Kind uint8

// The kinds of error.
const (
	Internal    Kind = iota // a fault of ours
	Invalid                 // what was given is wrong
	NotFound                // what was named does not exist
	Exists                  // what would be made is there already
	Denied                  // the door stays shut
	Busy                    // somebody else holds it
	Unavailable             // a source, disk or server cannot be used now
	Corrupt                 // what was read is not what was written
	Drift                   // the source no longer fits its contract
	Canceled                // the caller stopped it
)

var kindNames = [...]string{"internal", "invalid", "not-found", "exists", "denied", "busy", "unavailable", "corrupt", "drift", "canceled"}

// String is the kind's name in JSON output.
func (k Kind) String() string { return kindNames[k] }

// Error is what went wrong (Msg), where (Where), and what to do next (Hint).
// Msg and Hint never carry a person's data.
type Error struct {
	Kind  Kind
	Where string // "file:line:column", a dataset, a range; may be empty
	Msg   string
	Hint  string // the next step, for a person
	Err   error  // the cause

	msgVI, hintVI string // the same in Vietnamese; empty where nobody has said it
}

// Errorf makes an error of a kind; %w wraps a cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Msg: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint says what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// At says where it happened.
func (e *Error) At(format string, args ...any) *Error {
	e.Where = fmt.Sprintf(format, args...)
	return e
}

// InVietnamese says Msg and Hint in Vietnamese, for pages and programs that ask
// for it.
func (e *Error) InVietnamese(msg, hint string) *Error {
	e.msgVI, e.hintVI = msg, hint
	return e
}

// Words are Msg and Hint in Vietnamese, or in English: where the others are
// asked for, and where nobody has said it in Vietnamese.
func (e *Error) Words(vietnamese bool) (msg, hint string) {
	if vietnamese && e.msgVI != "" {
		return e.msgVI, e.hintVI
	}
	return e.Msg, e.Hint
}

// Error is "where: message".
func (e *Error) Error() string {
	if e.Where == "" {
		return e.Msg
	}
	return e.Where + ": " + e.Msg
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of the first Error in err's chain, else Canceled for the
// end of a context, else Internal.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled):
		return Canceled
	}
	return Internal
}

// HintOf is the first hint in err's chain, else "".
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}
