package web

import (
	"math"
	"strconv"
	"strings"
)

// A trend's line is drawn in a box of this size, which the page stretches.
const (
	trendWidth  = 120.0
	trendHeight = 28.0
	trendMargin = 1.0 // above and below, so that the line's width stays inside
)

// trendLine is the SVG path of values, the oldest first, between low and high;
// "" where there are not two to join.
func trendLine(values []float64, low, high float64) string {
	if len(values) < 2 || high <= low {
		return ""
	}
	var b strings.Builder
	for i, v := range values {
		x := trendWidth * float64(i) / float64(len(values)-1)
		share := (min(max(v, low), high) - low) / (high - low)
		b.WriteString(map[bool]string{true: "M", false: " "}[i == 0])
		b.WriteString(short(x) + " " + short(trendMargin+(trendHeight-2*trendMargin)*(1-share)))
	}
	return b.String()
}

// short is a number with at most one decimal.
func short(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// share is a part of a whole as the width of a bar.
func share(v, low, high float64) string {
	if high <= low {
		return "0%"
	}
	return short(100*(min(max(v, low), high)-low)/(high-low)) + "%"
}
