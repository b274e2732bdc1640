package web

import (
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
	"github.com/sen-hub/sen/internal/state"
	"github.com/sen-hub/sen/internal/text"
)

// word is a state as a page shows it: a shape and a colour beside the word.
type word struct {
	Text  string
	Class string // ok, wait, need, info or none
	Icon  string // symbol of the page
}

type words struct{ vi, en, class, icon string }

func wordOf(l text.Lang, of map[string]words, name string) word {
	w, known := of[name]
	if !known {
		return word{Text: name, Icon: "off"}
	}
	return word{Text: l.Pick(w.vi, w.en), Class: w.class, Icon: w.icon}
}

var stageWords = map[string]words{
	desk.Ready:        {"sẵn sàng", "ready", "", "off"},
	desk.Connected:    {"đã kết nối", "connected", "wait", "wait"},
	desk.Synchronised: {"đã đồng bộ", "synchronised", "ok", "ok"},
}

var runWords = map[string]words{
	desk.Never:               {"chưa chạy", "never run", "", "off"},
	string(state.Extracting): {"đang đọc, hoặc dở dang", "reading, or stopped there", "info", "run"},
	string(state.Committing): {"đang ghi, hoặc dở dang", "committing, or stopped there", "info", "run"},
	string(state.Certified):  {"đã chứng thực", "certified", "ok", "ok"},
	string(state.Failed):     {"không xong", "failed", "need", "stop"},
	string(state.Superseded): {"đã thay", "superseded", "", "off"},
}

var kindWords = map[string]words{
	desk.KindDataset: {vi: "bộ dữ liệu", en: "dataset"},
	desk.KindElement: {vi: "thành phần dữ liệu", en: "data element"},
	desk.KindColumn:  {vi: "cột", en: "column"},
}

var partWords = map[string]words{
	desk.PartName:        {vi: "tên", en: "name"},
	desk.PartTitle:       {vi: "tên gọi", en: "title"},
	desk.PartSource:      {vi: "nguồn", en: "source"},
	desk.PartAgency:      {vi: "cơ quan", en: "agency"},
	desk.PartElement:     {vi: "thành phần dữ liệu", en: "data element"},
	desk.PartDescription: {vi: "mô tả", en: "description"},
}

var roleWords = map[string]words{
	account.Operator: {vi: "trực vận hành", en: "operator"},
	account.Steward:  {vi: "quản trị dữ liệu", en: "data steward"},
	account.Reviewer: {vi: "người xét liên kết", en: "reviewer"},
	account.Officer:  {vi: "cán bộ một cửa", en: "officer"},
	account.Leader:   {vi: "lãnh đạo", en: "leader"},
	account.Agency:   {vi: "cán bộ cơ quan", en: "agency"},
	account.Reader:   {vi: "người đọc", en: "reader"},
}

func roleWord(l text.Lang, role string) string { return wordOf(l, roleWords, role).Text }

var jobWords = map[string]words{
	string(state.JobWaiting): {"chờ", "waiting", "wait", "wait"},
	string(state.JobRunning): {"đang chạy", "running", "info", "run"},
	string(state.JobDone):    {"xong", "done", "ok", "ok"},
	string(state.JobFailed):  {"không xong", "failed", "need", "stop"},
}

var jobKindWords = map[string]words{
	job.Sync:    {vi: "đồng bộ", en: "sync"},
	job.Release: {vi: "làm sạch lại", en: "clean again"},
	job.Verify:  {vi: "đối chiếu lại", en: "verify"},
	job.Link:    {vi: "liên kết bản ghi", en: "link records"},
}

var stepWords = map[string]words{
	"extract": {vi: "đang đọc nguồn", en: "reading the source"},
	"commit":  {vi: "đang ghi vào kho", en: "committing"},
	"certify": {vi: "đang chứng thực", en: "certifying"},
	"done":    {vi: "xong", en: "done"},
}

var resultWords = map[string]words{
	"certified": {vi: "đã chứng thực", en: "certified"},
	"unchanged": {vi: "nguồn không đổi", en: "the source has not changed"},
	"agrees":    {vi: "nguồn và kho khớp nhau", en: "source and store agree"},
	"linked":    {vi: "đã liên kết", en: "linked"},
}

var classWords = map[string]words{
	string(contract.Breaking):   {"phá vỡ", "breaking", "need", "stop"},
	string(contract.Compatible): {"tương thích", "compatible", "ok", "ok"},
	string(contract.Note):       {"ghi chú", "note", "", "off"},
}

// asker is who asked for a job.
func asker(l text.Lang, principal string) string {
	if principal == job.BySchedule {
		return l.Pick("lịch", "the schedule")
	}
	return principal
}

