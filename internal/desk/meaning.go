package desk

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/text"
)

// ruleMeanings says the rules that are not the dictionary's own, by the last
// part of their names.
var ruleMeanings = map[string]struct{ vi, en string }{
	"fault":             {"bản ghi không đọc được theo các cột", "the record cannot be read as its columns say"},
	"type":              {"không thành kiểu dữ liệu của cột", "is not of the column's type"},
	"required":          {"bỏ trống dù bắt buộc", "is empty though required"},
	"duplicate-key":     {"lặp lại khóa của bản ghi trước", "repeats the key of an earlier record"},
	"duplicate":         {"lặp lại giá trị phải là duy nhất", "repeats a value that must be unique"},
	"contradiction":     {"mâu thuẫn với giá trị khác trong cùng bản ghi", "contradicts another value of the record"},
	"encoding":          {"có thể là bảng mã khác, chưa đủ căn cứ để sửa", "may be in another encoding; too little evidence to mend it"},
	"min-length":        {"ngắn hơn mức cho phép", "is too short"},
	"max-length":        {"dài hơn mức cho phép", "is too long"},
	"pattern":           {"không theo mẫu", "does not fit the pattern"},
	"minimum":           {"nhỏ hơn mức cho phép", "is too small"},
	"maximum":           {"lớn hơn mức cho phép", "is too large"},
	"exclusive-minimum": {"nhỏ hơn mức cho phép", "is too small"},
	"exclusive-maximum": {"lớn hơn mức cho phép", "is too large"},
	"json":              {"không phải JSON", "is not JSON"},
	"nullValues":        {"không có giá trị", "has no value"},
	"missingValues":     {"không có giá trị", "has no value"},
	"invalidValues":     {"ngoài danh mục cho phép", "is not in the list of valid values"},
	"invalid":           {"không có dạng chuẩn", "has no standard form"},
}

// Meaning says a rule of a dataset in a clause: the contract's own description,
// the dictionary's explanation of the problem, else the general one; "" where
// nobody explains it.
func (d *Desk) Meaning(lang text.Lang, one contract.Dataset, rule, column string) string {
	for _, r := range rulesOf(one, column) {
		if r.Name == rule && r.Description != "" {
			return r.Description
		}
	}
	code := rule[strings.LastIndexByte(rule, '.')+1:]
	if p := one.Object.Property(column); p != nil {
		if e, known := d.o.Elements.Lookup(cmp.Or(p.Element, p.LogicalType)); known {
			for _, problems := range []map[string]dictionary.Text{e.Problems(), dictionary.PersonProblems()} {
				if t, ok := problems[code]; ok {
					return lang.Pick(t.VI, t.EN)
				}
			}
		}
	}
	m := ruleMeanings[code]
	return lang.Pick(m.vi, m.en)
}

func rulesOf(d contract.Dataset, column string) []contract.Rule {
	if p := d.Object.Property(column); p != nil {
		return p.Quality
	}
	return d.Object.Quality
}

// RuleNames are the rules by which a dataset's rows can be held back, for
// completion.
func (d *Desk) RuleNames(one contract.Dataset) []string {
	var out []string
	for _, p := range one.Object.Properties {
		out = append(out, p.Name+".required", p.Name+".type")
		if e, known := d.o.Elements.Lookup(cmp.Or(p.Element, p.LogicalType)); known {
			for code := range e.Problems() {
				out = append(out, p.Name+"."+code)
			}
		}
	}
	slices.Sort(out)
	return out
}

// blockMeanings say what keeps a dataset from being brought in.
var blockMeanings = map[string]struct{ vi, en string }{
	BlockSecret:      {"bí mật nhà nước: không đọc", "state secret: not read"},
	BlockFile:        {"không có tệp nguồn", "no file where its contract says"},
	BlockLate:        {"quá hạn cam kết", "older than promised"},
	BlockDrift:       {"nguồn không còn khớp hợp đồng", "the source no longer fits its contract"},
	BlockUnavailable: {"không đọc được nguồn", "the source cannot be read now"},
	BlockInvalid:     {"nguồn không đúng như hợp đồng khai", "the source is not as its contract says"},
	BlockCorrupt:     {"dữ liệu đọc về bị hỏng", "what was read is damaged"},
	BlockInternal:    {"trục trặc ở phía trung tâm", "something went wrong on our side"},
}

// BlockMeaning says what keeps a dataset from being brought in; a state that has
// no words is named.
func BlockMeaning(lang text.Lang, block string) string { return meaningOf(lang, blockMeanings, block) }

// eventMeanings say what happened to a case.
var eventMeanings = map[string]struct{ vi, en string }{
	correction.Opened:    {"mở", "opened"},
	correction.Grew:      {"số dòng đổi", "the rows changed"},
	correction.Settled:   {"dữ liệu đã đúng", "the data are right"},
	correction.CameBack:  {"lỗi trở lại", "the fault came back"},
	correction.Escalated: {"quá hạn, báo lên cấp trên", "overdue, to the next level"},
	correction.Accepts:   {"nhận sửa", "will be mended"},
	correction.Rejects:   {"không nhận, có chứng cứ", "rejected, with evidence"},
	correction.HandsOver: {"chuyển cơ quan", "handed over"},
	correction.MoreTime:  {"xin thêm thời gian", "more time"},
	correction.Insists:   {"vẫn đề nghị sửa", "insisted on"},
}

// EventMeaning says what happened to a case; what has no words is named.
func EventMeaning(lang text.Lang, event string) string { return meaningOf(lang, eventMeanings, event) }

func meaningOf(lang text.Lang, of map[string]struct{ vi, en string }, name string) string {
	m, known := of[name]
	if !known {
		return name
	}
	return lang.Pick(m.vi, m.en)
}
