package dictionary

import "time"

// taxWeights are those of the nine digits before the check digit.
var taxWeights = [9]int{31, 29, 23, 19, 17, 13, 7, 5, 3}

// taxByIdentity is the first day on which an individual's tax code is the
// personal identity number.
var taxByIdentity = time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)

func taxCode() *Element {
	return &Element{
		Name:  "tax-code",
		Title: Text{VI: "Mã số thuế", EN: "Tax code"},
		Help: Text{
			VI: "Mười chữ số, số cuối là số kiểm tra; đơn vị phụ thuộc thêm gạch nối và ba chữ số. Từ 1/7/2025 mã số thuế của cá nhân là số định danh mười hai chữ số.",
			EN: "Ten digits, the last a check digit; a dependent unit adds a hyphen and three digits. Since 1 July 2025 an individual's is the twelve-digit identity number.",
		},
		Source: "Circular 105/2020/TT-BTC, article 5, and Circular 86/2024/TT-BTC (identity number from 1 July 2025) [unconfirmed]; check digit: 10 less the weighted sum (31, 29, 23, 19, 17, 13, 7, 5, 3) modulo 11",
		Examples: []Example{
			{Raw: "0123456787", Value: "0123456787"},
			{Raw: "MST: 0123456787", Value: "0123456787"},
			{Raw: "0123456787001", Value: "0123456787-001"},
			{Raw: "0123 456 787 - 001", Value: "0123456787-001"},
			{Raw: "001087012345", Value: "001087012345"},
			{Raw: "0123456789", Problem: "check-digit"},
			{Raw: "123456787", Problem: "length"},
			{Raw: "003087012345", Problem: "identity"},
			{Raw: "chưa cấp", Problem: "format"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"format":      formatProblem,
			"length":      {VI: "không có 10, 12 hoặc 13 chữ số", EN: "does not have ten, twelve or thirteen digits"},
			"check-digit": {VI: "số kiểm tra không khớp", EN: "has a check digit that does not agree"},
			"identity":    {VI: "mười hai chữ số nhưng không phải số định danh", EN: "has twelve digits but is no identity number"},
			"not-yet":     {VI: "số định danh chưa là mã số thuế vào ngày của dữ liệu", EN: "an identity number was no tax code yet on the day of the data"},
			"placeholder": {VI: "là số điền cho có", EN: "is a filler, not a number"},
		},
		standardise: standardTaxCode,
		ready:       func(Options) ready { return ready{well: taxCodeIsWell} },
	}
}

func standardTaxCode(s string, o Options) Result {
	s = compileAny(`^(?i:mst|mã số thuế|ma so thue)[ .:]*`).ReplaceAllString(s, "")
	d := digitsOnly(s)
	switch {
	case !fits(d, "[0-9]+"):
		return Result{Problem: "format"}
	case len(d) > 3 && !varied([]byte(d)):
		return Result{Problem: "placeholder"}
	case len(d) == 10 && taxChecks(d):
		return Result{Value: d}
	case len(d) == 13 && taxChecks(d) && d[10:] != "000":
		return Result{Value: d[:10] + "-" + d[10:]}
	case len(d) == 10 || len(d) == 13:
		return Result{Problem: "check-digit"}
	case len(d) == 12:
		return taxOfPerson(d, o)
	case len(d) == 9 && taxChecks("0"+d): // a lost zero, or another number whose sum agrees by chance
		return Result{Problem: "length", Candidates: []string{"0" + d}}
	}
	return Result{Problem: "length"}
}

func taxOfPerson(d string, o Options) Result {
	switch p := identityShapes(o); {
	case !fits(d, p.well):
		return Result{Problem: "identity"}
	case !o.On.IsZero() && o.On.Before(taxByIdentity):
		return Result{Problem: "not-yet"}
	}
	return Result{Value: d}
}

// taxChecks reports that the tenth of at least ten digits is the check digit.
func taxChecks[T string | []byte](d T) bool {
	sum := 0
	for i, weight := range taxWeights {
		sum += weight * int(d[i]-'0')
	}
	return int(d[9]-'0') == 10-sum%11
}

// taxCodeIsWell: ten digits that check, alone or with the number of a
// dependent unit.
func taxCodeIsWell(x []byte) bool {
	switch {
	case len(x) == 14 && x[10] == '-' && digits(x[11:]) && string(x[11:]) != "000":
	case len(x) != 10:
		return false
	}
	return digits(x[:10]) && taxChecks(x) && varied(x[:10])
}
