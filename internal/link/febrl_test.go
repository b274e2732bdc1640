package link

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// readCSV reads files of one header into a table, without the column that
// holds the truth.
func readCSV(t *testing.T, truth, pattern string, names ...string) (*Table, []int32) {
	t.Helper()
	dir := os.Getenv("SEN_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	var table *Table
	var labels []int32
	label := map[string]int32{}
	re := regexp.MustCompile(pattern)
	for part, name := range names {
		f, err := os.Open(filepath.Join(dir, "data/linkage", name))
		if os.IsNotExist(err) {
			t.Skip("no shared data here: set SEN_SHARED")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.TrimLeadingSpace = true
		all, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := -1
		var columns []string
		for i, c := range all[0] {
			if c == truth {
				at = i
				continue
			}
			columns = append(columns, c)
		}
		if table == nil {
			table = NewTable(columns)
		}
		for _, row := range all[1:] {
			var values []string
			for i, v := range row {
				if i != at {
					values = append(values, v)
				}
			}
			key := re.FindStringSubmatch(row[at])[1]
			if _, known := label[key]; !known {
				label[key] = int32(len(label))
			}
			labels = append(labels, label[key])
			table.Add(part, values)
		}
	}
	return table, labels
}

func TestFebrl(t *testing.T) {
	for _, c := range []struct {
		name, truth, pattern string
		files                []string
	}{
		{"febrl1", "rec_id", `rec-(\d+)-`, []string{"dataset1.csv"}},
		{"febrl2", "rec_id", `rec-(\d+)-`, []string{"dataset2.csv"}},
		{"febrl4", "rec_id", `rec-(\d+)-`, []string{"dataset4a.csv", "dataset4b.csv"}},
		{"fake_1000", "cluster", `(.*)`, []string{"fake_1000.csv"}},
	} {
		table, truth := readCSV(t, c.truth, c.pattern, c.files...)
		start := time.Now()
		spec := Draft(table)
		r, err := Link(context.Background(), table, spec)
		if err != nil {
			t.Fatal(err)
		}
		a := Evaluate(r.Cluster, truth)
		t.Logf("%s: %+v threshold %.3f expected %.4f lambda %.2e pairs %d matches %d clusters %d one-to-one %v in %v", c.name, a, r.Threshold, r.Expected, r.Lambda, r.Pairs, r.Matches, r.Clusters, r.Spec.OneToOne, time.Since(start))
		t.Logf("spec %+v", spec)
	}
}
