package link

import "slices"

// Accuracy compares clusters with the truth.
type Accuracy struct {
	Precision float64 `json:"precision"` // of the pairs that stand together, those that should
	Recall    float64 `json:"recall"`    // of the pairs that should, those that do
	F1        float64 `json:"f1"`
	B3        float64 `json:"b3"` // F1 of precision and recall by record (Bagga and Baldwin 1998)
	Pairs     int64   `json:"true_pairs"`
}

// Evaluate holds clusters against the truth, both given as one label a record.
func Evaluate(cluster, truth []int32) Accuracy {
	both := make([]uint64, len(cluster))
	for i, c := range cluster {
		both[i] = uint64(uint32(c))<<32 | uint64(uint32(truth[i]))
	}
	slices.Sort(both)
	found, should := perLabel(cluster), perLabel(truth)
	a := Accuracy{Pairs: pairsOf(should)}
	var right int64
	byCluster, byTruth := 0.0, 0.0
	for from := 0; from < len(both); {
		to := from + 1
		for to < len(both) && both[to] == both[from] {
			to++
		}
		n := int64(to - from)
		right += n * (n - 1) / 2
		byCluster += float64(n*n) / float64(found[both[from]>>32])
		byTruth += float64(n*n) / float64(should[uint32(both[from])])
		from = to
	}
	a.Precision, a.Recall = share(right, pairsOf(found)), share(right, a.Pairs)
	a.F1 = harmonic(a.Precision, a.Recall)
	a.B3 = harmonic(byCluster/float64(len(cluster)), byTruth/float64(len(cluster)))
	return a
}

// perLabel is how many records have each label.
func perLabel(labels []int32) []int64 {
	most := int32(-1)
	for _, l := range labels {
		most = max(most, l)
	}
	out := make([]int64, most+1)
	for _, l := range labels {
		out[l]++
	}
	return out
}

// pairsOf is how many pairs stand together.
func pairsOf(sizes []int64) (pairs int64) {
	for _, n := range sizes {
		pairs += n * (n - 1) / 2
	}
	return pairs
}

func share(part, whole int64) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func harmonic(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return 2 * a * b / (a + b)
}

// sum adds up in ascending order, so that the same numbers give the same sum.
func sum(all []float64) (s float64) {
	slices.Sort(all)
	for _, x := range all {
		s += x
	}
	return s
}

// Evaluate holds clusters against the truth; records of which the truth says
// nothing are left out.
func (l *Labelled) Evaluate(cluster []int32) Accuracy {
	if l.Truth == nil {
		l.number()
	}
	if l.Unlabeled == 0 {
		return Evaluate(cluster, l.Truth)
	}
	var found, truth []int32
	for i, t := range l.Truth {
		if t >= 0 {
			found, truth = append(found, cluster[i]), append(truth, t)
		}
	}
	return Evaluate(found, truth)
}
