package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
)

// exitCode is what the shell sees of each kind of error.
type exitCode struct {
	kind    sen.Kind
	code    int
	meaning string
}

// exitCodes is the one place that maps kinds to codes; the reference is
// generated from it.
func exitCodes() []exitCode {
	return []exitCode{
		{sen.Internal, 1, "a fault of Sen itself; please report it"},
		{sen.Invalid, 2, "what was given is wrong: an argument, a contract, the configuration, a statement"},
		{sen.NotFound, 3, "what was named does not exist"},
		{sen.Exists, 4, "what would be made is there already"},
		{sen.Denied, 5, "the door stays shut: no purpose, or not allowed"},
		{sen.Busy, 6, "somebody else holds it: another sync of the dataset, another opening of the hub"},
		{sen.Unavailable, 7, "a source, the disk or a server cannot be used now; trying again may help"},
		{sen.Corrupt, 8, "what was read is not what was written: damage, or source and store differ"},
		{sen.Drift, 9, "the source or a newer contract no longer fits"},
		{sen.Canceled, 130, "stopped by Ctrl-C; what was finished is kept"},
	}
}

func codeOf(kind sen.Kind) int {
	for _, e := range exitCodes() {
		if e.kind == kind {
			return e.code
		}
	}
	return 1
}

// reported is an error that the command has already told the reader about,
// as part of its answer: only its exit code is left to give.
type reported struct{ error }

func (r reported) Unwrap() error { return r.error }

// end tells what went wrong and returns the exit code.
func (p *program) end(ctx context.Context, err error) int {
	if err == nil {
		return 0
	}
	err = asUsage(err)
	if errors.Is(err, syscall.ENOSPC) {
		err = sen.Errorf(sen.Unavailable, "the disk is full: %w", err).
			WithHint("free some space and run the command again: what is finished stays finished")
	}
	kind := sen.KindOf(err)
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		kind = sen.Canceled
	}
	var done reported
	if !errors.As(err, &done) {
		p.report(kind, err)
	}
	return codeOf(kind)
}

// report prints an error: what, where, and the next step.
func (p *program) report(kind sen.Kind, err error) {
	hint := sen.HintOf(err)
	if p.flags.json || p.wantsJSON() {
		p.reportJSON(kind, err, hint)
		return
	}
	word := p.lang.Pick("lỗi:", "error:")
	if kind == sen.Canceled {
		word = p.lang.Pick("đã dừng:", "stopped:")
	}
	fmt.Fprintln(p.notes, p.notes.Paint(terminal.Bad, word), err)
	if hint != "" {
		fmt.Fprintln(p.notes, p.notes.Paint(terminal.Strong, p.lang.Pick("Tiếp ", "Next ")), hint)
	}
}

type errorAnswer struct {
	Kind    string `json:"kind"`
	Where   string `json:"where,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (p *program) reportJSON(kind sen.Kind, err error, hint string) {
	answer := errorAnswer{Kind: kind.String(), Message: err.Error(), Hint: hint}
	var e *sen.Error
	if errors.As(err, &e) {
		answer.Where = e.Where
	}
	encoder := json.NewEncoder(p.err)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]errorAnswer{"error": answer}); err != nil {
		fmt.Fprintln(p.err, err)
	}
}

// wantsJSON finds --json where the flags could not be parsed.
func (p *program) wantsJSON() bool {
	for _, a := range p.args {
		if a == "--json" {
			return true
		}
	}
	return false
}

// asUsage gives the command line library's own complaints their kind.
func asUsage(err error) error {
	var e *sen.Error
	if errors.As(err, &e) {
		return err
	}
	for _, start := range []string{"unknown command", "unknown flag", "accepts ", "requires ", "required flag", "invalid argument"} {
		if strings.HasPrefix(err.Error(), start) {
			first, rest, _ := strings.Cut(err.Error(), "\n")
			usage := sen.Errorf(sen.Invalid, "%s", first)
			if rest = strings.TrimSpace(rest); rest != "" {
				return usage.WithHint("%s", strings.Join(strings.Fields(rest), " "))
			}
			return usage.WithHint("see `sen --help`")
		}
	}
	return err
}
