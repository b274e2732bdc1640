package dictionary

import (
	"slices"
	"strings"
	"time"
)

// licenceLaw is the first day of the classes of Law 36/2024/QH15.
var licenceLaw = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// licenceClasses are the classes before and since the law, in the order in
// which several are written.
var (
	classesBefore = strings.Fields("A1 A2 A3 A4 B1 B2 C D E FB2 FC FD FE")
	classesAll    = strings.Fields("A1 A2 A3 A4 A B1 B2 B C1 C D1 D2 D E BE FB2 C1E CE FC D1E D2E FD DE FE")
)

// licenceSuccessors are the classes for which one of before the law is
// exchanged. Those of the same name (A1, B1, C, D) are not among them: what
// is printed stays the class, and on a new card means another thing.
var licenceSuccessors = map[string][]string{
	"A2": {"A"}, "A3": {"B1"}, "B2": {"B", "C1"}, "E": {"D"}, "FB2": {"BE", "C1E"}, "FC": {"CE"}, "FD": {"D2E"}, "FE": {"DE"},
}

func licenceClass() *Element {
	return &Element{
		Name:  "driving-licence-class",
		Title: Text{VI: "Hạng giấy phép lái xe", EN: "Driving-licence class"},
		Help: Text{
			VI: "Hạng như in trên giấy phép; nhiều hạng cách nhau bằng dấu phẩy theo thứ tự của luật. Hạng cũ (A2, B2, E, FC …) vẫn có giá trị sau 1/1/2025; hạng mới tương ứng được nêu kèm, không tự đổi. Trước ngày đó không có hạng mới.",
			EN: "The class as printed; several with commas between them, in the law's order. Old classes (A2, B2, E, FC …) stay valid after 1 January 2025; the new ones they are exchanged for are named beside, never put in their place. Before that day there are no new classes.",
		},
		Source: "Law on Road Traffic 23/2008/QH12, article 59; Law on Road Traffic Order and Safety 36/2024/QH15, articles 57 and 89 (in force 1 January 2025)",
		Examples: []Example{
			{Raw: "B2", Value: "B2"},
			{Raw: "hạng a1", Value: "A1"},
			{Raw: "C, A1", Value: "A1,C"},
			{Raw: "A1-B2", Value: "A1,B2"},
			{Raw: "C1E", Value: "C1E"},
			{Raw: "B11", Problem: "automatic"},
			{Raw: "G", Problem: "unknown-class"},
			{Raw: "xe máy", Problem: "unknown-class"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"unknown-class": {VI: "không phải hạng giấy phép lái xe nào", EN: "is no class of driving licence"},
			"not-yet":       {VI: "là hạng của luật mới, chưa có vào ngày của dữ liệu", EN: "is a class of the new law, which did not exist on the day of the data"},
			"automatic":     {VI: "là hạng B1 số tự động; ghi B1 và điều kiện riêng", EN: "is B1 for automatic gears: write B1, and the condition apart"},
		},
		standardise: standardLicence,
		ready:       licenceReady,
	}
}

// licenceReady: one class is written as it is kept.
func licenceReady(o Options) ready {
	exact := map[string]string{}
	for _, class := range licenceOn(o) {
		exact[class] = class
	}
	return ready{exact: exact}
}

// licenceOn are the classes that a card may bear on the day.
func licenceOn(o Options) []string {
	if !o.On.IsZero() && o.On.Before(licenceLaw) {
		return classesBefore
	}
	return classesAll
}

func standardLicence(s string, o Options) Result {
	s = compileAny(`^(?i:giấy phép lái xe|gplx)?[ ]*(?i:hạng|hang)?[ :]+`).ReplaceAllString(" "+s, "")
	var classes []string
	for _, class := range compileAny(`[ ,;/+&\-]+`).Split(strings.ToUpper(s), -1) {
		switch {
		case class == "B11" || class == "B1.1":
			return Result{Problem: "automatic", Candidates: []string{"B1"}}
		case !slices.Contains(classesAll, class):
			return Result{Problem: "unknown-class"}
		case !slices.Contains(licenceOn(o), class):
			return Result{Problem: "not-yet"}
		case !slices.Contains(classes, class):
			classes = append(classes, class)
		}
	}
	slices.SortFunc(classes, func(a, b string) int { return slices.Index(classesAll, a) - slices.Index(classesAll, b) })
	return licenceAnswer(classes)
}

// licenceAnswer names, beside one class of before the law, those that it is
// exchanged for.
func licenceAnswer(classes []string) Result {
	r := Result{Value: strings.Join(classes, ",")}
	if len(classes) != 1 {
		return r
	}
	switch r.Candidates = slices.Clone(licenceSuccessors[r.Value]); {
	case r.Value == "A4":
		r.Note = "ended with 2024: exchanged for a certificate, for no class"
	case len(r.Candidates) > 0:
		r.Note = "a class of before 2025, exchanged for " + strings.Join(r.Candidates, " or ")
	}
	return r
}
