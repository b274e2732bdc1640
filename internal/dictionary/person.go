package dictionary

import (
	"fmt"
	"strconv"
)

// CheckPerson compares a personal identity number with what its holder's
// record says: sex ("male", "female"), born (ISO date, month or year) and
// province of birth registration (code before the merger). The arguments are
// standard forms; an empty one cannot tell. The answer is "", or a key of
// PersonProblems; where several contradict, the first of sex, year, province.
//
// A contradiction is a case for an agency, not an impossibility: a number is
// kept when sex or year are corrected until it is re-issued in law.
func CheckPerson(pin, sex, born, province string) string {
	if !fits(pin, "[0-9]{12}") {
		return ""
	}
	digit := int(pin[3] - '0')
	switch {
	case sex == "male" && digit%2 == 1, sex == "female" && digit%2 == 0:
		return "sex"
	case len(born) >= 4 && born[:4] != birthYear(pin):
		return "birth-year"
	case province != "" && pin[0] == '0' && pin[1:3] != province:
		return "birth-province"
	}
	return ""
}

// birthYear is the year that digits 4 to 6 say: century and sex, then year.
func birthYear(pin string) string {
	return strconv.Itoa(19+int(pin[3]-'0')/2) + pin[4:6]
}

// PersonProblems explains the answers of CheckPerson.
func PersonProblems() map[string]Text {
	return map[string]Text{
		"sex":            {VI: "giới tính và số định danh mâu thuẫn", EN: "sex and identity number disagree"},
		"birth-year":     {VI: "năm sinh và số định danh mâu thuẫn", EN: "year of birth and identity number disagree"},
		"birth-province": {VI: "nơi đăng ký khai sinh và số định danh mâu thuẫn", EN: "province of birth registration and identity number disagree"},
	}
}

// PersonSQL is CheckPerson as SQL over expressions of VARCHAR standard forms;
// an empty expression is a column that is not there. It is NULL where
// nothing contradicts.
func PersonSQL(pin, sex, born, province string) string {
	var pairs []string
	if sex != "" {
		pairs = append(pairs, sexContradicts(pin, sex), "'sex'")
	}
	if born != "" {
		pairs = append(pairs, fmt.Sprintf("strlen(%s) >= 4 AND left(%s, 4) <> %s", born, born, birthYearSQL(pin)), "'birth-year'")
	}
	if province != "" {
		pairs = append(pairs, fmt.Sprintf("%s <> '' AND %s[1] = '0' AND %s[2:3] <> %s", province, pin, pin, province), "'birth-province'")
	}
	if len(pairs) == 0 {
		return "NULL::VARCHAR"
	}
	return cases("NULL", matches(pin, "[0-9]{12}"), cases("NULL", pairs...))
}

func sexContradicts(pin, sex string) string {
	odd := pin + "[4] IN ('1', '3', '5', '7', '9')"
	return fmt.Sprintf("(%s = 'male' AND %s) OR (%s = 'female' AND NOT %s)", sex, odd, sex, odd)
}

func birthYearSQL(pin string) string {
	return fmt.Sprintf("([%s])[%s[4]::INTEGER + 1] || %s[5:6]", quoteAll(centuries()), pin, pin)
}

// centuries lists the first two digits of the year by the century digit.
func centuries() []string {
	var out []string
	for digit := range 10 {
		out = append(out, strconv.Itoa(19+digit/2))
	}
	return out
}
