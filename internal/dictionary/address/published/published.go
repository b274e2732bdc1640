// Package published reads the lists of the country's units as others publish
// them, and makes units with their validity, and what became of each, of them.
// What goes in is a folder, what comes out is what an address.Index is made of.
//
// The lists are those of vietnamese-provinces-database (today's units, as a
// PostgreSQL dump) and vietnamadminunits (wards before the merger of 1 July
// 2025, each with what it became), both under the MIT licence. Their quirks: the
// list of wards has lost the leading zeros of codes; five islands had no ward;
// one ward has another code in the dump; a few kinds have changed since.
package published

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/address"
)

// Merger is the day on which 63 provinces became 34 and districts ended.
var Merger = time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)

// Old is a ward before the merger (or a district that had none), with what it
// became.
type Old struct {
	Ward, District, Province string // with their kinds; Ward is empty on five islands
	Code                     string // of the ward, else of the district
	New                      []New
}

// New is a ward after it.
type New struct{ Ward, Province, Code string }

// Country is what was read.
type Country struct {
	Units       []address.Unit
	Successions []address.Succession
	Old         []Old
	New         []New
}

// The files of the lists, by the names under which they are published.
const (
	oldWards    = "wards-old-to-2025.csv"
	todayUnits  = "units-2026-postgres-data.sql"
	formerNames = "ward-aliases-legacy.csv"
)

// Open reads the lists in a folder: that of old wards with what they became, a
// dump of today's units, and the names that wards had before they were joined in
// earlier years.
func Open(folder fs.FS) (Country, error) {
	var texts [3]string
	for i, name := range []string{oldWards, todayUnits, formerNames} {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return Country{}, sen.Errorf(sen.NotFound, "read the published units: %w", err).
				WithHint("name the folder that holds %s, %s and %s", oldWards, todayUnits, formerNames)
		}
		texts[i] = string(text)
	}
	return read(texts[0], texts[1], texts[2])
}

func read(list, dump, former string) (c Country, err error) {
	rows, err := csv.NewReader(strings.NewReader(list)).ReadAll()
	if err != nil {
		return c, err
	}
	names, err := csv.NewReader(strings.NewReader(former)).ReadAll()
	if err != nil {
		return c, err
	}
	c.after(dump)
	c.before(rows)
	c.named(names)
	return c, nil
}

// named gives old wards the names that they, or what was joined to them, had
// before. The list writes all as one word without marks.
func (c *Country) named(rows [][]string) {
	wards := map[string]int{}
	byCode := map[string]int{}
	for i, u := range c.Units {
		if u.Level == address.Ward && !u.To.IsZero() {
			byCode[u.Code] = i
		}
	}
	for _, o := range c.Old {
		if o.Ward != "" {
			wards[solid(o.Province)+" "+solid(o.District)+" "+solid(o.Ward)] = byCode[o.Code]
		}
	}
	for _, row := range rows {
		i, known := wards[row[0]+" "+row[1]+" "+row[2]]
		name := spaced(row[3])
		if !known || slices.Contains(c.Units[i].Aliases, name) {
			continue
		}
		c.Units[i].Aliases = append(c.Units[i].Aliases, name)
	}
}

// solid is a name as one word without marks.
func solid(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		}
	}
	return b.String()
}

// spaced parts the kind off the head of a name that is written as one word.
func spaced(name string) string {
	for _, kind := range []string{"thitran", "phuong", "ward", "xa", "tt", "p", "f"} {
		rest, has := strings.CutPrefix(name, kind)
		if !has || rest == "" || len(kind) < 3 && kind != "xa" && (rest[0] < '0' || rest[0] > '9') || kind == "xa" && len(rest) < 3 {
			continue
		}
		switch kind {
		case "thitran", "tt":
			return "Thị trấn " + rest
		case "xa":
			return "Xã " + rest
		}
		return "Phường " + rest
	}
	return name
}

