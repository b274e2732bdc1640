package dictionary

import (
	"strings"
)

// Patterns of numbers over the trimmed text with its spaces gone.
const (
	plainInteger   = `-?(?:0|[1-9][0-9]{0,17})`
	looseInteger   = `[+-]?[0-9]+`
	pointZero      = `[+-]?[0-9]+[.,]0`
	groupedByDot   = `[+-]?[0-9]{1,3}(?:\.[0-9]{3})+`
	groupedByComma = `[+-]?[0-9]{1,3}(?:,[0-9]{3})+`
	decimalDot     = `[+-]?[0-9]+\.[0-9]+`
	decimalComma   = `[+-]?[0-9]+,[0-9]+`
	oneGroup       = `[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}`
	bothEndDot     = `[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+`
	bothEndComma   = `[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+`
	exponent       = `[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}`
	numberSpace    = `^` + spaceClass + `+|` + spaceClass + `+$|[ \x{a0}\x{202f}]+`
)

func integer() *Element {
	return &Element{
		Name:  "integer",
		Title: Text{VI: "Số nguyên", EN: "Whole number"},
		Help: Text{
			VI: "Chữ số không có dấu phân nhóm; 1.234 trong cột số nguyên là một nghìn hai trăm ba mươi bốn.",
			EN: "Digits without grouping; 1.234 in a column of whole numbers is one thousand two hundred and thirty-four.",
		},
		Source:   "ODCS 3.1.0, logicalType integer (64 bits here); grouping as written in Vietnam (dot) and in English (comma)",
		Examples: []Example{{Raw: "1.234.567", Value: "1234567"}, {Raw: "007", Value: "7"}, {Raw: "12,5", Problem: "not-integer"}, {Raw: "12a", Problem: "format"}},
		Logical:  "integer",
		problems: map[string]Text{
			"format":      formatProblem,
			"not-integer": {VI: "có phần thập phân", EN: "has a fraction"},
			"range":       {VI: "quá lớn cho số nguyên 64 bit", EN: "is too large for a 64-bit number"},
		},
		standardise: standardInteger,
		ready:       func(Options) ready { return ready{well: integerIsWell} },
		typ:         "BIGINT",
	}
}

func standardInteger(s string, _ Options) Result {
	n := compileAny(numberSpace).ReplaceAllString(s, "")
	switch {
	case fits(n, groupedByDot):
		n = strings.ReplaceAll(n, ".", "")
	case fits(n, groupedByComma):
		n = strings.ReplaceAll(n, ",", "")
	case fits(n, pointZero):
		n = n[:len(n)-2]
	case fits(n, decimalDot+"|"+decimalComma):
		return Result{Problem: "not-integer"}
	case !fits(n, looseInteger):
		return Result{Problem: "format"}
	}
	return bounded(trimZeros(n))
}

// trimZeros drops a plus sign and zeros that say nothing; "-0" is "0".
func trimZeros(n string) string {
	n = compileAny(`^(-?)\+?0*([0-9])`).ReplaceAllString(n, "$1$2")
	if n == "-0" {
		return "0"
	}
	return n
}

// bounded keeps what 18 digits hold: the largest count of digits that always
// fits 64 bits.
func bounded(n string) Result {
	if !fits(n, plainInteger) {
		return Result{Problem: "range"}
	}
	return Result{Value: n}
}

func number() *Element {
	return &Element{
		Name:  "number",
		Title: Text{VI: "Số", EN: "Number"},
		Help: Text{
			VI: "Dấu chấm trước phần thập phân, không dấu phân nhóm. 1.234 là nhập nhằng nếu không khai dấu thập phân.",
			EN: "A dot before the fraction, no grouping. 1.234 is ambiguous unless the decimal separator is declared.",
		},
		Source:   "ODCS 3.1.0, logicalType number; decimal comma of Vietnam, decimal dot of programs",
		Examples: []Example{{Raw: "1.234.567,5", Value: "1234567.5"}, {Raw: "12,5", Value: "12.5"}, {Raw: "1.234", Problem: "ambiguous"}, {Raw: "5 %", Problem: "format"}},
		Logical:  "number",
		problems: map[string]Text{
			"format":    formatProblem,
			"ambiguous": {VI: "có thể đọc thành hai số; hãy khai dấu thập phân", EN: "reads as two numbers; declare the decimal separator"},
		},
		standardise: standardNumber,
		ready: func(o Options) ready {
			return ready{well: func(x []byte) bool { return numberIsWell(x, o.Decimal) }}
		},
		typ: "DOUBLE",
	}
}

// numberRule says of texts that fit: these characters go, then the comma
// becomes the dot; or that they are ambiguous.
type numberRule struct{ pattern, drop, problem string }

// numberRules are tried in order; which there are depends on the separator.
func numberRules(decimal string) []numberRule {
	plain := []numberRule{{pattern: looseInteger}, {pattern: exponent}}
	switch decimal {
	case ".":
		return append(plain, numberRule{pattern: decimalDot}, numberRule{pattern: groupedByComma, drop: ","}, numberRule{pattern: bothEndDot, drop: ","})
	case ",":
		return append(plain, numberRule{pattern: decimalComma}, numberRule{pattern: groupedByDot, drop: "."}, numberRule{pattern: bothEndComma, drop: "."})
	}
	return append(plain, numberRule{pattern: oneGroup, problem: "ambiguous"},
		numberRule{pattern: decimalDot}, numberRule{pattern: decimalComma},
		numberRule{pattern: groupedByDot, drop: "."}, numberRule{pattern: groupedByComma, drop: ","},
		numberRule{pattern: bothEndDot, drop: ","}, numberRule{pattern: bothEndComma, drop: "."})
}

func standardNumber(s string, o Options) Result {
	n := compileAny(numberSpace).ReplaceAllString(s, "")
	for _, rule := range numberRules(o.Decimal) {
		if !fits(n, rule.pattern) {
			continue
		}
		if rule.problem != "" {
			return Result{Problem: rule.problem, Candidates: []string{
				strings.ReplaceAll(n, ",", "."), strings.NewReplacer(".", "", ",", "").Replace(n)}}
		}
		if rule.drop != "" {
			n = strings.ReplaceAll(n, rule.drop, "")
		}
		return Result{Value: trimZeros(strings.ReplaceAll(n, ",", "."))}
	}
	return Result{Problem: "format"}
}
