package link

import "slices"

// looked is which share of the matches, and of the other pairs, that agree on
// the fields are candidates at all: those that some block finds. A session of
// birth dates, where the blocks are of birth date and province or birth date
// and name, holds few of the pairs of two people, but all of those who live in
// one province. Blocks are taken as independent of one another.
func (m *model) looked(p *parameters, fields []int) (matches, others float64) {
	if m.indices == nil {
		return 1, 1
	}
	matches, others = 1, 1
	for _, rule := range m.spec.Block {
		a, b := 1.0, 1.0
		for _, term := range rule {
			column, _ := m.table.column(term.Column)
			i := slices.Index(m.columns, column)
			if slices.Contains(fields, i) {
				continue
			}
			b *= m.chances[keyedBy{column, term.By}]
			if i >= 0 {
				a *= p.present[i] * (1 - p.m[i][len(p.m[i])-1])
			}
		}
		matches, others = matches*(1-a), others*(1-b)
	}
	return 1 - matches, 1 - others
}

// chance is the probability that two records drawn at random share a key.
func (m *model) chance(of keyedBy, k keys) float64 {
	records := make([]float64, k.n)
	for value, n := range m.table.Columns[of.column].Counts {
		for _, key := range k.value(int32(value)) {
			records[key] += float64(n)
		}
	}
	sum := 0.0
	for _, n := range records {
		sum += n * n
	}
	rows := float64(m.table.Rows)
	return sum / (rows * rows)
}
