package clean_test

import (
	"path/filepath"
	"testing"

	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/engine"
)

// What the demonstration's people are rightly called, where they live and what
// else is in words: no declaration of an encoding changes it, and no column of
// it is taken for one in an old encoding.
func TestNoTrueTextOfTheDemonstrationIsTakenForAnotherEncoding(t *testing.T) {
	truth := t.TempDir()
	if _, err := demo.Generate(t.Context(), demo.Options{People: 2000, Seed: 11, Dir: t.TempDir(), Truth: truth}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(truth, "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the truth is in no files: %v", err)
	}
	mender, err := charset.MenderOf("UTF-8+TCVN3+VNI+VISCII+Windows-1258+UTF-8-twice+VIQR")
	if err != nil {
		t.Fatal(err)
	}
	_, c := open(t)
	values := 0
	for _, file := range files {
		from := "read_parquet(" + engine.Literal(file) + ")"
		for _, column := range texts(t, c, "SELECT column_name FROM (DESCRIBE FROM "+from+") WHERE column_type = 'VARCHAR'") {
			name := engine.Ident(column)
			all := texts(t, c, "SELECT DISTINCT "+name+" FROM "+from+" WHERE "+name+" IS NOT NULL")
			if got := charset.DetectText(all); got.Name != charset.UTF8 {
				t.Errorf("%s, %s is taken for %s (%s)", filepath.Base(file), column, got.Name, got.Evidence)
			}
			for _, v := range all {
				if mended, changed := mender.Mend(v); changed {
					t.Errorf("%s, %s: %q became %q", filepath.Base(file), column, v, mended)
				}
			}
			values += len(all)
		}
	}
	if values < 10_000 {
		t.Errorf("only %d values were looked at", values)
	}
	t.Logf("%d values", values)
}
