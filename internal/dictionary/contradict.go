package dictionary

import (
	"fmt"
	"strings"
)

// ContradictsSQL is whether CheckPerson finds anything, as SQL that costs a
// few integer operations a row: number is the identity number as a BIGINT,
// NULL where it has no standard form; sex and province are VARCHAR standard
// forms and year is the number of the year of birth; an empty expression is a
// column that is not there. It is false or NULL where nothing contradicts.
func ContradictsSQL(number, sex, year, province string) string {
	var parts []string
	digit := fmt.Sprintf("(%s // 100000000) %% 10", number)
	if sex != "" {
		parts = append(parts, fmt.Sprintf("(%[1]s = 'male' AND (%[2]s) %% 2 = 1) OR (%[1]s = 'female' AND (%[2]s) %% 2 = 0)", sex, digit))
	}
	if year != "" {
		parts = append(parts, fmt.Sprintf("%s <> 1900 + (%s) // 2 * 100 + (%s // 1000000) %% 100", year, digit, number))
	}
	if province != "" {
		parts = append(parts, fmt.Sprintf("(%[1]s < 100000000000 AND TRY_CAST(%[2]s AS SMALLINT) <> %[1]s // 1000000000)", number, province))
	}
	if len(parts) == 0 {
		return "false"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}
