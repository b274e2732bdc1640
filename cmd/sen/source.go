package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/source/connect"
	"github.com/sen-hub/sen/internal/source/http"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) sourceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "source",
		Short: p.lang.Pick("Xem, thử, cấp quyền, tạm dừng nguồn đang chạy", "List, test, grant and hold back the live sources"),
		Long: `The servers that contracts name: databases and APIs that are in use while they are
read. A server is called by its name in the contract, or AGENCY/SERVER where
several contracts have one of that name.`,
		Example: "  sen source list\n  sen source grants civil-status/live\n  sen source test civil-status/live\n  sen source pause civil-status/live",
	}
	c.AddCommand(p.sourceListCommand(), p.sourceTestCommand(), p.sourceGrantsCommand(),
		p.sourcePauseCommand(), p.sourceResumeCommand(), p.sourceThrottleCommand())
	return c
}

func (p *program) sourceListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: p.lang.Pick("Liệt kê nguồn trong các hợp đồng", "List the servers of the contracts"),
		Long: `Lists the servers of all contracts, where they are and which datasets lie on them.
Nothing is connected to.`,
		Example: "  sen source list\n  sen source list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withState(cmd.Context(), nil, func(d *declarations, _ []contract.Dataset, s *state.State) error {
				p.tellProblems(d)
				sites := d.sites()
				if err := d.throttledSites(cmd.Context(), s, sites); err != nil {
					return err
				}
				return p.answer(sites, func() { p.showSites(sites) })
			})
		},
	}
}

func (p *program) sourceTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test SERVER",
		Short: p.lang.Pick("Thử xem nguồn có đọc được không", "See whether a source can be read"),
		Long: `Connects to a server as a sync would and looks at what reading its datasets needs:
that it answers, that the connection is secure, that the user may read each
table and nothing more, that the budget fits. No row is read of a database; of an
API, the first page of each dataset is. The exit code is 7 when the server
cannot be reached and 5 when what must be allowed is not; what only costs
something is marked with ! and does not count.`,
		Example: "  sen source test live\n  sen source test civil-status/live --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.testSource(cmd.Context(), args[0])
		},
		ValidArgsFunction: p.completeServers,
	}
}

func (p *program) sourceGrantsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "grants SERVER",
		Short: p.lang.Pick("In SQL cấp quyền đọc tối thiểu", "Print the SQL of a reader with the least rights"),
		Long: `Prints the SQL that makes the contract's user a reader of the contract's tables and
of nothing else, for the source's own administrator to read, change and run.
Nothing is connected to, and no password is written.`,
		Example: "  sen source grants live > grants.sql\n  sen source grants civil-status/live --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return p.grantsOf(args[0])
		},
		ValidArgsFunction: p.completeServers,
	}
}

// site is a server of a contract, with the datasets that lie on it.
type site struct {
	Agency   string   `json:"agency"`
	Server   string   `json:"server"`
	Type     string   `json:"type"`
	Address  string   `json:"address"`
	Live     bool     `json:"live"`
	Datasets []string `json:"datasets"`

	Throttled *state.Throttle `json:"throttled,omitempty"` // by a person

	contract *contract.Contract
	server   *contract.Server
	objects  []string // names of the datasets in the source
}

// full is the name that no other server has.
func (s site) full() string { return s.Agency + "/" + s.Server }

// sites are the servers of all contracts, in the order of the contracts.
func (d *declarations) sites() []site {
	out := []site{}
	for _, c := range d.contracts.Contracts() {
		for i := range c.Servers {
			s := &c.Servers[i]
			one := site{Agency: c.ID, Server: s.Name, Type: s.Type, Address: addressOf(s), Live: live.Reads(s), Datasets: []string{}, contract: c, server: s}
			for _, dataset := range c.Datasets() {
				if dataset.Server == s {
					one.Datasets, one.objects = append(one.Datasets, string(dataset.Name)), append(one.objects, dataset.Object.Source())
				}
			}
			out = append(out, one)
		}
	}
	return out
}

// addressOf is where a server is, as the contract writes it.
func addressOf(s *contract.Server) string {
	if host := s.Fact("host"); host != "" {
		return fmt.Sprintf("%s:%s/%s", host, s.Fact("port"), s.Fact("database"))
	}
	if path := s.Fact("path"); path != "" {
		return path
	}
	return s.Fact("location")
}

