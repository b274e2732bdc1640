package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/state"
	"github.com/sen-hub/sen/internal/xlsx"
)

func (p *program) caseImportCommand() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "import FILE",
		Short: p.lang.Pick("Nhận trả lời của cơ quan", "Take an agency's replies"),
		Long: `Takes the replies of a file that ` + "`sen case export`" + ` made and an agency filled in: the
columns case, reply, note, to and until; lines without a reply are passed over. All
replies are taken, or none; a line that cannot be is named. The same file again
changes nothing.`,
		Example: "  sen case import cases.csv --dry-run\n  sen case import cases.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.importCases(cmd.Context(), args[0], dryRun)
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be taken, and take nothing")
	return c
}

// mostReplies bounds a file of replies, in bytes.
const mostReplies = 64 << 20

func (p *program) importCases(ctx context.Context, file string, dryRun bool) error {
	info, err := os.Stat(file)
	if err != nil {
		return sen.Errorf(sen.NotFound, "read the replies: %w", err).WithHint("`sen case export -o FILE` makes a file to fill in")
	}
	if info.Size() > mostReplies {
		return sen.Errorf(sen.Invalid, "%s is larger than %d MiB", file, mostReplies>>20).WithHint("cut it by agency")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "read the replies: %w", err)
	}
	replies, lines, err := parseReplies(file, text)
	if err != nil {
		return err
	}
	return p.changing(ctx, func(d *declarations, s *state.State) error {
		answers := d.desk(s, p.now)
		take := answers.Corrections().Reply
		if dryRun {
			take = answers.Corrections().Try
		}
		changed, err := take(ctx, p.now(), p.principal(), answers.Agencies(), replies...)
		var placed correction.PlacedError
		if errors.As(err, &placed) {
			return sen.Errorf(sen.KindOf(err), "%w", placed.Err).At("%s:%d", file, lines[placed.Place]).WithHint("%s; no reply was taken", sen.HintOf(placed.Err))
		}
		if err != nil {
			return err
		}
		return p.answer(map[string]any{"replies": len(replies), "changed": changed, "dry_run": dryRun}, func() {
			if dryRun {
				p.say("%d trả lời đọc được, %d sẽ thay đổi. Chưa có gì thay đổi.", "%d replies can be taken, %d would change something. Nothing was changed.", len(replies), changed)
				return
			}
			p.say("%d trả lời, %d thay đổi", "%d replies, %d changed something", len(replies), changed)
		})
	})
}

// parseReplies reads the replies of a file, one for each case, with the line
// of each. Two lines that say different things of one case are an error.
func parseReplies(file string, text []byte) (replies []correction.Reply, lines []int, err error) {
	rows, at, err := replyRows(file, text)
	if err != nil {
		return nil, nil, err
	}
	place := map[int64]int{}
	for i, row := range rows {
		row.Reply = strings.ToLower(strings.TrimSpace(row.Reply))
		if row.Reply == "" {
			continue
		}
		r := correction.Reply{Says: row.Reply, Note: strings.TrimSpace(strings.TrimPrefix(row.Note, "'")), To: strings.TrimSpace(row.To)}
		if r.Case, err = correction.ParseName(row.Case); err != nil {
			return nil, nil, sen.Errorf(sen.Invalid, "%w", err).At("%s:%d", file, at[i]).WithHint("leave the column case as it was exported")
		}
		if row.Until != "" {
			if r.Until, err = time.Parse(time.DateOnly, strings.TrimSpace(row.Until)); err != nil {
				return nil, nil, sen.Errorf(sen.Invalid, "until %q is no day", row.Until).At("%s:%d", file, at[i]).WithHint("write it as YYYY-MM-DD")
			}
		}
		if j, twice := place[r.Case]; twice {
			if replies[j] != r {
				return nil, nil, sen.Errorf(sen.Invalid, "line %d says another thing of %s", lines[j], correction.Name(r.Case)).At("%s:%d", file, at[i]).
					WithHint("a case has one cause, and one reply")
			}
			continue
		}
		place[r.Case] = len(replies)
		replies, lines = append(replies, r), append(lines, at[i])
	}
	return replies, lines, nil
}

// replyRows are the rows of a file with the line of each, from 1.
func replyRows(file string, text []byte) (rows []caseRow, lines []int, err error) {
	if trimmed := bytes.TrimLeft(text, " \t\r\n\ufeff"); len(trimmed) > 0 && trimmed[0] == '[' {
		if err := json.Unmarshal(trimmed, &rows); err != nil {
			return nil, nil, sen.Errorf(sen.Invalid, "the file is no list of replies: %w", err).At("%s", file)
		}
		for i := range rows {
			lines = append(lines, i+1)
		}
		return rows, lines, nil
	}
	records, lines, err := records(file, text)
	if err != nil {
		return nil, nil, err
	}
	if len(records) == 0 {
		return nil, nil, sen.Errorf(sen.Invalid, "the file has no header").At("%s:1", file)
	}
	at := map[string]int{}
	for i, name := range records[0] {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, needed := range []string{"case", "reply"} {
		if _, there := at[needed]; !there {
			return nil, nil, sen.Errorf(sen.Invalid, "the file has no column %q", needed).At("%s:1", file).WithHint("columns are %s, as `sen case export` writes them", strings.Join(caseColumns, ", "))
		}
	}
	for _, record := range records[1:] {
		get := func(name string) string {
			if i, there := at[name]; there && i < len(record) {
				return record[i]
			}
			return ""
		}
		rows = append(rows, caseRow{Case: get("case"), Reply: get("reply"), Note: get("note"), To: get("to"), Until: get("until")})
	}
	return rows, lines[1:], nil
}

// records are the rows of a table, CSV or the first sheet of a workbook, with
// the line of each, from 1.
func records(file string, text []byte) (out [][]string, lines []int, err error) {
	if bytes.HasPrefix(text, []byte("PK\x03\x04")) {
		sheets, err := xlsx.Read(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return nil, nil, sen.Errorf(sen.Invalid, "the workbook cannot be read: %w", err).At("%s", file).WithHint("save it as .xlsx or .csv again")
		}
		if len(sheets) == 0 {
			return nil, nil, nil
		}
		for i, row := range sheets[0].Rows {
			record := make([]string, len(row))
			for j, cell := range row {
				record[j] = cell.Text
			}
			out, lines = append(out, record), append(lines, i+1)
		}
		return out, lines, nil
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, lines, nil
		}
		if err != nil { // it says the line
			return nil, nil, sen.Errorf(sen.Invalid, "the file cannot be read: %w", err).At("%s", file)
		}
		line, _ := r.FieldPos(0)
		out, lines = append(out, record), append(lines, line)
	}
}
