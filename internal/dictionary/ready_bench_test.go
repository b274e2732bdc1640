package dictionary

import "testing"

// BenchmarkReady is what the quick form of an element costs on a value that is
// well, and what the rule costs on the first that needs it.
func BenchmarkReady(b *testing.B) {
	for _, e := range Elements() {
		c, err := ColumnOf(specOf(e, e.ExampleOptions()))
		if err != nil {
			b.Fatal(err)
		}
		well := []byte(wellOf(e))
		b.Run(e.Name+"/quick", func(b *testing.B) {
			for b.Loop() {
				if !c.Well(well) {
					c.Standard(well)
				}
			}
		})
		for _, x := range e.Examples {
			if x.Value != "" && x.Value != x.Raw {
				b.Run(e.Name+"/rule", func(b *testing.B) {
					for b.Loop() {
						e.Standardise(x.Raw, Options{})
					}
				})
				break
			}
		}
	}
}

// wellOf is the first example's standard form.
func wellOf(e *Element) string {
	for _, x := range e.Examples {
		if x.Value != "" {
			return x.Value
		}
	}
	return ""
}