// site finds the live server that a name means.
func (d *declarations) site(name string) (site, error) {
	var found []site
	var names []string
	for _, one := range d.sites() {
		if one.Server == name || one.full() == name {
			found = append(found, one)
		}
		names = append(names, one.full(), one.Server)
	}
	switch {
	case len(found) == 0 && len(d.problems.Errors()) > 0:
		return site{}, d.unlisted(name).WithHint("%d errors keep contracts out; see `sen contract check`", len(d.problems.Errors()))
	case len(found) == 0 && contract.Nearest(name, names) != "":
		return site{}, d.unlisted(name).WithHint("did you mean %s?", contract.Nearest(name, names))
	case len(found) == 0:
		return site{}, d.unlisted(name).WithHint("`sen source list` names them all")
	case len(found) > 1:
		return site{}, sen.Errorf(sen.Invalid, "%d contracts have a server %q", len(found), name).WithHint("say which: %s or %s", found[0].full(), found[1].full())
	case !found[0].Live:
		return site{}, sen.Errorf(sen.Invalid, "server %s is of type %s: there is nobody to connect to", found[0].full(), found[0].Type).
			WithHint("`sen contract check` and `sen sync` look at files; this is for databases and APIs")
	}
	return found[0], nil
}

func (*declarations) unlisted(name string) *sen.Error {
	return sen.Errorf(sen.NotFound, "no contract has a server %q", name)
}

// siteOf reads the hub and finds a live server in it.
func (p *program) siteOf(name string) (at site, s live.Server, dir string, err error) {
	d, err := p.read()
	if err != nil {
		return site{}, live.Server{}, "", err
	}
	if at, err = d.site(name); err != nil {
		return site{}, live.Server{}, "", err
	}
	s, err = live.FromContract(at.contract.File, d.dir, at.server)
	return at, s, d.dir, err
}

func (p *program) showSites(sites []site) {
	if len(sites) == 0 {
		p.say("Chưa hợp đồng nào nêu nguồn.", "No contract names a server.")
		return
	}
	t := terminal.Table{Align: "lllrl", Head: []string{p.lang.Pick("nguồn", "server"), p.lang.Pick("loại", "type"), p.lang.Pick("ở", "at"), p.lang.Pick("bộ dữ liệu", "datasets"), ""}}
	first := ""
	for _, one := range sites {
		t.Add(terminal.C(one.full()), terminal.C(one.Type), terminal.C(terminal.Clean(one.Address)), terminal.C(len(one.Datasets)),
			terminal.Cell{Text: p.throttleWords(one.Throttled), Style: terminal.Warn})
		if one.Live && first == "" {
			first = one.full()
		}
	}
	t.Write(p.screen)
	if first != "" {
		p.next("sen source test "+first, p.lang.Pick("thử xem có đọc được không", "see whether it can be read"),
			"sen source grants "+first, p.lang.Pick("SQL cấp quyền đọc", "the SQL of a reader for it"))
	}
}

// findingLine is a finding as the program answers it.
type findingLine struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Must bool   `json:"must"`
	Says string `json:"says"`
	Next string `json:"next,omitempty"`
}

func (p *program) testSource(ctx context.Context, name string) error {
	at, s, dir, err := p.siteOf(name)
	if err != nil {
		return err
	}
	found, err := p.look(ctx, s, at.objects, dir)
	if err != nil {
		return err
	}
	lines := make([]findingLine, len(found))
	for i, f := range found {
		lines[i] = findingLine(f)
	}
	if err := p.answer(lines, func() { p.showFindings(at, lines) }); err != nil {
		return err
	}
	return judged(lines)
}

// look has the server's driver test it.
func (p *program) look(ctx context.Context, s live.Server, objects []string, dir string) ([]live.Finding, error) {
	if s.Type == live.API {
		api, err := http.Open(s, live.NewGate(s.Budget), p.mention)
		if err != nil {
			return nil, err
		}
		defer api.Close()
		return api.Test(ctx, objects)
	}
	db, err := connect.Database(s, connect.Options{Base: dir, Say: p.mention})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.Test(ctx, objects)
}

// mention tells what happens while something is waited for.
func (p *program) mention(what string) {
	if p.meanwhile != nil {
		p.meanwhile(told{Say: what})
		return
	}
	if !p.flags.json {
		p.showLinking(flow.Linking{}) // the line of a linkage makes room
		fmt.Fprintln(p.beside, p.notes.Paint(terminal.Quiet, terminal.Clean(what)))
	}
}

func (p *program) showFindings(at site, lines []findingLine) {
	t := terminal.Table{Align: "lww"}
	for _, l := range lines {
		mark := terminal.Cell{Text: "✓", Style: terminal.Good}
		switch {
		case l.failed():
			mark = terminal.Cell{Text: "✗", Style: terminal.Bad}
		case !l.OK:
			mark = terminal.Cell{Text: "!", Style: terminal.Warn}
		}
		t.Add(mark, terminal.C(terminal.Clean(l.What)), terminal.C(terminal.Clean(p.said(l))))
	}
	t.Write(p.screen)
	for _, l := range lines {
		if l.OK || l.Next == "" {
			continue
		}
		fmt.Fprintf(p.screen, "\n%s  %s\n", p.screen.Paint(terminal.Strong, p.lang.Pick("Cần làm", "To do")), terminal.Clean(l.What))
		for line := range strings.SplitSeq(l.Next, "\n") {
			fmt.Fprintln(p.screen, "    "+terminal.Clean(line))
		}
	}
	if !slices.ContainsFunc(lines, findingLine.failed) {
		p.next("sen sync "+at.Agency, p.lang.Pick("đưa dữ liệu vào", "bring the data in"))
		return
	}
	if live.Reads(at.server) && at.Type != live.API {
		p.next("sen source grants "+at.full(), p.lang.Pick("SQL cấp quyền đọc, cho người quản trị nguồn", "the SQL of a reader, for the source's administrator"))
	}
}

