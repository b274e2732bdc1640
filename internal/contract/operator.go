package contract

import (
	"fmt"
	"reflect"
	"strconv"
)

// Operator says what a rule's result must be. The zero Operator asks nothing.
type Operator struct {
	Name      string  // one of the eight of ODCS, "" = none
	Low, High float64 // High only of the two between operators
	Numeric   bool    // the bounds are numbers; only mustBe and mustNotBe may name others
	Value     any     // what mustBe or mustNotBe names
}

// Holds reports whether a rule's result satisfies the operator. Both ends of a
// range belong to it.
func (o Operator) Holds(v float64) bool {
	switch o.Name {
	case "mustBe":
		return o.Numeric && v == o.Low
	case "mustNotBe":
		return !o.Numeric || v != o.Low
	case "mustBeGreaterThan":
		return v > o.Low
	case "mustBeGreaterOrEqualTo":
		return v >= o.Low
	case "mustBeLessThan":
		return v < o.Low
	case "mustBeLessOrEqualTo":
		return v <= o.Low
	case "mustBeBetween":
		return o.Low <= v && v <= o.High
	case "mustNotBeBetween":
		return v < o.Low || o.High < v
	}
	return true
}

var operatorSigns = map[string]string{
	"mustBe": "=", "mustNotBe": "≠", "mustBeGreaterThan": ">", "mustBeGreaterOrEqualTo": "≥",
	"mustBeLessThan": "<", "mustBeLessOrEqualTo": "≤",
}

// String reads as people write it: "≤ 5", "between 1 and 2".
func (o Operator) String() string {
	switch o.Name {
	case "":
		return "anything"
	case "mustBeBetween":
		return fmt.Sprintf("between %s and %s", shortNumber(o.Low), shortNumber(o.High))
	case "mustNotBeBetween":
		return fmt.Sprintf("not between %s and %s", shortNumber(o.Low), shortNumber(o.High))
	}
	if !o.Numeric {
		return operatorSigns[o.Name] + " " + scalarText(o.Value)
	}
	return operatorSigns[o.Name] + " " + shortNumber(o.Low)
}

func shortNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// tighter reports whether every result that o accepts, other accepts too, as
// far as bounds on one side show it.
func (o Operator) tighter(other Operator) bool {
	if !o.Numeric || !other.Numeric {
		return o.Name == other.Name && reflect.DeepEqual(o.Value, other.Value)
	}
	probes := []float64{o.Low, o.High, other.Low, other.High}
	for _, p := range probes {
		for _, v := range []float64{p - 1, p - 1e-9, p, p + 1e-9, p + 1, 0} {
			if o.Holds(v) && !other.Holds(v) {
				return false
			}
		}
	}
	return true
}

// operatorOf reads the operator of a rule that passed the standard.
func operatorOf(n *node) Operator {
	for _, f := range operatorFields {
		v := n.get(f.name)
		if v == nil {
			continue
		}
		o := Operator{Name: f.name, Low: v.number, Numeric: v.kind == aNumber}
		switch {
		case v.kind == aList && len(v.items) == 2 && f.form.kinds == aList:
			o.Low, o.High, o.Numeric = v.items[0].number, v.items[1].number, true
		case v.kind == aText:
			if low, err := strconv.ParseFloat(v.text, 64); err == nil {
				o.Low, o.Numeric = low, true
			}
		}
		if f.form.kinds == anything {
			o.Value = v.value()
		}
		return o
	}
	return Operator{}
}
