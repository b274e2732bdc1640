package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
)

func (p *program) contractCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "contract",
		Short: p.lang.Pick("Soạn, kiểm tra, so sánh hợp đồng dữ liệu", "Draft, check and compare data contracts"),
		Long: `A contract (Open Data Contract Standard 3.1) says once what a dataset is: its
columns, keys, quality rules, classification, promises. infer drafts one from a
source, check finds what is wrong with one, diff compares two, drift holds the
live sources against them.`,
		Example: "  sen contract infer sources/births.csv -o contracts/civil-status.odcs.yaml\n  sen contract check contracts/*.odcs.yaml",
	}
	c.AddCommand(p.inferCommand(), p.checkCommand(), p.diffCommand(), p.driftCommand())
	return c
}

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE…]",
		Short: p.lang.Pick("Tìm lỗi trong hợp đồng", "Find what is wrong with contracts"),
		Long: `Holds contracts against the standard and against good sense, and shows each
fault with its file, line, column and reason. Without a FILE all contracts of
the hub are checked, with the relationships between them, and its entity files:
what they say of datasets and columns that no contract has. The exit code is 2
when there are errors; warnings do not count.`,
		Example: "  sen contract check\n  sen contract check contracts/civil-status.odcs.yaml --json",
		RunE: func(_ *cobra.Command, files []string) error {
			return p.checkContracts(files)
		},
		ValidArgsFunction: completeContracts,
	}
}

type checkAnswer struct {
	Files    int               `json:"files"`
	Errors   int               `json:"errors"`
	Warnings int               `json:"warnings"`
	Problems contract.Problems `json:"problems"`
}

func (p *program) checkContracts(files []string) error {
	problems, count, err := p.problemsOf(files)
	if err != nil {
		return err
	}
	a := checkAnswer{Files: count, Errors: len(problems.Errors()), Warnings: len(problems.Warnings()), Problems: problems}
	if a.Problems == nil {
		a.Problems = contract.Problems{}
	}
	if err := p.answer(a, func() { p.showCheck(a) }); err != nil {
		return err
	}
	if a.Errors > 0 {
		return reported{sen.Errorf(sen.Invalid, "%d errors in contracts", a.Errors)}
	}
	return nil
}

func (p *program) problemsOf(files []string) (contract.Problems, int, error) {
	if len(files) == 0 {
		d, err := p.read()
		if err != nil {
			return nil, 0, err
		}
		entities, count, err := d.entityProblems()
		all := d.problems
		for _, one := range d.contracts.Contracts() {
			all = append(all, scheduleProblems(one)...)
		}
		return append(all, entities...), len(d.contracts.Contracts()) + count, err
	}
	elements := p.elements()
	var all contract.Problems
	for _, file := range files {
		src, err := readContract(file)
		if err != nil {
			return nil, 0, err
		}
		one, problems := contract.Parse(file, src, contractOptions(elements))
		all = append(all, problems...)
		if one != nil {
			all = append(all, scheduleProblems(one)...)
		}
	}
	return all, len(files), nil
}

func readContract(file string) ([]byte, error) {
	src, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sen.Errorf(sen.NotFound, "there is no such file").At("%s", file).WithHint("contracts lie in a hub's contracts/ folder, as *.odcs.yaml")
	}
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "%w", err).WithHint("see that this user may read the file")
	}
	return src, nil
}

func (p *program) showCheck(a checkAnswer) {
	for _, problem := range a.Problems {
		fmt.Fprint(p.screen, p.renderProblem(problem))
	}
	if a.Errors+a.Warnings > 0 {
		p.say("%d lỗi, %d cảnh báo. Không có gì thay đổi.", "%d errors, %d warnings. Nothing was changed.", a.Errors, a.Warnings)
		return
	}
	p.say("%s %d tệp hợp đồng và thực thể, không có lỗi.", "%s %d files of contracts and entities, no errors.", p.screen.Paint(terminal.Good, "✓"), a.Files)
}

func (p *program) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD NEW",
		Short: p.lang.Pick("So hai bản hợp đồng", "Compare two versions of a contract"),
		Long: `Lists what changes for those who rely on a contract, breaking changes first. Order
and wording of the file make no change. The exit code is 9 when a change is
breaking.`,
		Example: "  sen contract diff old.odcs.yaml contracts/civil-status.odcs.yaml",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, files []string) error {
			return p.diffContracts(files[0], files[1])
		},
		ValidArgsFunction: completeContracts,
	}
}

func (p *program) diffContracts(before, after string) error {
	old, err := p.parseContract(before)
	if err != nil {
		return err
	}
	now, err := p.parseContract(after)
	if err != nil {
		return err
	}
	changes := contract.Diff(old, now)
	if changes == nil {
		changes = []contract.Change{}
	}
	if err := p.answer(changes, func() { p.showChanges(changes) }); err != nil {
		return err
	}
	if contract.IsBreaking(changes) {
		return reported{sen.Errorf(sen.Drift, "the new contract breaks the old one")}
	}
	return nil
}

// parseContract reads a contract that must be without errors.
func (p *program) parseContract(file string) (*contract.Contract, error) {
	src, err := readContract(file)
	if err != nil {
		return nil, err
	}
	c, problems := contract.Parse(file, src, contractOptions(p.elements()))
	if faults := problems.Errors(); len(faults) > 0 {
		first := faults[0]
		return nil, sen.Errorf(sen.Invalid, "%s", first.Msg).At("%s:%d:%d", first.File, first.Line, first.Column).
			WithHint("`sen contract check %s` shows all %d errors", file, len(faults))
	}
	return c, nil
}

func (p *program) showChanges(changes []contract.Change) {
	if len(changes) == 0 {
		p.say("Hai bản nói cùng một điều.", "Both say the same.")
		return
	}
	t := terminal.Table{Align: "llll", Left: 2}
	styles := map[contract.Class]terminal.Style{contract.Breaking: terminal.Bad, contract.Compatible: terminal.Good}
	for _, c := range changes {
		t.Add(terminal.Cell{Text: string(c.Class), Style: styles[c.Class]}, terminal.C(c.Path), terminal.C(c.From+" → "+c.To),
			terminal.Cell{Text: c.Reason, Style: terminal.Quiet})
	}
	t.Write(p.screen)
}

// completeContracts offers files that are contracts.
func completeContracts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml"}, cobra.ShellCompDirectiveFilterFileExt
}
