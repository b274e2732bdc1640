package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/api"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) userCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: p.lang.Pick("Ai được đăng nhập vào trung tâm", "Who may sign in to the hub"),
		Long: `Accounts of people who use the pages and the API of ` + "`sen up`" + `, until the national
identity comes: each has one role, which says what may be seen and done.`,
	}
	c.AddCommand(p.userAddCommand(), p.userListCommand(), p.userShutCommand("shut", true), p.userShutCommand("open", false), p.userTokenCommand())
	return c
}

// accounts opens the hub's accounts for a change.
func (p *program) accounts(ctx context.Context, do func(*account.Accounts) error) error {
	return p.changing(ctx, func(_ *declarations, s *state.State) error {
		return do(account.New(s, account.Options{Now: p.now}))
	})
}

func (p *program) userAddCommand() *cobra.Command {
	var person account.Person
	c := &cobra.Command{
		Use:   "add NAME --role ROLE",
		Short: p.lang.Pick("Thêm tài khoản, hoặc đổi tài khoản đã có", "Add an account, or change one that is there"),
		Long: `Adds an account. The password is asked for on a terminal, else read from standard
input, one line: it never stands in the command. An account of that name that is
there is changed, and its sessions end.`,
		Example: "  sen user add lan --role steward --title 'Nguyễn Thị Lan'\n  sen user add hotich --role agency --agency civil-status < password-file",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			person.Name = args[0]
			if person.Password, err = p.readPassword(); err != nil {
				return err
			}
			return p.accounts(cmd.Context(), func(a *account.Accounts) error {
				one, err := a.Put(cmd.Context(), person, p.principal())
				if err != nil {
					return err
				}
				return p.answer(one, func() {
					p.say("%s (%s) đăng nhập được với tên %s.", "%s (%s) may sign in as %s.", terminal.Clean(one.Title), one.Role, one.Name)
				})
			})
		},
	}
	c.Flags().StringVar(&person.Role, "role", "", "one of "+strings.Join(account.Roles(), ", "))
	c.Flags().StringVar(&person.Title, "title", "", "the person's name, as pages show it")
	c.Flags().StringVar(&person.Agency, "agency", "", "whose data somebody of an agency sees")
	_ = c.MarkFlagRequired("role")
	_ = c.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(account.Roles(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// readPassword asks for a password without showing it, or takes the first line
// of what comes in.
func (p *program) readPassword() (string, error) {
	if f, ok := p.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(p.err, p.lang.Pick("Mật khẩu: ", "Password: "))
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(p.err)
		if err != nil {
			return "", sen.Errorf(sen.Unavailable, "read the password: %w", err)
		}
		return string(b), nil
	}
	line, err := bufio.NewReader(p.in).ReadString('\n')
	if err != nil && line == "" {
		return "", sen.Errorf(sen.Invalid, "no password came in on standard input")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (p *program) userListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: p.lang.Pick("Các tài khoản", "The accounts"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.accounts(cmd.Context(), func(a *account.Accounts) error {
				all, err := a.List(cmd.Context())
				if err != nil {
					return err
				}
				return p.answer(all, func() { p.showAccounts(all) })
			})
		},
	}
}

func (p *program) showAccounts(all []account.Account) {
	if len(all) == 0 {
		p.say("Chưa có tài khoản nào.", "No accounts yet.")
		p.next("sen user add NAME --role operator", p.lang.Pick("thêm người đầu tiên", "add the first one"))
		return
	}
	t := terminal.Table{Align: "lllll", Left: 2, Head: []string{p.lang.Pick("tên", "name"), p.lang.Pick("người", "person"), p.lang.Pick("vai", "role"), p.lang.Pick("cơ quan", "agency"), ""}}
	for _, one := range all {
		shut := terminal.C("")
		if one.Disabled {
			shut = terminal.Cell{Text: p.lang.Pick("đã đóng", "shut"), Style: terminal.Warn}
		}
		t.Add(terminal.C(one.Name), terminal.C(terminal.Clean(one.Title)), terminal.C(one.Role), terminal.C(one.Agency), shut)
	}
	t.Write(p.screen)
}

func (p *program) userShutCommand(name string, shut bool) *cobra.Command {
	short := p.lang.Pick("Mở lại một tài khoản", "Open an account again")
	if shut {
		short = p.lang.Pick("Đóng một tài khoản; phiên của nó kết thúc ngay", "Shut an account; its sessions end at once")
	}
	return &cobra.Command{
		Use: name + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.accounts(cmd.Context(), func(a *account.Accounts) error { return a.Disable(cmd.Context(), args[0], shut) })
		},
	}
}

func (p *program) userTokenCommand() *cobra.Command {
	var label string
	var scopes []string
	var days int
	c := &cobra.Command{
		Use:   "token NAME",
		Short: p.lang.Pick("Cấp mã cho một chương trình gọi API", "Make a token for a program that calls the API"),
		Long: `Makes a token that acts for an account, within its role and the scopes that are
named. It is shown once; the hub keeps its hash.`,
		Example: "  sen user token lan --label reports --scope read --days 30",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, scope := range scopes {
				if !slices.Contains(api.Scopes(), scope) {
					return sen.Errorf(sen.Invalid, "there is no scope %q", scope).WithHint("the scopes are %s", strings.Join(api.Scopes(), ", "))
				}
			}
			return p.accounts(cmd.Context(), func(a *account.Accounts) error {
				token, err := a.Token(cmd.Context(), args[0], label, scopes, time.Duration(days)*24*time.Hour)
				if err != nil {
					return err
				}
				return p.answer(map[string]string{"token": token}, func() { fmt.Fprintln(p.out, token) })
			})
		},
	}
	c.Flags().StringVar(&label, "label", "", "what the token is for")
	c.Flags().StringSliceVar(&scopes, "scope", []string{"read"}, "what it may do: "+strings.Join(api.Scopes(), ", "))
	c.Flags().IntVar(&days, "days", 90, "how long it is valid")
	return c
}