// before makes the units before the merger.
func (c *Country) before(rows [][]string) {
	at := map[string]int{}
	for i, name := range rows[0] {
		at[strings.TrimPrefix(name, "\ufeff")] = i
	}
	last := Merger.AddDate(0, 0, -1)
	seen, olds := map[string]bool{}, map[string]int{}
	add := func(u address.Unit, full string) {
		if seen[fmt.Sprint(u.Level, u.Code)] {
			return
		}
		seen[fmt.Sprint(u.Level, u.Code)] = true
		u.Kind, u.Name = SplitKind(full)
		u.To = last
		u.Aliases = aliases[u.Name]
		c.Units = append(c.Units, u)
	}
	became := map[string]bool{}
	for _, row := range rows[1:] {
		get := func(name string) string { return row[at[name]] }
		province, district := padded(get("provinceCode"), 2), padded(get("districtCode"), 3)
		code := padded(strings.TrimSuffix(get("wardCode"), ".0"), 5)
		add(address.Unit{Code: province, Level: address.Province}, get("province"))
		add(address.Unit{Code: district, Level: address.District, Parent: province}, get("district"))
		if get("ward") == "" {
			code = district
		} else {
			add(address.Unit{Code: code, Level: address.Ward, Parent: district}, get("ward"))
		}
		if _, known := olds[code]; !known {
			olds[code] = len(c.Old)
			c.Old = append(c.Old, Old{Ward: get("ward"), District: get("district"), Province: get("province"), Code: code})
		}
		next := c.today(New{get("newWard"), get("newProvince"), padded(get("newWardCode"), 5)})
		c.Old[olds[code]].New = append(c.Old[olds[code]].New, next)
		c.Successions = append(c.Successions, address.Succession{Old: code, New: next.Code, On: Merger})
		if p := padded(get("newProvinceCode"), 2); !became[province] {
			became[province] = true
			c.Successions = append(c.Successions, address.Succession{Old: province, New: p, On: Merger})
		}
	}
}

// today is the unit of the dump that a row of the list means: codes differ once,
// and a few kinds have changed since.
func (c *Country) today(n New) New {
	for _, u := range c.New {
		if u.Code == n.Code {
			return u
		}
	}
	for _, u := range c.New {
		if u.Ward == n.Ward && strings.HasSuffix(u.Province, n.Province[len(n.Province)-4:]) {
			return u
		}
	}
	return n
}

var (
	provinceRow = regexp.MustCompile(`(?m)^\('(\d\d)','((?:[^']|'')*)','(?:[^']|'')*','((?:[^']|'')*)','(?:[^']|'')*','\w+',\d+(?:,\d+)?\)`)
	wardRow     = regexp.MustCompile(`(?m)^\('(\d{5})','((?:[^']|'')*)','(?:[^']|'')*','((?:[^']|'')*)','(?:[^']|'')*','\w+','(\d\d)',\d+\)`)
)

// after makes the units of today.
func (c *Country) after(dump string) {
	provinces := map[string]string{}
	for _, m := range provinceRow.FindAllStringSubmatch(dump, -1) {
		full := strings.ReplaceAll(m[3], "''", "'")
		provinces[m[1]] = full
		kind, name := SplitKind(full)
		c.Units = append(c.Units, address.Unit{Code: m[1], Name: name, Kind: kind, Level: address.Province, From: Merger, Aliases: aliases[name]})
	}
	for _, m := range wardRow.FindAllStringSubmatch(dump, -1) {
		full := strings.ReplaceAll(m[3], "''", "'")
		kind, name := SplitKind(full)
		c.Units = append(c.Units, address.Unit{Code: m[1], Name: name, Kind: kind, Level: address.Ward, Parent: m[4], From: Merger})
		c.New = append(c.New, New{full, provinces[m[4]], m[1]})
	}
}

// aliases are other names of units that no list here has.
var aliases = map[string][]string{
	"Hồ Chí Minh": {"HCM", "TPHCM", "TP HCM", "Sài Gòn", "SG", "Ho Chi Minh City"}, "Hà Nội": {"HN", "Hanoi"},
	"Huế": {"Thừa Thiên Huế", "Thừa Thiên - Huế", "TT Huế"}, "Bà Rịa - Vũng Tàu": {"BRVT", "BR-VT"},
	"Đắk Lắk": {"Đắc Lắc", "Đăk Lăk", "Darlac"}, "Đắk Nông": {"Đắc Nông", "Đăk Nông"}, "Bắc Kạn": {"Bắc Cạn"},
	"Kon Tum": {"Kontum"}, "Đà Nẵng": {"ĐN", "Danang"}, "Hải Phòng": {"HP"}, "Cần Thơ": {"CT"},
}

// kindsOf are the kinds of units, the longer first.
var kindsOf = []string{"Thành phố", "Thị trấn", "Đặc khu", "Thị xã", "Phường", "Huyện", "Quận", "Tỉnh", "Xã"}

// SplitKind is a full name as its kind and its name.
func SplitKind(full string) (kind, name string) {
	for _, k := range kindsOf {
		if rest, has := strings.CutPrefix(full, k+" "); has {
			return k, rest
		}
	}
	return "", full
}

func padded(code string, n int) string {
	for len(code) < n {
		code = "0" + code
	}
	return code
}
