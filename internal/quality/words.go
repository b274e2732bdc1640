package quality

import (
	"fmt"

	"github.com/sen-hub/sen/internal/text"
)

type pair struct{ vi, en string }

func (p pair) in(lang text.Lang) string { return lang.Pick(p.vi, p.en) }

// Name is the criterion as people call it.
func (c Criterion) Name(lang text.Lang) string {
	return map[Criterion]pair{
		Correct: {"đúng", "correct"}, Complete: {"đủ", "complete"}, Clean: {"sạch", "clean"}, Living: {"sống", "living"},
		Unified: {"thống nhất", "unified"}, Connected: {"kết nối", "connected"}, Shared: {"dùng chung", "shared"},
	}[c].in(lang)
}

// Question is what the criterion asks, in a few words.
func (c Criterion) Question(lang text.Lang) string {
	return map[Criterion]pair{
		Correct:   {"giá trị hợp lệ, không mâu thuẫn", "values valid and without contradiction"},
		Complete:  {"trường bắt buộc có giá trị", "required fields filled"},
		Clean:     {"đến nơi không phải sửa, không trùng", "came without repair or repetition"},
		Living:    {"cập nhật trong thời hạn đã cam kết", "updated within the promised time"},
		Unified:   {"đúng dạng của từ điển dùng chung", "in the shared dictionary's form"},
		Connected: {"nối được với dữ liệu khác", "linked with other data"},
		Shared:    {"đang được cơ quan khác dùng", "in use by others"},
	}[c].in(lang)
}

// Sentence says why, as the second half of a sentence.
func (r Reason) Sentence(lang text.Lang) string {
	return map[Reason]pair{
		NoValues:     {"chưa có giá trị nào để đo", "no values to measure"},
		NoRequired:   {"hợp đồng không bắt buộc trường nào", "the contract requires no field"},
		NoElement:    {"chưa cột nào gắn với từ điển dùng chung", "no column names a data element yet"},
		NoSLA:        {"hợp đồng chưa cam kết thời hạn", "the contract promises no time"},
		NoChangeTime: {"không biết thay đổi mới nhất vào lúc nào", "the time of the newest change is not known"},
		NothingLinks: {"chưa cột nào trỏ sang dữ liệu khác", "no column refers to other data"},
		NoConsumers:  {"chưa có cơ quan nào dùng", "no consumers yet"},
		NotMeasured:  {"chưa đo", "not measured"},

		OnlyReferences: {"tham chiếu có đích; chưa kể bản ghi được nối", "references that lead somewhere; linked records are not counted"},
	}[r].in(lang)
}

// Clause is what is wrong, after the name of a column or dataset.
func (f Finding) Clause(lang text.Lang) string {
	return map[Finding]pair{
		FoundFault:      {"bản ghi hỏng, không đọc được", "records are broken and cannot be read"},
		FoundConflict:   {"mâu thuẫn với giá trị khác trong cùng bản ghi", "contradict another value of the same record"},
		FoundInvalid:    {"ghi sai, không thành giá trị hợp lệ", "are no valid value"},
		FoundRule:       {"trái quy tắc của hợp đồng", "break a rule of the contract"},
		FoundDuplicate:  {"trùng khóa với bản ghi khác", "repeat the key of another record"},
		FoundMissing:    {"bỏ trống dù bắt buộc", "are empty though required"},
		FoundAbsent:     {"thiếu so với số bản ghi phải có", "records are expected and missing"},
		FoundCheck:      {"không qua phép kiểm tra", "fail a check"},
		FoundBroken:     {"chưa được kiểm tra: quy tắc không chạy được", "are unchecked: the rule cannot be run"},
		FoundUnresolved: {"trỏ tới bản ghi không có", "refer to a record that is not there"},
		FoundUncertain:  {"chưa có chứng nhận đồng bộ còn giá trị", "have no certificate that holds"},
		FoundLate:       {"cũ hơn thời hạn đã cam kết", "are older than promised"},
		FoundRepaired:   {"phải sửa về dạng chuẩn", "had to be put into standard form"},
	}[f].in(lang)
}

// Sentence says an offender in one line: where, how many, what is wrong.
func (o Offender) Sentence(lang text.Lang) string {
	where := string(o.Dataset)
	if o.Column != "" {
		where += "." + o.Column
	}
	if o.Finding == FoundCheck || o.Finding == FoundBroken || o.Finding == FoundRule {
		where += " [" + o.Rule + "]"
	}
	return fmt.Sprintf("%s: %s %s (%s) %s", where, lang.Count(o.Rows), lang.Pick("dòng", rows(o.Rows)), Percent(lang, o.Share()), o.Finding.Clause(lang))
}

func rows(n int64) string {
	if n == 1 {
		return "row"
	}
	return "rows"
}

// Percent shows a share so that a few are never nothing and almost all never
// everything.
func Percent(lang text.Lang, share float64) string {
	switch {
	case share > 0 && share < 0.1:
		return "< " + lang.Decimal(0.1, 1) + " %"
	case share < 100 && share > 99.9:
		return "> " + lang.Decimal(99.9, 1) + " %"
	}
	return lang.Decimal(share, 1) + " %"
}

// next is what can be done about an offender, as a command and its meaning.
func (o Offender) next(lang text.Lang) (command, meaning string) {
	switch o.Finding {
	case FoundLate, FoundUncertain:
		return "sen sync " + string(o.Dataset), lang.Pick("lấy dữ liệu mới nhất và cấp chứng nhận", "bring the newest data, with a certificate")
	case FoundBroken:
		return "sen sync " + string(o.Dataset), lang.Pick("xem lỗi của quy tắc, ở tệp và dòng nào của hợp đồng", "see what is wrong with the rule, by file and line of its contract")
	case FoundAbsent, FoundUnresolved, FoundCheck:
		return "sen status " + string(o.Dataset), lang.Pick("xem nguồn và lần đồng bộ gần nhất", "see the source and its last sync")
	case FoundRepaired:
		return "sen contract infer", lang.Pick("xem cách ghi của nguồn, rồi sửa tại nguồn", "see how the source writes it, then mend it there")
	}
	return "sen quarantine list " + string(o.Dataset), lang.Pick("xem những dòng bị giữ lại và lý do", "what was kept back, and why")
}