// findingWords say in Vietnamese what drivers find, by the first word of What:
// where it is as it should be, and where it is not. Names, numbers and what the
// server itself said follow in the driver's words.
var findingWords = map[string]struct{ good, bad string }{
	"reach":       {"nguồn trả lời", "không kết nối được với nguồn"},
	"sign-in":     {"đăng nhập được", "nguồn không cho người dùng đăng nhập"},
	"tls":         {"kết nối an toàn", "kết nối không được mã hóa"},
	"version":     {"phiên bản đọc được", "phiên bản quá cũ"},
	"read-only":   {"người dùng chỉ đọc", "người dùng có nhiều quyền hơn là đọc; phiên làm việc vẫn chỉ đọc"},
	"replication": {"bản chụp có vị trí trong nhật ký của nguồn", "bản chụp không có vị trí trong nhật ký của nguồn"},
	"log":         {"nhật ký cho biết bảng được đọc vào lúc nào", "nhật ký không cho biết bảng được đọc vào lúc nào"},
	"lock":        {"khóa đọc trong ngân sách lấy được", "khóa đọc trong ngân sách không lấy được"},
	"key":         {"bảng có khóa để đọc song song", "bảng không có khóa: đọc bằng một kết nối, đứt thì đọc lại từ đầu"},
	"engine":      {"bảng có bản chụp", "bảng không có bản chụp: nếu bị ghi trong lúc đọc thì đọc lại"},
	"connections": {"đủ kết nối cho ngân sách", "không đủ kết nối cho ngân sách"},
	"encoding":    {"bảng mã đọc được", "bảng mã không bảo đảm"},
	"select":      {"đọc được", "không được đọc"},
	"read":        {"đọc được", "không đọc được"},
	"row":         {"thấy mọi dòng", "nguồn giấu bớt dòng với người dùng"},
	"partitions":  {"đọc được mọi phân vùng", "có phân vùng không được cấp quyền: đọc bằng một kết nối"},
	"write":       {"không được ghi", "người dùng được ghi; phiên làm việc vẫn chỉ đọc"},
	"changes":     {"trang đầu có con trỏ thay đổi", "trang đầu không có con trỏ thay đổi"},
}

// said is a finding in the reader's language.
func (p *program) said(l findingLine) string {
	word, _, _ := strings.Cut(l.What, " ")
	words, known := findingWords[word]
	if !known || p.lang.Pick("vi", "en") == "en" {
		return l.Says
	}
	if l.OK {
		return words.good + " (" + l.Says + ")"
	}
	return words.bad + " (" + l.Says + ")"
}

func (l findingLine) failed() bool { return l.Must && !l.OK }

// judged is the exit code: what cannot be reached before what is not allowed.
func judged(lines []findingLine) error {
	var worst error
	for _, l := range lines {
		word, _, _ := strings.Cut(l.What, " ")
		switch {
		case !l.failed():
		case word == "reach" || word == "read":
			return reported{sen.Errorf(sen.Unavailable, "%s: %s", l.What, l.Says)}
		case worst == nil:
			worst = reported{sen.Errorf(sen.Denied, "%s: %s", l.What, l.Says)}
		}
	}
	return worst
}

func (p *program) grantsOf(name string) error {
	at, s, dir, err := p.siteOf(name)
	switch {
	case err != nil:
		return err
	case s.Type == live.API:
		return sen.Errorf(sen.Invalid, "server %s is an API, whose rights no SQL grants", at.full()).
			WithHint("ask its owner for a token that only reads; `sen source test %s` tries it", at.full())
	case s.User == "":
		return sen.Errorf(sen.Invalid, "the contract names no user for server %s", at.full()).At("%s:%d", at.contract.File, at.server.Line).
			WithHint("add to its customProperties: {property: user, value: sen_reader}")
	}
	db, err := connect.Database(s, connect.Options{Base: dir})
	if err != nil {
		return err
	}
	defer db.Close()
	sql := db.Grants(at.objects)
	return p.answer(map[string]string{"server": at.full(), "sql": sql}, func() { fmt.Fprint(p.out, sql) })
}

// completeServers offers the live servers of the hub.
func (p *program) completeServers(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	d, err := p.read()
	if err != nil || len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, one := range d.sites() {
		if one.Live {
			out = append(out, one.full())
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
