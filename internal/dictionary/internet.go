package dictionary

import (
	"net/url"
	"strings"
)

// Patterns of an address of electronic mail: the dot-atoms of RFC 5322, 3.2.3
// without the signs that no mailbox of a register has, and host names of two
// labels or more (RFC 1123).
const (
	emailLocal   = `[A-Za-z0-9_+%&'-]+(?:\.[A-Za-z0-9_+%&'-]+)*`
	hostLabel    = `[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?`
	emailDomain  = `(?:` + hostLabel + `\.)+[a-z]{2,24}`
	emailSplit   = `[;,/ ]+`
	emailWrapped = `^[^<>]*<([^<>@]+@[^<>@]+)>$`
	emailBlank   = spaceClass + `*@` + spaceClass + `*`
	urlScheme    = `^[A-Za-z][A-Za-z0-9+.-]*:`
	urlBare      = `(?:` + hostLabel + `\.)+[a-z]{2,24}(?::[0-9]+)?(?:/[^\s]*)?`
)

func email() *Element {
	return &Element{
		Name:  "email",
		Title: Text{VI: "Thư điện tử", EN: "E-mail address"},
		Help: Text{
			VI: "Một địa chỉ; tên miền viết thường, phần trước @ giữ nguyên chữ hoa chữ thường vì máy chủ có quyền phân biệt.",
			EN: "One address; the domain in lower case, the part before @ as written, since a server may tell its capitals apart.",
		},
		Source: "RFC 5321, 2.3.11 and 2.4; RFC 5322, 3.2.3; RFC 1123, 2.1 (host names). Addresses in other alphabets (RFC 6531) are not accepted",
		Examples: []Example{
			{Raw: "an.nguyen@xa.example.vn", Value: "an.nguyen@xa.example.vn"},
			{Raw: "An.Nguyen@XA.Example.VN", Value: "An.Nguyen@xa.example.vn"},
			{Raw: "mailto:an@example.vn", Value: "an@example.vn"},
			{Raw: "Nguyễn An <an@example.vn>", Value: "an@example.vn"},
			{Raw: "an@example", Problem: "domain"},
			{Raw: "a@example.vn; b@example.vn", Problem: "several"},
			{Raw: "hòa@example.vn", Problem: "letters"},
			{Raw: "an.example.vn", Problem: "format"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"format":  formatProblem,
			"domain":  {VI: "tên miền không đầy đủ hoặc sai", EN: "has no whole domain name"},
			"letters": {VI: "có chữ mà địa chỉ thư không dùng", EN: "holds letters that mail addresses do not use"},
			"several": {VI: "có nhiều địa chỉ trong một ô", EN: "holds more than one address"},
			"length":  {VI: "dài quá mức cho phép", EN: "is longer than an address may be"},
		},
		standardise: standardEmail,
		ready:       func(Options) ready { return ready{well: emailIsWell} },
	}
}

func standardEmail(s string, _ Options) Result {
	note := ""
	if m := compileAny(emailWrapped).FindStringSubmatch(s); m != nil {
		s, note = trim(m[1]), "the name beside the address was left out"
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	s = compileAny(emailBlank).ReplaceAllString(trim(s), "@")
	if strings.Count(s, "@") > 1 {
		return severalEmails(s)
	}
	r := oneEmail(s)
	r.Note = note
	return r
}

func oneEmail(s string) Result {
	local, domain, two := strings.Cut(s, "@")
	domain = lower(domain)
	switch {
	case !two || local == "" || domain == "":
		return Result{Problem: "format"}
	case !isASCII(s):
		return Result{Problem: "letters"}
	case !fits(local, emailLocal):
		return Result{Problem: "format"}
	case !fits(domain, emailDomain):
		return Result{Problem: "domain"}
	case len(local) > 64 || len(domain) > 253:
		return Result{Problem: "length"}
	}
	return Result{Value: local + "@" + domain}
}

func severalEmails(s string) Result {
	var found []string
	for _, part := range compileAny(emailSplit).Split(s, -1) {
		if part == "" {
			continue
		}
		r := oneEmail(part)
		if r.Value == "" {
			return Result{Problem: "format"}
		}
		found = append(found, r.Value)
	}
	if len(found) < 2 {
		return Result{Problem: "format"}
	}
	return Result{Problem: "several", Candidates: found}
}

// emailIsWell: letters, digits, dots and hyphens, each between two others, and
// a domain in lower case that ends in letters.
func emailIsWell(x []byte) bool {
	at, dot := -1, -1
	for i, c := range x {
		switch {
		case c >= 'a' && c <= 'z' || c-'0' <= 9:
		case c >= 'A' && c <= 'Z':
			if at >= 0 {
				return false
			}
		case c == '.' || c == '-' || c == '@':
			if i == 0 || !word(x[i-1]) || c == '@' && at >= 0 {
				return false
			}
			if c == '@' {
				at = i
			}
			if c == '.' {
				dot = i
			}
		default:
			return false
		}
	}
	return at > 0 && at <= 64 && dot > at && len(x)-at < 60 && lettersTo(x[dot+1:], 24)
}

func word(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c-'0' <= 9 }

// lettersTo: two small letters or more, most at the most.
func lettersTo(x []byte, most int) bool {
	for _, c := range x {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return len(x) >= 2 && len(x) <= most
}

func webAddress() *Element {
	return &Element{
		Name:  "url",
		Title: Text{VI: "Địa chỉ trang mạng", EN: "Web address"},
		Help: Text{
			VI: "http, https hoặc ftp; giao thức và tên máy viết thường, bỏ cổng mặc định, đường dẫn trống ghi là /. Không nhận địa chỉ có tên đăng nhập hay mật khẩu.",
			EN: "http, https or ftp; scheme and host in lower case, the default port left out, an empty path as /. One with a user or password in it is not accepted.",
		},
		Source: "RFC 3986, 6.2.2 and 6.2.3 (normalisation), 3.2.1 (no credentials)",
		Examples: []Example{
			{Raw: "https://xa.example.vn/tin-tuc", Value: "https://xa.example.vn/tin-tuc"},
			{Raw: "HTTPS://XA.Example.vn:443", Value: "https://xa.example.vn/"},
			{Raw: "http://example.vn:8080/a?b=1#c", Value: "http://example.vn:8080/a?b=1#c"},
			{Raw: "www.example.vn", Problem: "no-scheme"},
			{Raw: "https://an:mat-khau@example.vn/", Problem: "credentials"},
			{Raw: "javascript:alert(1)", Problem: "scheme"},
			{Raw: "đang làm", Problem: "format"},
		},
		Logical: "string",
		problems: map[string]Text{
			"format":      formatProblem,
			"no-scheme":   {VI: "thiếu http:// hoặc https://", EN: "does not say http or https"},
			"scheme":      {VI: "không phải http, https hay ftp", EN: "is neither http nor https nor ftp"},
			"credentials": {VI: "có tên đăng nhập hoặc mật khẩu", EN: "holds a user name or password"},
			"host":        {VI: "tên máy sai", EN: "has no valid host"},
		},
		standardise: standardURL,
		ready:       func(Options) ready { return ready{well: urlIsWell} },
	}
}

func standardURL(s string, _ Options) Result {
	if r := noScheme(s); r.Problem != "" {
		return r
	}
	r := normalURL(s)
	if r.Value != "" && normalURL(r.Value).Value != r.Value { // escapes that do not settle
		return Result{Problem: "format"}
	}
	return r
}

// noScheme judges what does not begin with the scheme of the web's addresses.
func noScheme(s string) Result {
	scheme := lower(compileAny(urlScheme).FindString(s))
	switch {
	case fits(lower(s), urlBare):
		return Result{Problem: "no-scheme", Candidates: []string{normalURL("https://" + s).Value, normalURL("http://" + s).Value}}
	case scheme == "":
		return Result{Problem: "format"}
	case scheme != "http:" && scheme != "https:" && scheme != "ftp:":
		return Result{Problem: "scheme"}
	}
	return Result{}
}

var defaultPorts = map[string]string{"http": "80", "https": "443", "ftp": "21"}

func normalURL(s string) Result {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Opaque != "":
		return Result{Problem: "format"}
	case u.User != nil:
		return Result{Problem: "credentials"}
	}
	host, port := lower(u.Hostname()), u.Port()
	if !fits(host, emailDomain+`|localhost|[0-9]{1,3}(?:\.[0-9]{1,3}){3}`) || !fits(port, "[0-9]{0,5}") {
		return Result{Problem: "host"}
	}
	u.Host = host
	if port != "" && port != defaultPorts[u.Scheme] {
		u.Host += ":" + port
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return Result{Value: u.String()}
}

// urlIsWell: http or https, a host of small letters, and a path of letters,
// digits and -_.~/ alone.
func urlIsWell(x []byte) bool {
	rest, ok := strings.CutPrefix(string(x), "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(string(x), "http://"); !ok {
			return false
		}
	}
	host, path, there := strings.Cut(rest, "/")
	return there && len(host) < 60 && hostIsWell(host) && pathIsWell(path)
}

func hostIsWell(host string) bool {
	dot := -1
	for i := range len(host) {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z' || c-'0' <= 9:
		case (c == '.' || c == '-') && i > 0 && host[i-1] != '.' && host[i-1] != '-':
			if c == '.' {
				dot = i
			}
		default:
			return false
		}
	}
	return dot > 0 && lettersTo([]byte(host[dot+1:]), 24)
}

func pathIsWell(path string) bool {
	for i := range len(path) {
		if c := path[i]; !word(c) && c != '-' && c != '_' && c != '.' && c != '~' && c != '/' {
			return false
		}
	}
	return true
}
