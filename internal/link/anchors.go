package link

import "math"

// settle weighs the pairs of records and anchors anew: of all things a record can
// be one alone, or none. With π the share of records that are one of T things,
// and LR the likelihood ratio of a record and a thing, the record is thing t with
// the probability
//
//	π/T·LR(t) / (1 − π + Σ π/T·LR(s))
//
// so that each of two that fit alike has no more than a half, and one that fits
// alone is sure where hardly any record is none, though in a crowd a stranger
// might fit as well. Things that no block brings together with a record do not
// fit it. π is that of the greatest likelihood. (One partner at most: Fortini,
// Liseo, Nuccitelli and Scanu 2001; Sadinle 2017.)
func (m *model) settle(pairs []scored) {
	anchors := int32(m.table.Anchors)
	if anchors == 0 {
		return
	}
	things := float64(max(m.table.Among, m.table.Anchors))
	fits := make([]float64, m.table.Rows-m.table.Anchors) // per record: the sum of LR/T
	for _, p := range pairs {
		if p.a < anchors && p.b >= anchors {
			fits[p.b-anchors] += math.Exp(p.weight-m.prior) / things
		}
	}
	share := shareOfOne(fits)
	odds := share / (1 - share)
	m.anchorPrior = math.Log(odds / things)
	for i, p := range pairs {
		if p.a < anchors && p.b >= anchors {
			own := p.weight - m.prior
			others := max(0, fits[p.b-anchors]-math.Exp(own)/things)
			pairs[i].weight = m.anchorPrior + own - math.Log1p(odds*others)
		}
	}
}

// shareOfOne is the share of records that are one of the things, by EM, where
// each is so many times as likely if it is one as if it is none. It is held as by
// two more records, one of each sort.
func shareOfOne(ratios []float64) float64 {
	share := 0.5
	for range 100 {
		one := 1.0
		for _, r := range ratios {
			one += share * r / (1 - share + share*r)
		}
		share = one / float64(len(ratios)+2)
	}
	return share
}