var purposeWords = map[string]words{
	string(access.QualityControl): {vi: "kiểm tra chất lượng", en: "quality control"},
	string(access.Correction):     {vi: "sửa dữ liệu", en: "correction"},
	string(access.LinkReview):     {vi: "xét liên kết", en: "link review"},
	string(access.Residence):      {vi: "xác nhận cư trú", en: "residence confirmation"},
}

func purposeWord(l text.Lang, purpose string) string { return wordOf(l, purposeWords, purpose).Text }

var howWords = map[string]words{
	resolve.ByKey:      {vi: "khóa", en: "key"},
	resolve.ByOtherKey: {vi: "khóa khác", en: "another key"},
	resolve.Probable:   {vi: "xác suất", en: "probability"},
	resolve.Alone:      {vi: "một mình", en: "alone"},
	resolve.Decided:    {vi: "người quyết định", en: "a person's decision"},
}

var survivalWords = map[string]words{
	desk.Undisputed:   {vi: "không nguồn nào nói khác", en: "nobody says otherwise"},
	desk.Believed:     {vi: "nguồn được tin trước", en: "its source is believed first"},
	desk.MostAgreed:   {vi: "nhiều bản ghi nói thế nhất", en: "most records say so"},
	desk.Newest:       {vi: "mới nhất", en: "the newest"},
	desk.MostComplete: {vi: "đầy đủ nhất", en: "the most complete"},
}

var beliefWords = map[string]words{
	string(link.Authoritative): {vi: "bản ghi của chính đối tượng", en: "the thing's own record"},
	string(link.Contributing):  {vi: "biết về đối tượng", en: "knows the thing"},
	string(link.Mentioning):    {vi: "chỉ nhắc đến", en: "only mentions it"},
}

var sexWords = map[string]words{
	"male":   {vi: "nam", en: "male"},
	"female": {vi: "nữ", en: "female"},
	"other":  {vi: "khác", en: "other"},
}

// levelWords are how alike two values are, by the names that package link gives
// its levels.
var levelWords = map[string]words{
	"same":                      {"giống", "the same", "ok", "ok"},
	"same but for marks":        {"giống khi bỏ dấu", "the same but for marks", "ok", "ok"},
	"other order":               {"khác thứ tự", "in another order", "ok", "ok"},
	"one letter":                {"khác một chữ", "one letter differs", "wait", "wait"},
	"words missing or initials": {"thiếu chữ, hoặc viết tắt", "words missing, or initials", "wait", "wait"},
	"near":                      {"gần giống", "near", "wait", "wait"},
	"alike":                     {"hơi giống", "alike", "wait", "wait"},
	"same words":                {"cùng các từ", "the same words", "ok", "ok"},
	"nearly the same words":     {"gần cùng các từ", "nearly the same words", "wait", "wait"},
	"most words":                {"chung phần lớn từ", "most words", "wait", "wait"},
	"many words":                {"chung nhiều từ", "many words", "wait", "wait"},
	"some words":                {"chung vài từ", "some words", "wait", "wait"},
	"few words":                 {"chung ít từ", "few words", "wait", "wait"},
	"day and month swapped":     {"đảo ngày và tháng", "day and month swapped", "wait", "wait"},
	"one digit":                 {"khác một chữ số", "one digit differs", "wait", "wait"},
	"two parts of three":        {"giống hai trên ba phần", "two parts of three are the same", "wait", "wait"},
	"within a year":             {"lệch không quá một năm", "within a year", "wait", "wait"},
	"one part of three":         {"giống một trên ba phần", "one part of three is the same", "wait", "wait"},
	"one digit or letter":       {"khác một ký tự", "one digit or letter differs", "wait", "wait"},
	"part of the other":         {"là một phần của bên kia", "a part of the other", "wait", "wait"},
	"two digits or letters":     {"khác hai ký tự", "two digits or letters differ", "wait", "wait"},
	"same local part":           {"giống phần trước @", "the same before the @", "ok", "ok"},
	"one or two letters":        {"khác một, hai chữ", "one or two letters differ", "wait", "wait"},
	"same domain":               {"cùng tên miền", "the same domain", "wait", "wait"},
	"next to it":                {"sát nhau", "next to it", "wait", "wait"},
	"different":                 {"khác", "different", "need", "stop"},
	"":                          {"không so được", "cannot be compared", "", "off"},
}

var verdictWords = map[string]words{
	decision.Same:      {vi: "là một", en: "the same"},
	decision.Different: {vi: "không phải một", en: "different"},
}

var decisionWords = map[string]words{
	decision.Proposed:  {"đề nghị", "proposed", "wait", "wait"},
	decision.Confirmed: {"xác nhận", "confirmed", "ok", "ok"},
	decision.Withdrawn: {"rút lại", "withdrawn", "", "off"},
	decision.Applied:   {vi: "có hiệu lực", en: "took effect"},
	decision.Undone:    {vi: "đã hoàn tác", en: "undone"},
}
