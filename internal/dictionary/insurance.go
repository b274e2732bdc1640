package dictionary

import "strings"

// Shapes of the numbers of social and health insurance.
const (
	socialShape   = `[0-9]{10}`
	healthShape   = `[A-Z]{2}[1-5](?:0[1-9]|[1-9][0-9])[0-9]{10}`
	healthAnyWay  = `[A-Za-z]{2}[0-9]{13}`
	insuranceSkip = `(?i)^(?:số|mã|so|ma)?[ ]*(?:thẻ|the|sổ)?[ ]*(?:bhyt|bhxh)[ .:]+`
)

func healthInsurance() *Element {
	return &Element{
		Name:  "health-insurance-number",
		Title: Text{VI: "Số thẻ bảo hiểm y tế", EN: "Health-insurance card number"},
		Help: Text{
			VI: "Mười lăm ký tự: 2 chữ cái đối tượng, 1 số mức hưởng, 2 số mã tỉnh, 10 số bảo hiểm xã hội. Số thứ tự thẻ không có số kiểm tra.",
			EN: "Fifteen characters: 2 letters for the group insured, 1 digit for the benefit, 2 for the province, 10 of the social-insurance number. There is no check digit.",
		},
		Source: "Decision 1351/QD-BHXH of 2015 (structure of the card number) and 1666/QD-BHXH of 2020 (cards that print the last ten digits); that newer cards bear the identity number instead [unconfirmed]",
		Examples: []Example{
			{Raw: "DN4010123456789", Value: "DN4010123456789"},
			{Raw: "dn 4 01 01 234 56789", Value: "DN4010123456789"},
			{Raw: "BHYT: HS4-79-7921234567", Value: "HS4797921234567"},
			{Raw: "0123456789", Problem: "social-number"},
			{Raw: "DN9010123456789", Problem: "benefit"},
			{Raw: "DN4000123456789", Problem: "province"},
			{Raw: "DN401012345678", Problem: "length"},
			{Raw: "chưa có thẻ", Problem: "format"},
		},
		Personal: "personal-identifier",
		Logical:  "string",
		problems: map[string]Text{
			"format":          formatProblem,
			"length":          {VI: "không đủ hoặc thừa ký tự (cần 15)", EN: "does not have fifteen characters"},
			"benefit":         {VI: "mức hưởng không phải từ 1 đến 5", EN: "has a benefit digit that is not 1 to 5"},
			"province":        {VI: "mã tỉnh là 00", EN: "has 00 for the province"},
			"social-number":   {VI: "chỉ là số bảo hiểm xã hội, thiếu năm ký tự đầu", EN: "is the social-insurance number alone, without the five characters before it"},
			"identity-number": {VI: "là số định danh cá nhân", EN: "is a personal identity number"},
		},
		standardise: standardHealth,
		ready:       func(Options) ready { return ready{well: healthIsWell} },
	}
}

func standardHealth(s string, o Options) Result {
	s = strings.ToUpper(digitsOnly(compileAny(insuranceSkip).ReplaceAllString(s, "")))
	switch {
	case fits(s, healthShape):
		return Result{Value: s}
	case fits(s, socialShape):
		return Result{Problem: "social-number"}
	case fits(s, identityShapes(o).well):
		return Result{Problem: "identity-number"}
	case fits(s, healthAnyWay) && (s[2] < '1' || s[2] > '5'):
		return Result{Problem: "benefit"}
	case fits(s, healthAnyWay):
		return Result{Problem: "province"}
	case fits(s, `[A-Z]{2}[0-9]{5,20}`):
		return Result{Problem: "length"}
	}
	return Result{Problem: "format"}
}

func healthIsWell(x []byte) bool {
	return len(x) == 15 && x[0]-'A' < 26 && x[1]-'A' < 26 && x[2]-'1' < 5 && digits(x[3:]) && (x[3] != '0' || x[4] != '0')
}

func socialInsurance() *Element {
	return &Element{
		Name:  "social-insurance-number",
		Title: Text{VI: "Số bảo hiểm xã hội", EN: "Social-insurance number"},
		Help: Text{
			VI: "Mười chữ số, không có số kiểm tra.",
			EN: "Ten digits, without a check digit.",
		},
		Source: "Decision 595/QD-BHXH of 2017, article 2, and Decision 346/QD-BHXH of 2019; that the identity number takes its place by the Law on Social Insurance 41/2024/QH15 [day unconfirmed]",
		Examples: []Example{
			{Raw: "0123456789", Value: "0123456789"},
			{Raw: "BHXH: 01 2345 6789", Value: "0123456789"},
			{Raw: "123456789", Problem: "length"},
			{Raw: "001087012345", Problem: "identity-number"},
			{Raw: "DN4010123456789", Problem: "card-number"},
			{Raw: "0000000000", Problem: "placeholder"},
			{Raw: "chưa tham gia", Problem: "format"},
		},
		Personal: "personal-identifier",
		Logical:  "string",
		problems: map[string]Text{
			"format":          formatProblem,
			"length":          {VI: "không đủ hoặc thừa chữ số (cần 10)", EN: "does not have ten digits"},
			"identity-number": {VI: "là số định danh cá nhân", EN: "is a personal identity number"},
			"card-number":     {VI: "là số thẻ bảo hiểm y tế; mười số cuối là số bảo hiểm xã hội", EN: "is the number of a health-insurance card, whose last ten digits are the social-insurance number"},
			"placeholder":     {VI: "là số điền cho có", EN: "is a filler, not a number"},
		},
		standardise: standardSocial,
		ready: func(Options) ready {
			return ready{well: func(x []byte) bool { return len(x) == 10 && digits(x) && varied(x) }}
		},
	}
}

func standardSocial(s string, o Options) Result {
	s = strings.ToUpper(digitsOnly(compileAny(insuranceSkip).ReplaceAllString(s, "")))
	switch {
	case fits(s, healthShape):
		return Result{Problem: "card-number", Candidates: []string{s[5:]}}
	case !fits(s, "[0-9]+"):
		return Result{Problem: "format"}
	case !varied([]byte(s)):
		return Result{Problem: "placeholder"}
	case len(s) == 10:
		return Result{Value: s}
	case fits(s, identityShapes(o).well):
		return Result{Problem: "identity-number"}
	case len(s) == 9: // one lost zero, or one lost digit: nothing tells which
		return Result{Problem: "length", Candidates: []string{"0" + s}}
	}
	return Result{Problem: "length"}
}
