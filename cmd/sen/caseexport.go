package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/xlsx"
)

func (p *program) caseExportCommand() *cobra.Command {
	var f desk.CaseFilter
	var why reason
	var format, out string
	var limit int
	c := &cobra.Command{
		Use:   "export",
		Short: p.lang.Pick("Xuất phiếu kèm từng dòng, để gửi cơ quan", "Export cases with their rows, to send to the agency"),
		Long: `Writes the cases of an agency, a line for each row in the agency's own keys: what
stands there, what is wrong with it, and empty columns for the reply. What an agency
fills in is taken back by ` + "`sen case import`" + `. These are people's data: a purpose is
needed, each case is written to the journal, and only its owner may read the file.`,
		Example: "  sen case export --agency civil-status -o cases.csv --purpose \"correction\"\n  sen case export --format json -o cases.json --purpose \"correction\"",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.exportCases(cmd.Context(), f, why, format, out, limit)
		},
	}
	c.Flags().StringVar(&f.Agency, "agency", "", "cases of this agency")
	c.Flags().BoolVar(&f.Overdue, "overdue", false, "cases beyond their deadline")
	c.Flags().StringVar(&why.purpose, "purpose", "", "why people's data is read; it is kept with the entries (default: sen.yaml's purpose)")
	c.Flags().StringVar(&format, "format", "", "csv, xlsx or json (default: by the file's name)")
	c.Flags().StringVarP(&out, "output", "o", "", "the file to write")
	c.Flags().IntVar(&limit, "limit", 1000, "rows of a case at most")
	if err := c.MarkFlagRequired("output"); err != nil {
		panic(err) // the flag is declared above
	}
	return c
}

// exported is what an export wrote.
type exported struct {
	File  string   `json:"file"`
	Cases int      `json:"cases"`
	Rows  int      `json:"rows"`
	Cut   []string `json:"cut,omitempty"` // cases that have more rows
}

func (p *program) exportCases(ctx context.Context, f desk.CaseFilter, why reason, format, out string, limit int) error {
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(out)), ".")
	}
	write, known := caseWriters[format]
	if !known {
		return sen.Errorf(sen.Invalid, "%q is no format of cases", format).WithHint("--format csv, xlsx or json")
	}
	lines, err := p.caseLines(ctx, f)
	if err != nil {
		return err
	}
	done := exported{File: out, Cases: len(lines)}
	err = p.withHub(ctx, nil, func(h *hub, _ []contract.Dataset) error {
		rows := []caseRow{}
		for _, line := range lines {
			of, err := h.rowsOf(ctx, p, line, why, "case export", limit)
			if err != nil {
				return err
			}
			if len(of) == 0 { // of the whole dataset: a rule that no single row breaks
				of = []caseRow{{Case: line.ID, Dataset: string(line.Dataset), Column: line.Column, Problem: strings.TrimSpace(line.Rule + " " + line.Meaning), Rows: line.Rows}}
			}
			if int64(len(of)) < line.Rows && len(of) == limit {
				done.Cut = append(done.Cut, line.ID)
			}
			rows = append(rows, of...)
		}
		text, err := write(rows)
		if err != nil {
			return err
		}
		done.Rows = len(rows)
		return writePrivate(out, text)
	})
	if err != nil {
		return err
	}
	return p.answer(done, func() {
		p.say("%s phiếu, %s dòng, trong %s", "%s cases, %s rows, in %s", p.lang.Count(int64(done.Cases)), p.lang.Count(int64(done.Rows)), out)
		if len(done.Cut) > 0 {
			p.say("%d phiếu còn nhiều dòng hơn --limit %d: %s", "%d cases have more rows than --limit %d: %s", len(done.Cut), limit, few(done.Cut))
		}
		p.next("sen case import "+out+" --dry-run", p.lang.Pick("khi cơ quan đã điền cột reply", "once the agency has filled in the column reply"))
	})
}

// caseWriters write rows of cases, by format.
var caseWriters = map[string]func([]caseRow) ([]byte, error){
	"csv": func(rows []caseRow) ([]byte, error) {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.Write(caseColumns); err != nil {
			return nil, err
		}
		for _, r := range rows {
			cells := r.cells()
			for i := range cells {
				cells[i] = defused(cells[i])
			}
			if err := w.Write(cells); err != nil {
				return nil, err
			}
		}
		w.Flush()
		return b.Bytes(), w.Error()
	},
	"xlsx": func(rows []caseRow) ([]byte, error) {
		sheet := xlsx.Sheet{Name: "cases", Header: 1, Rows: [][]xlsx.Cell{textCells(caseColumns)}}
		for _, r := range rows {
			sheet.Rows = append(sheet.Rows, textCells(r.cells()))
		}
		var b bytes.Buffer
		err := xlsx.Write(&b, []xlsx.Sheet{sheet})
		return b.Bytes(), err
	},
	"json": func(rows []caseRow) ([]byte, error) {
		return json.MarshalIndent(rows, "", "  ")
	},
}

// textCells are cells of text: no number loses its zeros, nothing is a formula.
func textCells(texts []string) []xlsx.Cell {
	out := make([]xlsx.Cell, len(texts))
	for i, text := range texts {
		if text != "" {
			out[i] = xlsx.Cell{Kind: xlsx.Text, Text: text}
		}
	}
	return out
}

// defused is a text that no spreadsheet takes for a formula (OWASP, CSV
// injection).
func defused(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// writePrivate writes a file whole, for its owner alone: whoever may look into
// the folder sees no part of it on the way.
func writePrivate(path string, content []byte) (err error) {
	fail := func(err error) error {
		return sen.Errorf(sen.Unavailable, "write %s: %w", path, err).WithHint("see that the folder is there and may be written")
	}
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // mode 600, and nobody's before
	if err != nil {
		return fail(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
		}
	}()
	_, err = part.Write(content)
	if err := errors.Join(err, part.Sync(), part.Close()); err != nil {
		return fail(err)
	}
	if err = os.Rename(part.Name(), path); err != nil {
		return fail(err)
	}
	return nil
}
