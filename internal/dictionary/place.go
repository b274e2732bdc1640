package dictionary

import (
	"strings"
	"sync"
	"time"

	"github.com/sen-hub/sen/internal/dictionary/address"
)

// Problems of a place: those of package address, and that there are no units
// to find it among.
const noUnits = "no-units"

var placeProblems = map[string]Text{
	noUnits:           {VI: "trung tâm chưa có danh mục đơn vị hành chính", EN: "the hub has no administrative units to find it among"},
	address.NoUnit:    {VI: "không nhận ra đơn vị hành chính nào", EN: "names no administrative unit that is known"},
	address.NoWard:    {VI: "biết tỉnh hoặc huyện, chưa biết phường xã", EN: "names a province or a district, and no ward"},
	address.Ambiguous: {VI: "nhiều đơn vị cùng khớp, cần người chọn", EN: "fits several units alike; a person must choose"},
	address.TooLong:   {VI: "dài hơn một địa chỉ", EN: "is longer than an address"},
	address.Split:     {VI: "đơn vị cũ đã chia thành nhiều đơn vị, cần biết ở phần nào", EN: "its unit was divided since; which part it lies in decides"},
}

// postalAddress is a free text of any year, put into order. What no unit is
// found for keeps its words: it can be right all the same.
func postalAddress() *Element {
	return &Element{
		Name:     "address",
		Title:    Text{VI: "Địa chỉ", EN: "Address"},
		Help:     Text{VI: "Số nhà, đường, thôn tổ, rồi đơn vị hành chính của ngày ghi, viết đủ. Cần danh mục đơn vị của trung tâm.", EN: "House, street, hamlet, and the administrative units of the day on which it was written, in full. It needs the hub's units."},
		Source:   "Law on Organisation of Local Government 72/2025/QH15 (two levels from 1 July 2025); the units are the hub's own reference",
		Personal: "personal", Logical: "string",
		problems: placeProblems,
		Examples: []Example{
			{Raw: "số 5, P. Phúc Xá, q.Ba Đình, HN", Value: "số 5, Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội"},
			{Raw: "PHUONG PHUC XA, BA DINH, HA NOI", Value: "Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội"},
			{Raw: "phuowngf Hoongf Haf, haf nooij", Value: "Phường Hồng Hà, Thành phố Hà Nội"},
			{Raw: "nhà  ở cuối làng", Value: "nhà ở cuối làng"},
		},
		needsUnits:  true,
		standardise: standardAddress,
	}
}

// administrativeUnit is today's ward of an address or a place, by its code.
func administrativeUnit() *Element {
	return &Element{
		Name:     "administrative-unit",
		Title:    Text{VI: "Đơn vị hành chính", EN: "Administrative unit"},
		Help:     Text{VI: "Mã phường, xã, đặc khu ngày nay của một địa chỉ ghi vào bất kỳ năm nào. Không đoán: khi chưa chắc thì để trống và nêu các khả năng.", EN: "The code of today's ward of an address of any year. It never guesses: where it is not sure, it is left open and names what it may be."},
		Source:   "Resolution 202/2025/QH15 and the resolutions of 16 June 2025 on wards [unconfirmed numbers]; the units are the hub's own reference",
		Personal: "personal", Logical: "string",
		problems: placeProblems,
		Examples: []Example{
			{Raw: "Phường Phúc Xá, Quận Ba Đình, Hà Nội", Value: "00097"}, {Raw: "00097", Value: "00097"},
			{Raw: "P. Hàng Trống, Hoàn Kiếm", Problem: address.Split}, {Raw: "Quận Ba Đình, Hà Nội", Problem: address.NoWard},
			{Raw: "Phường Trung", Problem: address.NoUnit},
		},
		needsUnits:  true,
		open:        true,
		standardise: standardUnit,
	}
}

