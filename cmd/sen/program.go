package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/text"
)

// program is one run of the command: what it was given and where it answers.
// Tests make one with buffers and run it as main does.
type program struct {
	args     []string
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	now      func() time.Time

	flags     flags
	lang      text.Lang
	screen    terminal.Screen // of out
	notes     terminal.Screen // of err: progress and what is not the answer
	beside    io.Writer       // where what happens meanwhile is told: above the bar, while there is one; else notes
	meanwhile func(told)      // who is told it instead, of a hub that is up; else nil
}

// flags are those that every command knows.
type flags struct {
	dir      string
	lang     string
	json     bool
	noColour bool
	verbose  bool
}

// run runs one command and returns its exit code.
func (p *program) run(ctx context.Context) int {
	p.setLanguage("")
	p.screen, p.notes = terminal.New(p.out, p.env, false), terminal.New(p.err, p.env, false)
	p.beside = p.notes
	root := p.root()
	root.SetArgs(p.args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	return p.end(ctx, root.ExecuteContext(ctx))
}

// root is the command that holds all others.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sen",
		Short: p.lang.Pick("Trung tâm dữ liệu quốc gia trong một chương trình", "A national data hub in one program"),
		Long: p.lang.Pick(
			"Sen đưa dữ liệu rời rạc của các cơ quan thành một kho sạch, có chứng thực.",
			"Sen brings the scattered data of agencies into one clean, proved store."),
		Example: "  sen demo\n  sen init my-hub\n  sen sync",
		Version: sen.Version,

		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return p.settle()
		},
	}
	set := root.PersistentFlags()
	set.StringVar(&p.flags.dir, "dir", "", "the hub's folder (default: SEN_DIR, else found from here upwards)")
	set.StringVar(&p.flags.lang, "lang", "", "language of answers: vi or en (default: SEN_LANG, sen.yaml, LANG)")
	set.BoolVar(&p.flags.json, "json", false, "answer in JSON, errors too")
	set.BoolVar(&p.flags.noColour, "no-color", false, "no colours (NO_COLOR does the same)")
	set.BoolVarP(&p.flags.verbose, "verbose", "v", false, "tell on standard error what happens inside")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return sen.Errorf(sen.Invalid, "%w", err).WithHint("see `%s --help`", cmd.CommandPath())
	})
	root.AddCommand(p.initCommand(), p.contractCommand(), p.syncCommand(), p.statusCommand(), p.qualityCommand(),
		p.quarantineCommand(), p.caseCommand(), p.linkCommand(), p.getCommand(), p.explainCommand(), p.reviewCommand(), p.mergeCommand(), p.unmergeCommand(), p.decisionsCommand(),
		p.verifyCommand(), p.sourceCommand(), p.retentionCommand(), p.backupCommand(), p.restoreCommand(),
		p.standardiseCommand(), p.queryCommand(), p.indicatorCommand(), p.upCommand(), p.userCommand(), p.demoCommand(), p.unitsCommand(),
		p.benchCommand(), p.versionCommand(), p.docsCommand())
	return root
}

// settle works out what the flags decide for the whole run.
func (p *program) settle() error {
	if l := p.flags.lang; l != "" && l != "vi" && l != "en" {
		return sen.Errorf(sen.Invalid, "there is no language %q", l).WithHint("use --lang vi or --lang en")
	}
	p.setLanguage("")
	p.screen, p.notes = terminal.New(p.out, p.env, p.flags.noColour), terminal.New(p.err, p.env, p.flags.noColour)
	p.beside = p.notes
	return nil
}

// setLanguage chooses the first that says something: --lang, SEN_LANG, the
// hub's sen.yaml, the locale.
func (p *program) setLanguage(configured string) {
	choice := ""
	for _, said := range []string{p.languageFlag(), p.env("SEN_LANG"), configured, p.env("LC_ALL"), p.env("LC_MESSAGES"), p.env("LANG")} {
		if said != "" && said != "auto" {
			choice = said
			break
		}
	}
	p.lang = text.LangOf(choice)
}

// languageFlag finds --lang before the flags are parsed: help wants it too.
func (p *program) languageFlag() string {
	for i, a := range p.args {
		if value, ok := strings.CutPrefix(a, "--lang="); ok {
			return value
		}
		if a == "--lang" && i+1 < len(p.args) {
			return p.args[i+1]
		}
	}
	return ""
}

// say writes a line of the answer in the reader's language.
func (p *program) say(vi, en string, args ...any) {
	fmt.Fprintf(p.screen, p.lang.Pick(vi, en)+"\n", args...)
}

// answer writes the answer as JSON when that was asked for, else lets plain
// write it for people.
func (p *program) answer(value any, plain func()) error {
	if !p.flags.json {
		plain()
		return nil
	}
	encoder := json.NewEncoder(p.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// next ends an answer with what to do now: pairs of command and meaning.
func (p *program) next(pairs ...string) {
	t := terminal.Table{Align: "lwl"}
	word := p.lang.Pick("Tiếp", "Next")
	for i := 0; i+1 < len(pairs); i += 2 {
		t.Add(terminal.Cell{Text: word, Style: terminal.Strong}, terminal.C(pairs[i]),
			terminal.Cell{Text: pairs[i+1], Style: terminal.Quiet})
		word = ""
	}
	fmt.Fprintln(p.screen)
	t.Write(p.screen)
}

// log is where the rooms tell what happens inside.
func (p *program) log() *slog.Logger {
	if !p.flags.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// principal is the operator: who runs the program, as the system knows them.
func (p *program) principal() sen.Principal { return operator(fmt.Sprint(os.Getuid())) }

// operator is a user of this system, by number.
func operator(id string) sen.Principal {
	name := id
	if u, err := user.LookupId(id); err == nil && u.Username != "" {
		name = u.Username
	}
	return sen.Principal{ID: "operator:" + name, Role: "operator"}
}
