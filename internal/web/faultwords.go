package web

import (
	"html/template"
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/text"
)

// faultFuncs are what pages about quality, quarantine and cases call.
func faultFuncs(l text.Lang) template.FuncMap {
	return template.FuncMap{
		"cap":       capital,
		"percent":   func(v float64) string { return quality.Percent(l, v) },
		"criterion": func(c quality.Criterion) string { return c.Name(l) },
		"question":  func(c quality.Criterion) string { return c.Question(l) },
		"reason":    func(r quality.Reason) string { return r.Sentence(l) },
		"severity":  func(name string) word { return wordOf(l, severityWords, name) },
		"points":    func(v float64) string { return points(l, v) },
		"value":     func(s string) string { return shortened(l, s) },
		"casestate": func(name string) word { return wordOf(l, caseWords, name) },
		"caseevent": func(what string) string { return desk.EventMeaning(l, what) },
		"reply":     func(says string) reply { return replies[says].in(l) },
		"offers":    func(all []string, one string) bool { return slices.Contains(all, one) },
		"dueon":     func(t time.Time) string { return t.UTC().Format(time.DateOnly) }, // a deadline is a day
		"duedate":   func(t time.Time) string { return l.Date(t.UTC()) },
	}
}

var severityWords = map[string]words{
	"error":   {"giữ lại", "kept back", "need", "stop"},
	"warning": {"cảnh báo", "warning", "wait", "wait"},
	"info":    {"đã sửa, ghi lại", "mended, noted", "info", "ok"},
}

var caseWords = map[string]words{
	correction.Open:     {"chờ cơ quan trả lời", "waits for the agency", "wait", "wait"},
	correction.Accepted: {"cơ quan đang sửa", "the agency mends it", "info", "run"},
	correction.Rejected: {"không nhận, chờ quản trị dữ liệu", "rejected, a steward decides", "need", "stop"},
	correction.Closed:   {"đã xong", "closed", "ok", "ok"},
}

// reply is what can be said of a case, and what that means.
type reply struct{ Text, Hint string }

type replyWords struct{ vi, en, viHint, enHint string }

func (w replyWords) in(l text.Lang) reply {
	return reply{l.Pick(w.vi, w.en), l.Pick(w.viHint, w.enHint)}
}

var replies = map[string]replyWords{
	correction.Accepts:   {"Nhận sửa", "It will be mended", "Sửa ở nguồn trước hạn; phiếu tự đóng khi bản sửa về.", "Mend it at the source before the deadline; the case closes when the fix arrives."},
	correction.Rejects:   {"Không nhận: dữ liệu đúng", "Rejected: the data are right", "Ghi chứng cứ; quản trị dữ liệu sẽ quyết.", "Give the evidence; a steward decides."},
	correction.HandsOver: {"Dữ liệu của cơ quan khác", "Another agency owns the datum", "Chọn cơ quan ấy; phiếu sang họ.", "Choose the agency; the case is theirs then."},
	correction.MoreTime:  {"Xin thêm thời gian", "More time", "Chọn hạn mới, trong 90 ngày.", "Choose a new deadline, within 90 days."},
	correction.Insists:   {"Vẫn đề nghị sửa", "Insist", "Chứng cứ chưa đủ; phiếu mở lại với hạn mới.", "The evidence does not suffice; the case opens again with a new deadline."},
}

// capital is a text with its first letter large.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// points is a difference in points; what one decimal does not show is none.
func points(l text.Lang, v float64) string {
	if math.Abs(v) < visible {
		v = 0
	}
	return signed(l, v)
}

// mostShown is how many letters of a value a page shows.
const mostShown = 400

// shortened is a value as it came; of one that is too long for a page, its
// beginning and its length.
func shortened(l text.Lang, s string) string {
	letters := []rune(s)
	if len(letters) <= mostShown {
		return s
	}
	return string(letters[:mostShown]) + "… (" + l.Count(int64(len(letters))) + " " + l.Pick("ký tự", "letters") + ")"
}
