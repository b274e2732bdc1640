package clean

import (
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/engine"
)

// Functions are what the SQL of plans calls in Go. An engine that cleans, or
// that evaluates a form of the dictionary, is opened with them.
func Functions() []engine.Function {
	return []engine.Function{
		noting,
		ofColumn("sen_well", engine.Boolean, func(c *dictionary.Column, x, out engine.Vector) {
			answers := out.Booleans()
			for i := range answers {
				answers[i] = !x.Null(i) && c.Well(x.Text(i))
			}
		}),
		ofColumn("sen_blank", engine.Boolean, func(c *dictionary.Column, x, out engine.Vector) {
			answers := out.Booleans()
			for i := range answers {
				answers[i] = x.Null(i) || c.Blank(x.Text(i))
			}
		}),
		ofColumn("sen_date", engine.Date, func(c *dictionary.Column, x, out engine.Vector) {
			days := out.Int32s()
			for i := range days {
				ok := false
				if !x.Null(i) {
					days[i], ok = c.Date(x.Text(i))
				}
				if !ok {
					out.SetNull(i)
				}
			}
		}),
		ofEncoding("sen_mended", engine.Varchar, func(m charset.Mender, x, out engine.Vector) {
			for i := range out.Rows {
				if x.Null(i) {
					out.SetNull(i)
					continue
				}
				mended, _ := m.Mend(string(x.Text(i)))
				out.SetText(i, mended)
			}
		}),
		ofEncoding("sen_doubtful", engine.Boolean, func(m charset.Mender, x, out engine.Vector) {
			doubts := out.Booleans()
			for i := range doubts {
				doubts[i] = !x.Null(i) && m.Doubtful(string(x.Text(i)))
			}
		}),
		ofColumn("sen_standard", engine.Varchar, answers((*dictionary.Column).Standard)),
		ofColumn("sen_problem", engine.Varchar, answers((*dictionary.Column).Problem)),
	}
}

// answers are those of a function, NULL for none.
func answers(answer func(*dictionary.Column, []byte) string) func(*dictionary.Column, engine.Vector, engine.Vector) {
	return func(c *dictionary.Column, x, out engine.Vector) {
		for i := range out.Rows {
			text := ""
			if !x.Null(i) {
				text = answer(c, x.Text(i))
			}
			if text == "" {
				out.SetNull(i)
			} else {
				out.SetText(i, text)
			}
		}
	}
}

// ofColumn is a function of a value and the spec of its column. The spec is a
// constant: the first row's is that of all.
func ofColumn(name string, gives engine.Type, call func(c *dictionary.Column, x, out engine.Vector)) engine.Function {
	return ofConstant(name, gives, dictionary.ColumnOf, call)
}

// ofEncoding is a function of a value and the name of its column's encoding.
func ofEncoding(name string, gives engine.Type, call func(m charset.Mender, x, out engine.Vector)) engine.Function {
	return ofConstant(name, gives, charset.MenderOf, call)
}

// ofConstant is a function of a value and a text that says what does the work.
func ofConstant[T any](name string, gives engine.Type, of func(string) (T, error), call func(worker T, x, out engine.Vector)) engine.Function {
	return engine.Function{Name: name, Takes: []engine.Type{engine.Varchar, engine.Varchar}, Gives: gives,
		Call: func(in []engine.Vector, out engine.Vector) {
			if out.Rows == 0 {
				return
			}
			worker, err := of(string(in[1].Text(0)))
			if err != nil {
				panic(err)
			}
			call(worker, in[0], out)
		}}
}
