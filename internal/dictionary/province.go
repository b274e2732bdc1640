package dictionary

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// mergerDay is the first day of the 34 units: Resolution 202/2025/QH15 was
// in force from 12 June 2025, the new administrations from 1 July.
var mergerDay = time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)

// Provinces lists the units valid on a day. The zero day stands for "not
// known" and gives the 63 before the merger: registers older than it are
// written in them, and every name of the 34 is among theirs.
func Provinces(on time.Time) []Unit { return slices.Clone(unitsOn(on)) }

func unitsOn(on time.Time) []Unit {
	if merged(on) {
		return provinces34
	}
	return provinces63
}

func merged(on time.Time) bool { return !on.IsZero() && !on.Before(mergerDay) }

// ProvinceName is the name of the unit that has the code on the day.
func ProvinceName(code string, on time.Time) (string, bool) {
	for _, u := range unitsOn(on) {
		if u.Code == code {
			return u.Name, true
		}
	}
	return "", false
}

// Successor is the code, since 1 July 2025, of the unit that a province of
// the 63 became part of; "" for a code that none of them had. No province was
// split, so the answer is always one.
func Successor(code string) string {
	for _, u := range provinces63 {
		if u.Code == code {
			return u.Into
		}
	}
	return ""
}

func province() *Element {
	return &Element{
		Name:  "province",
		Title: Text{VI: "Tỉnh, thành phố trực thuộc trung ương", EN: "Province or city under central government"},
		Help: Text{
			VI: "Mã hai chữ số của đơn vị được ghi, có hiệu lực vào ngày của dữ liệu; không rõ ngày thì hiểu theo 63 tỉnh trước sáp nhập.",
			EN: "The two-digit code of the unit written, valid on the day of the data; without a day, of the 63 before the merger.",
		},
		Source: "Decision 124/2004/QD-TTg (63 units); Resolution 202/2025/QH15 and Decision 19/2025/QD-TTg (34 units, from 1 July 2025)",
		Examples: []Example{
			{Raw: "Tỉnh Hà Giang", Value: "02"},
			{Raw: "TP.HCM", Value: "79"},
			{Raw: "1", Value: "01"},
			{Raw: "Hà Bắc", Problem: "unknown-code"},
			{Raw: "DN", Problem: "ambiguous"},
		},
		Logical: "string",
		problems: map[string]Text{
			"unknown-code": {VI: "không phải tỉnh, thành nào", EN: "is no province or city"},
			"ambiguous":    {VI: "viết tắt của nhiều tỉnh", EN: "is short for more than one province"},
			"ended":        {VI: "đã sáp nhập trước ngày của dữ liệu", EN: "had been merged before the day of the data"},
		},
		standardise: standardProvince,
		ready:       func(o Options) ready { return ready{exact: keysOn(o.On).exact} },
	}
}

// ambiguousProvinces are abbreviations that several names share.
var ambiguousProvinces = map[string][]string{
	"dn": {"48", "75"}, "qn": {"22", "49", "51"}, "bd": {"52", "74"}, "bt": {"60", "83"}, "hg": {"02", "93"},
	"hb": {"17"}, "nd": {"36"}, "tn": {"19", "72"}, "bn": {"27"}, "ag": {"89"}, "vl": {"86"},
}

// provinceKeys are the tables of one day.
type provinceKeys struct {
	exact map[string]string // names and codes as officially written → code
	key   map[string]string // provinceKey of any way of writing → code
	ended map[string]string // provinceKey of units merged before the day → successor
}

// Both days' tables are made once, when first asked for.
var (
	keysBefore = sync.OnceValue(func() provinceKeys { return newKeys(provinces63, nil) })
	keysAfter  = sync.OnceValue(func() provinceKeys { return newKeys(provinces34, provinces63) })
)

func keysOn(on time.Time) provinceKeys {
	if merged(on) {
		return keysAfter()
	}
	return keysBefore()
}

func newKeys(valid, ended []Unit) provinceKeys {
	k := provinceKeys{exact: map[string]string{}, key: map[string]string{}, ended: map[string]string{}}
	for _, u := range valid {
		k.add(u)
	}
	for _, u := range ended {
		k.end(u)
	}
	return k
}

func (k provinceKeys) add(u Unit) {
	for _, name := range append([]string{u.Name}, officialNames(u.Name)...) {
		k.exact[name], k.exact[strings.ToUpper(name)] = u.Code, u.Code
	}
	k.exact[u.Code] = u.Code
	for _, written := range append(codesWritten(u.Code), namesWritten(u)...) {
		k.key[provinceKey(written)] = u.Code
	}
}

// end notes a unit that the merger ended. A code or name that lives on in
// the new list has been taken already.
func (k provinceKeys) end(u Unit) {
	for _, written := range append(codesWritten(u.Code), namesWritten(u)...) {
		if key := provinceKey(written); k.key[key] == "" {
			k.ended[key] = u.Into
		}
	}
}

func officialNames(name string) []string { return []string{"Tỉnh " + name, "Thành phố " + name} }

// codesWritten are the ways a code is written: with its zero, without, and
// with three digits as in the identity number.
func codesWritten(code string) []string {
	return []string{code, strings.TrimLeft(code, "0"), "0" + code}
}

// namesWritten are the ways a unit is called, before they are folded.
func namesWritten(u Unit) []string {
	var out []string
	for _, name := range append([]string{u.Name}, provinceAliases[aliasCode(u)]...) {
		out = append(out, name, "Tỉnh "+name, "T. "+name, "Thành phố "+name, "TP "+name, name+" province", name+" city")
	}
	return out
}

// aliasCode is the code by which a unit's other names are listed: that of
// the unit of the same name before the merger.
func aliasCode(u Unit) string {
	for _, old := range provinces63 {
		if old.Name == u.Name {
			return old.Code
		}
	}
	return u.Code
}

// provinceKey keeps letters and digits of the folded text.
func provinceKey(s string) string {
	return compileAny("[^a-z0-9]").ReplaceAllString(Fold(s), "")
}

func standardProvince(s string, o Options) Result {
	k := keysOn(o.On)
	if code, ok := k.exact[s]; ok {
		return Result{Value: code}
	}
	key := provinceKey(s)
	if code, ok := k.key[key]; ok {
		return Result{Value: code}
	}
	if into, ok := k.ended[key]; ok {
		return Result{Problem: "ended", Candidates: []string{into}, Note: fmt.Sprintf("part of unit %s since 1 July 2025", into)}
	}
	if codes, ok := ambiguousProvinces[key]; ok {
		return Result{Problem: "ambiguous", Candidates: candidatesOn(codes, o.On)}
	}
	return Result{Problem: "unknown-code"}
}

// candidatesOn brings codes of the 63 to the day.
func candidatesOn(codes []string, on time.Time) []string {
	var out []string
	for _, c := range codes {
		if merged(on) {
			c = Successor(c)
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
