package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

func (p *program) linkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "link",
		Short:   p.lang.Pick("Liên kết các bản ghi nói về cùng một người, một tổ chức, một vật", "Link the records that speak of one person, organisation or thing"),
		Long:    "Finds which records speak of one thing. `sen link run` does it for the hub, by its entity files; `sen link infer` drafts such a file, `sen link eval` says how well it goes, by records whose truth is known.",
		Example: "  sen link run\n  sen link infer people.csv -o entities/person.yaml\n  sen link eval --truth person_id people.csv",
	}
	c.AddCommand(p.linkRunCommand(), p.linkInferCommand(), p.linkEvalCommand())
	return c
}

func (p *program) linkInferCommand() *cobra.Command {
	var out, name, truth string
	var force bool
	c := &cobra.Command{
		Use:   "infer FILE...",
		Short: p.lang.Pick("Soạn tệp thực thể từ dữ liệu", "Draft an entity file from data"),
		Long: `Looks at plain files (CSV, JSON lines, Parquet, SQLite, XLSX) and drafts an entity file:
how each column is compared, by what its values look like, and by which of them
pairs are found, with the evidence as comments. No value is written or shown.
The draft goes to standard output, or to a file with -o.`,
		Example: "  sen link infer people.csv\n  sen link infer a.csv b.csv --name person -o entities/person.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.linkInfer(cmd.Context(), args, name, truth, out, force)
		},
	}
	c.Flags().StringVar(&name, "name", "", "the entity's name (default: the first file's)")
	c.Flags().StringVar(&truth, "truth", "", "a column that is left out, since it holds the truth")
	c.Flags().StringVarP(&out, "out", "o", "", "write the draft to this file")
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	return c
}

func (p *program) linkInfer(ctx context.Context, files []string, name, truth, out string, force bool) error {
	if out != "" && exists(out) && !force {
		return sen.Errorf(sen.Exists, "there is an entity file already").At("%s", out).
			WithHint("name another file, or say --force to write over it")
	}
	data, err := p.readRecords(ctx, files, link.ReadOptions{Truth: link.Truth{Column: truth}})
	if err != nil {
		return err
	}
	spec := link.Draft(data.Table)
	if len(spec.Compare) == 0 {
		return sen.Errorf(sen.Invalid, "no column tells records apart: each has one value only, or a number of its own for every record").At("%s", files[0])
	}
	if name == "" {
		base := filepath.Base(files[0])
		name = entityName(strings.TrimSuffix(base, filepath.Ext(base)))
	}
	draft := link.DraftEntity(name, data.Table, spec)
	if out != "" {
		if err := os.WriteFile(out, draft, 0o644); err != nil {
			return sen.Errorf(sen.Unavailable, "the draft is not written: %w", err).At("%s", out)
		}
	}
	return p.answer(struct {
		Spec  link.Spec `json:"spec"`
		Draft string    `json:"draft"`
	}{spec, string(draft)}, func() {
		if out == "" {
			fmt.Fprintf(p.out, "%s", draft)
			return
		}
		fmt.Fprintf(p.screen, "%s  %s\n", p.screen.Paint(terminal.Good, "✓"), out)
		p.next("sen link eval --truth COLUMN --spec "+out+" "+strings.Join(files, " "), p.lang.Pick("đúng đến đâu, nếu có sự thật", "how right it is, where the truth is known"))
	})
}

// entityName is a file's name as an entity may be called.
func entityName(file string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(file)), "-")
	if name == "" || name[0] <= '9' {
		return "thing"
	}
	return name
}

