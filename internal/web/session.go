package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/text"
)

// Cookie is the session's name; with the prefix, browsers keep it to this host
// and to TLS (RFC 6265bis, section 4.1.3.2).
func (s *Server) Cookie() string {
	if s.o.Secure {
		return "__Host-sen"
	}
	return "sen"
}

func (q *request) setCookie(value string, age int) {
	http.SetCookie(q.w, &http.Cookie{Name: q.Cookie(), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: q.o.Secure, SameSite: http.SameSiteStrictMode})
}

// home is the first page that somebody's role has.
func (q *request) home() error {
	if q.who == nil {
		q.redirect("/sign-in")
		return nil
	}
	if path, other := firstPages[q.who.Role]; other {
		q.redirect(path)
		return nil
	}
	for _, item := range menu {
		if q.may(item.act) {
			q.redirect(item.path)
			return nil
		}
	}
	return sen.Errorf(sen.Denied, "your role has no page")
}

// signInData is what the page of signing in shows.
type signInData struct {
	Next, Name, Wrong, Hint string
	Demo                    []DemoUser
}

func (q *request) signInPage() error {
	return q.render(http.StatusOK, "sign-in", q.lang.Pick("Đăng nhập", "Sign in"), signInData{Next: within(q.r.URL.Query().Get("next")), Demo: q.o.Demo})
}

func (q *request) signIn() error {
	if err := q.r.ParseForm(); err != nil {
		return sen.Errorf(sen.Invalid, "the form cannot be read: %w", err)
	}
	name, next := strings.TrimSpace(q.r.PostForm.Get("name")), within(q.r.PostForm.Get("next"))
	token, who, err := q.o.Accounts.SignIn(q.ctx(), name, q.r.PostForm.Get("password"), q.from())
	if kind := sen.KindOf(err); kind == sen.Denied || kind == sen.Busy {
		wrong := signInData{Next: next, Name: name, Demo: q.o.Demo, Wrong: q.lang.Pick("Tên hoặc mật khẩu không đúng.", "The name or the password is wrong.")}
		if kind == sen.Busy {
			wrong.Wrong = q.lang.Pick("Sai quá nhiều lần. Hãy đợi một lát rồi thử lại.", "Too many wrong passwords. Wait a little, then try again.")
		}
		return q.render(statusOf(err), "sign-in", q.lang.Pick("Đăng nhập", "Sign in"), wrong)
	}
	if err != nil {
		return err
	}
	q.o.Log.Info("signed in", "account", who.Name, "role", who.Role)
	q.setCookie(token, 0)
	q.redirect(next)
	return nil
}

func (q *request) signOut() error {
	if c, err := q.r.Cookie(q.Cookie()); err == nil {
		if err := q.o.Accounts.SignOut(q.ctx(), c.Value); err != nil {
			return err
		}
	}
	q.setCookie("", -1)
	q.redirect("/sign-in")
	return nil
}

// within keeps a redirect inside these pages.
func within(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n") {
		return "/"
	}
	return next
}

func escapeQuery(s string) string { return url.QueryEscape(s) }

// languageOf is the reader's choice, else what the browser prefers; Vietnamese
// where neither says.
func languageOf(r *http.Request) text.Lang {
	if c, err := r.Cookie("lang"); err == nil {
		return text.LangOf(c.Value)
	}
	return text.Accepted(r.Header.Get("Accept-Language"))
}

// setLanguage keeps the choice and shows the page again.
func (q *request) setLanguage(lang string) {
	http.SetCookie(q.w, &http.Cookie{Name: "lang", Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: q.o.Secure, SameSite: http.SameSiteLaxMode})
	query := q.r.URL.Query()
	query.Del("lang")
	to := url.URL{Path: q.r.URL.Path, RawQuery: query.Encode()}
	q.redirect(within(to.RequestURI()))
}

// item is a place in the menu.
type item struct {
	path, vi, en string
	act          access.Act
}

// menu is in the order of the work: what comes in and is clean, whose fault what
// is not, which records are one, who is served, what there is, how the country
// stands, and what the machine does.
var menu = []item{
	{"/systems", "Hệ thống", "Systems", access.SeeSystems},
	{"/quality", "Chất lượng", "Quality", access.SeeQuality},
	{"/quarantine", "Cách ly", "Quarantine", access.SeeRows},
	{"/cases", "Phiếu sửa", "Cases", access.SeeCases},
	{"/links", "Liên kết", "Links", access.Review},
	{"/merges", "Gộp và tách", "Merges", access.Review},
	{"/residence", "Xác nhận cư trú", "Residence", access.Serve},
	{"/person", "Một người", "One person", access.SeePerson},
	{"/catalogue", "Danh mục", "Catalogue", access.SeeCatalogue},
	{"/indicators", "Chỉ tiêu", "Indicators", access.SeeFigures},
	{"/leader", "Toàn cảnh", "Overview", access.SeeFigures},
	{"/jobs", "Việc", "Jobs", access.SeeSystems},
}

// firstPages are those of roles that do not begin with the first of the menu.
var firstPages = map[string]string{account.Leader: "/leader", account.Officer: "/residence", account.Reviewer: "/links"}
