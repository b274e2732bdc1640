package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/text"
)

// Problem is an error as every operation answers it (RFC 9457). It repeats
// nothing that was sent: that may be of a person.
type Problem struct {
	Type   string  `json:"type" format:"uri-reference" example:"/api/v1/problems/denied" doc:"which kind of problem it is; what the path leads to explains it"`
	Title  string  `json:"title" example:"Not allowed" doc:"the kind in words"`
	Status int     `json:"status" example:"403" doc:"of HTTP"`
	Detail string  `json:"detail,omitempty" example:"the role may not read this for this purpose" doc:"what happened this time"`
	Hint   string  `json:"hint,omitempty" example:"ask a steward who may, or state the purpose that you have" doc:"what to do next"`
	Errors []Fault `json:"errors,omitempty" nullable:"false" doc:"what is wrong with the request, and where"`
}

// Fault is what is wrong with a part of a request.
type Fault struct {
	Location string `json:"location" example:"body.purpose"`
	Message  string `json:"message" example:"expected required property purpose to be present"`
}

// Error is the detail, as huma wants it.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the answer's status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// kind is one kind of problem: clients tell them apart by name.
type kind struct {
	name          string
	status        int
	title, detail Text // detail: where there is nothing more to say
}

// kinds are all, those of sen.Kind among them under the same names.
var kinds = []kind{
	{"malformed", 400, Text{"Yêu cầu không đọc được", "Malformed request"}, Text{"thân yêu cầu không phải là JSON đúng", "the body is no JSON that can be read"}},
	{"no-token", 401, Text{"Chưa có mã", "No token"}, Text{"hãy gửi một mã còn hiệu lực: Authorization: Bearer MÃ", "send a token that is valid: Authorization: Bearer TOKEN"}},
	{"denied", 403, Text{"Không được phép", "Not allowed"}, Text{"vai của tài khoản không được làm việc này", "the account's role does not allow this"}},
	{"scope", 403, Text{"Mã không có phạm vi này", "Outside the token's scopes"}, Text{"phạm vi của mã không cho làm việc này", "the token's scopes do not allow this"}},
	{"not-found", 404, Text{"Không có", "Not found"}, Text{"không có đường dẫn này", "there is no such path"}},
	{"method", 405, Text{"Không có cách gọi này", "No such method"}, Text{"đường dẫn này có cách gọi khác", "the path has other methods"}},
	{"not-acceptable", 406, Text{"Không có dạng này", "No such form"}, Text{"câu trả lời chỉ có ở dạng JSON", "answers are JSON"}},
	{"exists", 409, Text{"Đã có", "There already"}, Text{"điều này đã có", "it is there already"}},
	{"conflict", 409, Text{"Lúc này không làm được", "Not as things stand"}, Text{"yêu cầu đúng, nhưng hiện trạng không cho phép", "the request is well made, but things stand otherwise"}},
	{"drift", 409, Text{"Nguồn không còn khớp hợp đồng", "The source no longer fits its contract"}, Text{"nguồn không còn khớp hợp đồng", "the source no longer fits its contract"}},
	{"too-large", 413, Text{"Quá lớn", "Too large"}, Text{"một yêu cầu dài nhất là 1 MiB", "a request has at most 1 MiB"}},
	{"media-type", 415, Text{"Không phải JSON", "Not JSON"}, Text{"thân yêu cầu phải là application/json", "the body has to be application/json"}},
	{"invalid", 422, Text{"Yêu cầu không đúng", "Invalid request"}, Text{"yêu cầu không đúng như mô tả; errors nói chỗ nào", "the request is not as it is described; errors says where"}},
	{"too-many", 429, Text{"Quá nhiều yêu cầu", "Too many requests"}, Text{"mã này gọi nhanh hơn mức cho phép", "more requests than a token may make"}},
	{"internal", 500, Text{"Lỗi của trung tâm", "A fault of the hub"}, Text{"người vận hành thấy chi tiết trong nhật ký", "the operator finds it in the log"}},
	{"corrupt", 500, Text{"Dữ liệu không như lúc ghi", "Data are not as they were written"}, Text{"người vận hành thấy chi tiết trong nhật ký", "the operator finds it in the log"}},
	{"busy", 503, Text{"Đang bận", "Busy"}, Text{"hãy thử lại sau một lát", "try again a little later"}},
	{"unavailable", 503, Text{"Chưa dùng được", "Unavailable"}, Text{"hãy thử lại sau một lát", "try again a little later"}},
	{"canceled", 503, Text{"Đã dừng", "Stopped"}, Text{"yêu cầu bị dừng giữa chừng", "the request was stopped"}},
}

// kindOf is the kind of this name; kindBy the first of a status.
func kindOf(name string) kind { return kindWhere(func(k kind) bool { return k.name == name }) }

func kindBy(status int) kind { return kindWhere(func(k kind) bool { return k.status == status }) }

func kindWhere(is func(kind) bool) kind {
	fault := kind{}
	for _, k := range kinds {
		if is(k) {
			return k
		}
		if k.name == "internal" {
			fault = k
		}
	}
	return fault
}

// problemsPath is where kinds of problems are explained.
const problemsPath = Prefix + "/problems/"

func (t Text) in(l text.Lang) string { return l.Pick(t.VI, t.EN) }