// exampleUnits are the few that the examples are read by.
var exampleUnits = sync.OnceValue(func() *address.Index {
	merger := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	last := merger.AddDate(0, 0, -1)
	units := []address.Unit{
		{Code: "01", Kind: "Thành phố", Name: "Hà Nội", Level: address.Province, To: last, Aliases: []string{"HN"}},
		{Code: "001", Kind: "Quận", Name: "Ba Đình", Level: address.District, Parent: "01", To: last},
		{Code: "002", Kind: "Quận", Name: "Hoàn Kiếm", Level: address.District, Parent: "01", To: last},
		{Code: "00001", Kind: "Phường", Name: "Phúc Xá", Level: address.Ward, Parent: "001", To: last},
		{Code: "00070", Kind: "Phường", Name: "Hàng Trống", Level: address.Ward, Parent: "002", To: last},
		{Code: "01", Kind: "Thành phố", Name: "Hà Nội", Level: address.Province, From: merger, Aliases: []string{"HN"}},
		{Code: "00097", Kind: "Phường", Name: "Hồng Hà", Level: address.Ward, Parent: "01", From: merger},
		{Code: "00070", Kind: "Phường", Name: "Hoàn Kiếm", Level: address.Ward, Parent: "01", From: merger},
		{Code: "00082", Kind: "Phường", Name: "Cửa Nam", Level: address.Ward, Parent: "01", From: merger},
	}
	x, err := address.New(units, []address.Succession{{Old: "01", New: "01", On: merger}, {Old: "00001", New: "00097", On: merger},
		{Old: "00070", New: "00070", On: merger}, {Old: "00070", New: "00082", On: merger}})
	if err != nil {
		panic(err) // they are written above
	}
	return x
})

func standardAddress(s string, o Options) Result {
	if o.Units == nil {
		return Result{Problem: noUnits}
	}
	a := readPlace(s, o)
	if a.Then.Ward.Code == "" && a.Problem != "" || a.Then == (address.Place{}) {
		return Result{Value: strings.Join(strings.Fields(compose(s)), " "), Note: a.Problem}
	}
	value := a.Then.String()
	if a.Rest != "" {
		value = compose(a.Rest) + ", " + value
	}
	return Result{Value: value, Note: strings.Join(a.Reasons, ", ")}
}

func standardUnit(s string, o Options) Result {
	if o.Units == nil {
		return Result{Problem: noUnits}
	}
	a, is := o.Units.Code(s, o.On)
	if !is {
		a = readPlace(s, o)
	}
	if a.Problem == "" && a.Now.Ward.Code != "" {
		return Result{Value: a.Now.Ward.Code, Note: strings.Join(a.Reasons, ", ")}
	}
	r := Result{Problem: a.Problem, Note: strings.Join(a.Reasons, ", ")}
	for _, c := range a.Candidates {
		if code := c.Now.Ward.Code; code != "" {
			r.Candidates = append(r.Candidates, code)
		}
	}
	return r
}

// placeReader reads the addresses of one thread. The last ones are kept: two
// properties of one column ask for the same.
type placeReader struct {
	*address.Reader
	kept [1 << 14]struct {
		text   string
		on     time.Time
		answer address.Answer
	}
}

// placeReaders are those at hand, by index.
var placeReaders sync.Map // *address.Index → *sync.Pool of *placeReader

func readPlace(s string, o Options) address.Answer {
	pool, known := placeReaders.Load(o.Units)
	if !known {
		units := o.Units
		pool, _ = placeReaders.LoadOrStore(units, &sync.Pool{New: func() any { return &placeReader{Reader: units.Reader()} }})
	}
	r := pool.(*sync.Pool).Get().(*placeReader)
	defer pool.(*sync.Pool).Put(r)
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	kept := &r.kept[h%uint32(len(r.kept))]
	if kept.text != s || !kept.on.Equal(o.On) {
		kept.text, kept.on, kept.answer = strings.Clone(s), o.On, r.Resolve(s, o.On)
	}
	return kept.answer
}

// unitIndexes are those that specs name, by their digests.
var unitIndexes sync.Map // string → *address.Index
