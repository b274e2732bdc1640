package web

import (
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/job"
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

var blockWords = map[string]words{
	desk.BlockSecret: {vi: "bí mật nhà nước: không đọc", en: "state secret: not read"},
	desk.BlockFile:   {vi: "không có tệp nguồn", en: "no file where its contract says"},
	desk.BlockLate:   {vi: "quá hạn cam kết", en: "older than promised"},
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
	job.Sync:   {vi: "đồng bộ", en: "sync"},
	job.Verify: {vi: "đối chiếu lại", en: "verify"},
	job.Link:   {vi: "liên kết bản ghi", en: "link records"},
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
