// Command sen is the hub from a terminal. Here, and only here, configuration
// is read and the rooms are wired: see hub.go for the order in which they
// start and stop. Each command has a file of its own; what it says goes to
// standard output, what goes wrong to standard error, and exit.go maps every
// kind of error to an exit code.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	// The first Ctrl-C asks: what is running ends at its next safe point. With
	// stop the signal means what it always means, so a second one ends all.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)

	p := program{
		args: os.Args[1:],
		in:   os.Stdin, out: os.Stdout, err: os.Stderr,
		env: os.Getenv,
		now: time.Now,
	}
	os.Exit(p.run(ctx))
}