func (p *program) linkEvalCommand() *cobra.Command {
	o := evalOptions{}
	c := &cobra.Command{
		Use:   "eval --truth COLUMN[=REGEXP] FILE...",
		Short: p.lang.Pick("Liên kết dữ liệu có sự thật và chấm điểm", "Link data whose truth is known, and say how well"),
		Long: `Links one or more plain files (CSV, JSON lines, Parquet, SQLite, XLSX) and holds the
clusters against the truth: the column whose values, or the part of them that
REGEXP's first group finds, are the same for records of one thing. The truth is
taken out before anything looks at the records. Without --spec it drafts its own
spec; the threshold is its own choice too, by the F1 that the model expects.

Its parameters need no labels. Where some pairs have been judged by people,
--labels names a file of them: CSV with the columns id_a, id_b and same (1 or 0),
the ids being those of the column --id. What pairs of one thing look like is then
learned from those as well.`,
		Example: "  sen link eval --truth cluster people.csv\n  sen link eval --truth 'rec_id=rec-(\\d+)-' dataset4a.csv dataset4b.csv --json\n  sen link eval --truth id --spec entities/person.yaml people.parquet\n  sen link eval --truth id --labels judged.csv --id record people.parquet",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			return p.linkEval(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&o.truth, "truth", "", "the column that says which records are one thing, or COLUMN=REGEXP for a part of its values")
	c.Flags().StringVar(&o.spec, "spec", "", "an entity file whose match is used (default: drafted from the records)")
	c.Flags().StringVar(&o.labels, "labels", "", "pairs that were judged, to learn from: CSV of id_a,id_b,same")
	c.Flags().StringVar(&o.id, "id", "", "the column that names each record, for --labels")
	c.MarkFlagsRequiredTogether("labels", "id")
	c.Flags().BoolVar(&o.weights, "weights", false, "show what was learned: of each level, how probable it is and what it weighs")
	c.Flags().Uint64Var(&o.seed, "seed", 0, "another seed draws other random pairs to learn from")
	_ = c.MarkFlagRequired("truth")
	return c
}

type evalOptions struct {
	files       []string
	truth, spec string
	labels, id  string
	seed        uint64
	weights     bool
}

// evaluation is the answer of `sen link eval`.
type evaluation struct {
	link.Accuracy
	Threshold float64 `json:"threshold"`
	Expected  float64 `json:"expected_f1"`
	Pairs     int64   `json:"pairs"`
	Seconds   float64 `json:"seconds"`         // until the clusters were there
	Judging   float64 `json:"judging_seconds"` // holding them against the truth
	Records   int     `json:"records"`
	Things    int     `json:"true_things"`
	Clusters  int     `json:"clusters"`
	OneToOne  bool    `json:"one_to_one"`
	Unlabeled int     `json:"records_without_truth,omitempty"`

	Weights []link.Weight `json:"weights,omitempty"`
}

func (p *program) linkEval(ctx context.Context, o evalOptions) error {
	begun := time.Now()
	truth, err := link.ParseTruth(o.truth)
	if err != nil {
		return err
	}
	spec, err := givenSpec(o.spec)
	if err != nil {
		return err
	}
	data, err := p.readRecords(ctx, o.files, link.ReadOptions{Truth: truth, Wanted: spec.Columns(), ID: o.id})
	if err != nil {
		return err
	}
	if o.labels != "" {
		if data.Table.Labels, err = readLabels(o.labels, data); err != nil {
			return err
		}
	}
	if o.spec == "" {
		if spec, err = draftSpec(data.Table); err != nil {
			return err
		}
	}
	spec.Seed = o.seed
	r, err := link.Link(ctx, data.Table, spec)
	if err != nil {
		return err
	}
	linked := time.Now()
	e := evaluation{Accuracy: data.Evaluate(r.Cluster), Threshold: r.Threshold, Expected: r.Expected, Pairs: r.Pairs, Seconds: linked.Sub(begun).Seconds(),
		Records: data.Table.Rows, Things: data.Things, Clusters: r.Clusters, OneToOne: r.Spec.OneToOne, Unlabeled: data.Unlabeled}
	e.Judging = time.Since(linked).Seconds()
	if o.weights {
		e.Weights = r.Weights()
	}
	return p.answer(e, func() { p.showEvaluation(e) })
}

// givenSpec is the spec of an entity file; empty where none is given.
func givenSpec(file string) (link.Spec, error) {
	if file == "" {
		return link.Spec{}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return link.Spec{}, sen.Errorf(sen.NotFound, "the entity file cannot be read: %w", err)
	}
	e, err := link.ParseEntity(file, text)
	if err != nil {
		return link.Spec{}, err
	}
	return e.Spec(), nil
}

func draftSpec(t *link.Table) (link.Spec, error) {
	s := link.Draft(t)
	if len(s.Compare) == 0 {
		return s, sen.Errorf(sen.Invalid, "no column tells records apart, so there is nothing to compare").WithHint("name an entity file with --spec")
	}
	return s, nil
}

// readRecords reads plain files with an engine of its own.
func (p *program) readRecords(ctx context.Context, files []string, o link.ReadOptions) (*link.Labelled, error) {
	e, err := engine.Open(ctx, engine.Options{})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return link.ReadFiles(ctx, e, files, o)
}

func readLabels(file string, data *link.Labelled) ([]link.Label, error) {
	src, err := os.Open(file)
	if err != nil {
		return nil, sen.Errorf(sen.NotFound, "the labels cannot be read: %w", err)
	}
	defer src.Close()
	return link.ReadLabels(file, src, data.Record)
}

func (p *program) showEvaluation(e evaluation) {
	s := p.screen
	fmt.Fprintln(s, p.lang.Pick(
		fmt.Sprintf("%s bản ghi của %s đối tượng, thành %s nhóm", p.lang.Count(int64(e.Records)), p.lang.Count(int64(e.Things)), p.lang.Count(int64(e.Clusters))),
		fmt.Sprintf("%s records of %s things, in %s clusters", p.lang.Count(int64(e.Records)), p.lang.Count(int64(e.Things)), p.lang.Count(int64(e.Clusters)))))
	t := terminal.Table{Align: "lr", Left: 2}
	for _, row := range []struct {
		name  string
		value float64
	}{
		{p.lang.Pick("chính xác (precision)", "precision"), e.Precision},
		{p.lang.Pick("đầy đủ (recall)", "recall"), e.Recall},
		{"F1", e.F1}, {"B³ F1", e.B3},
		{p.lang.Pick("ngưỡng tự chọn", "threshold, its own choice"), e.Threshold},
		{p.lang.Pick("F1 mà mô hình chờ đợi", "F1 that the model expects"), e.Expected},
	} {
		t.Add(terminal.C(row.name), terminal.C(fmt.Sprintf("%.4f", row.value)))
	}
	t.Write(s)
	fmt.Fprintln(s, p.lang.Pick(
		fmt.Sprintf("  so %s cặp trong %.1f giây", p.lang.Count(e.Pairs), e.Seconds),
		fmt.Sprintf("  %s pairs compared in %.1f s", p.lang.Count(e.Pairs), e.Seconds)))
	if e.Unlabeled > 0 {
		fmt.Fprintln(s, p.lang.Pick(
			fmt.Sprintf("  %s bản ghi không có sự thật: liên kết nhưng không chấm", p.lang.Count(int64(e.Unlabeled))),
			fmt.Sprintf("  %s records have no truth: they were linked and not judged", p.lang.Count(int64(e.Unlabeled)))))
	}
	p.showWeights(e.Weights)
}

// showWeights says what each level of each comparison was found to be worth.
func (p *program) showWeights(all []link.Weight) {
	if len(all) == 0 {
		return
	}
	t := terminal.Table{Align: "llrrr", Left: 2, Head: []string{p.lang.Pick("trường", "field"), p.lang.Pick("mức giống", "level"),
		p.lang.Pick("nếu cùng một", "if the same"), p.lang.Pick("nếu khác nhau", "if not"), p.lang.Pick("trọng số", "weight")}}
	last := ""
	for _, w := range all {
		name := w.Column
		if name == last {
			name = ""
		}
		last = w.Column
		t.Add(terminal.C(name), terminal.C(w.Level), terminal.C(fmt.Sprintf("%.5f", w.M)), terminal.C(fmt.Sprintf("%.6f", w.U)), terminal.C(fmt.Sprintf("%+.2f", w.Bits)))
	}
	fmt.Fprintln(p.screen)
	t.Write(p.screen)
}