// problem is one of this kind; detail and hint may be empty.
func (k kind) problem(l text.Lang, detail, hint string) *Problem {
	return &Problem{Type: problemsPath + k.name, Title: k.title.in(l), Status: k.status, Detail: cmp.Or(detail, k.detail.in(l)), Hint: hint}
}

type languageKey struct{}

// languageOf is what the reader of an answer wants; see API.Handler.
func languageOf(ctx context.Context) text.Lang {
	l, known := ctx.Value(languageKey{}).(text.Lang)
	if !known {
		return text.English
	}
	return l
}

// Every error that huma finds in a request is a Problem too: it takes them from
// variables of its own, which are set before anything is registered.
func init() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		l := languageOf(ctx.Context())
		p := kindBy(status).problem(l, "", "")
		for _, err := range errs {
			var one huma.ErrorDetailer
			if status == http.StatusUnprocessableEntity && errors.As(err, &one) {
				p.Errors = append(p.Errors, Fault{one.ErrorDetail().Location, faultIn(l, one.ErrorDetail().Message)})
			}
		}
		return p
	}
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		return kindBy(status).problem(text.English, "", "")
	}
}

// faultWords say in Vietnamese what huma finds wrong with a value.
var faultWords = []struct {
	en *regexp.Regexp
	vi string
}{
	{regexp.MustCompile(`^unexpected property$`), "không có thuộc tính này"},
	{regexp.MustCompile(`^unknown query parameter$`), "không có tham số này"},
	{regexp.MustCompile(`^expected required property (.*) to be present$`), "thiếu $1"},
	{regexp.MustCompile(`^required \w+ parameter is missing$`), "thiếu tham số này"},
	{regexp.MustCompile(`^expected value to be one of "(.*)"$`), "phải là một trong: $1"},
	{regexp.MustCompile(`^expected number >= (.*)$`), "ít nhất là $1"},
	{regexp.MustCompile(`^expected number <= (.*)$`), "nhiều nhất là $1"},
	{regexp.MustCompile(`^expected length >= (.*)$`), "dài ít nhất $1 ký tự"},
	{regexp.MustCompile(`^expected length <= (.*)$`), "dài nhất $1 ký tự"},
	{regexp.MustCompile(`^expected string to be (.*)$`), "phải là $1"},
	{regexp.MustCompile(`^expected string to match pattern (.*)$`), "phải khớp mẫu $1"},
	{regexp.MustCompile(`^expected (string|boolean|integer|number|object|array)$`), "phải thuộc kiểu $1"},
	{regexp.MustCompile(`^invalid (.*)$`), "không phải là $1"},
}

func faultIn(l text.Lang, message string) string {
	for _, w := range faultWords {
		if l == text.Vietnamese && w.en.MatchString(message) {
			return w.en.ReplaceAllString(message, w.vi)
		}
	}
	return message
}

// problem is an error as an operation answers it. What is ours to mend is logged
// and not told.
func (a *API) problem(ctx context.Context, r route, err error) *Problem {
	var made *Problem
	if errors.As(err, &made) {
		return made
	}
	l := languageOf(ctx)
	if ctx.Err() != nil { // who asked has gone, and a room broke off in words of its own
		return kindOf("canceled").problem(l, "", "")
	}
	k := kindOf(sen.KindOf(err).String())
	if k.status >= http.StatusInternalServerError {
		a.o.Log.Error("the api failed", "operation", r.id, "error", engine.Loggable(err))
		return k.problem(l, "", "")
	}
	var e *sen.Error
	errors.As(err, &e)
	detail, hint := e.Words(l == text.Vietnamese)
	return k.problem(l, detail, hint)
}

// standing is the answer to a request that is well made and asks for what cannot
// be as things stand: where a room calls that invalid, here it is a conflict.
func standing(ctx context.Context, err error) error {
	var e *sen.Error
	if !errors.As(err, &e) || e.Kind != sen.Invalid {
		return err
	}
	l := languageOf(ctx)
	detail, hint := e.Words(l == text.Vietnamese)
	return kindOf("conflict").problem(l, detail, hint)
}

// fail answers with a problem before an operation has begun.
func fail(w http.ResponseWriter, r *http.Request, name string, detail, hint Text) {
	l := languageOf(r.Context())
	writeProblem(w, kindOf(name).problem(l, detail.in(l), hint.in(l)))
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// notThere answers what no operation answers: a path that there is not, or one
// that has other methods.
func (a *API) notThere(w http.ResponseWriter, r *http.Request) {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "/" && pattern != "" {
			methods = append(methods, method)
		}
	}
	if len(methods) == 0 {
		fail(w, r, "not-found", Text{}, Text{Prefix + "/openapi.json kể mọi đường dẫn", Prefix + "/openapi.json names them all"})
		return
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	fail(w, r, "method", Text{}, Text{"các cách gọi: " + strings.Join(methods, ", "), "its methods: " + strings.Join(methods, ", ")})
}

// explainProblem says what a kind of problem is.
func explainProblem(w http.ResponseWriter, r *http.Request) {
	k := kindOf(r.PathValue("kind"))
	if k.name != r.PathValue("kind") {
		fail(w, r, "not-found", Text{}, Text{})
		return
	}
	l := languageOf(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(k.problem(l, "", ""))
}
