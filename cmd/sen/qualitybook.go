package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/state"
	"github.com/sen-hub/sen/internal/xlsx"
)

// kept is how many rows of a dataset could serve nobody: they are kept back, or
// refer to a record that is not there.
type kept struct{ back, dangling int64 }

// costs are what bad data cost each dataset, in rows.
func costs(ctx context.Context, s *state.State, reports []quality.AgencyReport) (map[string]kept, error) {
	out := map[string]kept{}
	for _, agency := range reports {
		for _, d := range agency.Datasets {
			var k kept
			held, err := s.Quarantine(ctx, d.Run)
			if err != nil {
				return nil, err
			}
			for _, q := range held {
				k.back += q.Rows
			}
			for _, o := range d.Offenders {
				if o.Finding == quality.FoundUnresolved {
					k.dangling += o.Rows
				}
			}
			out[string(d.Dataset)] = k
		}
	}
	return out, nil
}

// exportQuality writes the measures as an official table: a sheet for agencies,
// one for datasets with what bad data cost, one for what is wrong.
func (p *program) exportQuality(ctx context.Context, names []string, file string) error {
	return p.withState(ctx, names, func(d *declarations, datasets []contract.Dataset, s *state.State) error {
		reports, err := d.desk(s, p.now).Quality(ctx, datasets)
		if err != nil {
			return err
		}
		spent, err := costs(ctx, s, reports)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := xlsx.Write(&b, p.qualitySheets(d, reports, spent)); err != nil {
			return err
		}
		if err := writeWhole(file, b.String()); err != nil {
			return err
		}
		return p.answer(map[string]any{"file": file, "agencies": len(reports)}, func() {
			p.say("%d cơ quan, trong %s", "%d agencies, in %s", len(reports), file)
		})
	})
}

func (p *program) qualitySheets(d *declarations, reports []quality.AgencyReport, spent map[string]kept) []xlsx.Sheet {
	pick := p.lang.Pick
	title := [][]xlsx.Cell{
		textCells([]string{fmt.Sprintf(pick("%s: chất lượng dữ liệu theo bảy tiêu chí, ngày %s", "%s: data quality by the seven criteria, %s"), d.config.Country, p.lang.Date(p.now()))}),
		textCells([]string{pick("Điểm là phần trăm giá trị đạt, mỗi giá trị nặng như nhau; dưới 100 giá trị thì đánh dấu *; cơ quan không được xếp hạng; để trống: không áp dụng.",
			"Scores are the percentage of values that meet the criterion, each weighing the same; fewer than 100 values are marked *; agencies are not ranked; empty: not applicable.")}),
	}
	head := []string{pick("cơ quan", "agency"), pick("bản ghi", "records")}
	byDataset := []string{pick("bộ dữ liệu", "dataset"), pick("bản ghi", "records"), pick("bị giữ lại", "kept back"), pick("trỏ tới bản ghi không có", "refer to nothing"), pick("đo lúc", "measured")}
	for _, c := range quality.Criteria() {
		head, byDataset = append(head, c.Name(p.lang)), append(byDataset, c.Name(p.lang))
	}
	agencies := xlsx.Sheet{Name: pick("Cơ quan", "Agencies"), Header: 3, Rows: append(append([][]xlsx.Cell{}, title...), textCells(head))}
	all := xlsx.Sheet{Name: pick("Bộ dữ liệu", "Datasets"), Header: 1, Rows: [][]xlsx.Cell{textCells(byDataset)}}
	wrong := xlsx.Sheet{Name: pick("Điều sai", "What is wrong"), Header: 1, Rows: [][]xlsx.Cell{textCells([]string{pick("bộ dữ liệu", "dataset"), pick("cột", "column"), pick("quy tắc", "rule"), pick("dòng", "rows"), pick("trên", "of")})}}
	for _, a := range reports {
		agencies.Rows = append(agencies.Rows, append([]xlsx.Cell{{Kind: xlsx.Text, Text: a.Agency}, numberCell(a.Rows)}, scoreCells(a.Scores)...))
		for _, one := range a.Datasets {
			k := spent[string(one.Dataset)]
			all.Rows = append(all.Rows, append([]xlsx.Cell{{Kind: xlsx.Text, Text: string(one.Dataset)}, numberCell(one.Rows), numberCell(k.back), numberCell(k.dangling),
				{Kind: xlsx.Date, Text: one.At.Local().Format(time.DateOnly)}}, scoreCells(one.Scores)...))
		}
		for _, o := range a.Offenders {
			wrong.Rows = append(wrong.Rows, []xlsx.Cell{{Kind: xlsx.Text, Text: string(o.Dataset)}, {Kind: xlsx.Text, Text: o.Column}, {Kind: xlsx.Text, Text: strings.TrimSpace(o.Rule + "  " + string(o.Finding))}, numberCell(o.Rows), numberCell(o.Of)})
		}
	}
	return []xlsx.Sheet{agencies, all, wrong}
}

func numberCell(n int64) xlsx.Cell {
	return xlsx.Cell{Kind: xlsx.Number, Text: strconv.FormatInt(n, 10)}
}

// scoreCells are the criteria in their order; a score of few values is text,
// with its mark.
func scoreCells(scores quality.Scores) (out []xlsx.Cell) {
	for _, c := range quality.Criteria() {
		s := scores.Of(c)
		text := strconv.FormatFloat(s.Value, 'f', 2, 64)
		switch {
		case !s.Applicable:
			out = append(out, xlsx.Cell{})
		case s.Few():
			out = append(out, xlsx.Cell{Kind: xlsx.Text, Text: text + " *"})
		default:
			out = append(out, xlsx.Cell{Kind: xlsx.Number, Text: text})
		}
	}
	return out
}
