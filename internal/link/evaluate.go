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
	found, should, both := map[int32]int64{}, map[int32]int64{}, map[[2]int32]int64{}
	for i, c := range cluster {
		found[c]++
		should[truth[i]]++
		both[[2]int32{c, truth[i]}]++
	}
	pairs := func(n int64) int64 { return n * (n - 1) / 2 }
	var together, true_, right int64
	for _, n := range found {
		together += pairs(n)
	}
	for _, n := range should {
		true_ += pairs(n)
	}
	var byCluster, byTruth []float64
	for key, n := range both {
		right += pairs(n)
		byCluster = append(byCluster, float64(n*n)/float64(found[key[0]]))
		byTruth = append(byTruth, float64(n*n)/float64(should[key[1]]))
	}
	a := Accuracy{Pairs: true_, Precision: share(right, together), Recall: share(right, true_)}
	a.F1 = harmonic(a.Precision, a.Recall)
	a.B3 = harmonic(sum(byCluster)/float64(len(cluster)), sum(byTruth)/float64(len(cluster)))
	return a
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
