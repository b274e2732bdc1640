package charset

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The structure of a written Vietnamese syllable: onset, rime (nucleus with
// coda), tone. The lists are those of the orthography as taught in primary
// schools; rare spellings of loan words are left out, since the model serves
// as evidence over many words, not as a judge of one.

var onsets = strings.Fields("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x")

// codas lists, for every nucleus, the endings it takes; "-" is none.
var codas = map[string]string{
	"a": "- c ch i k m n ng nh o p t u y", "ă": "c k m n ng p t", "â": "c m n ng p t u y",
	"e": "- c m n ng o p t", "ê": "- ch m n ng nh p t u", "i": "- a ch m n ng nh p t u", "iê": "c m n ng p t u",
	"o": "- c i m n ng p t", "oa": "- c ch i m n ng nh o p t y", "oă": "c m n ng t", "oe": "- m n o t", "oo": "c ng",
	"ô": "- c i m n ng p t", "ơ": "- i m n p t",
	"u": "- a c i m n ng p t", "uâ": "n ng t y", "uê": "- ch n nh", "uô": "c i m n ng t", "uơ": "-",
	"uy": "- a ch n nh p t u", "uyê": "n t",
	"ư": "- a c i m n ng t u", "ươ": "c i m n ng p t u", "y": "- ch n nh t", "yê": "m n t u ng",
}

// commonWords are those that heads of columns and names are made of: a file
// whose only marks stand in its head has few others.
var commonWords = func() map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(`họ tên và đệm số mã ngày tháng năm giới tính địa chỉ nơi quê quán dân tộc quốc tịch tôn giáo điện thoại cấp
		hộ khẩu tỉnh thành phố quận huyện phường xã thị trấn xóm tổ ấp đường loại trạng thái ghi chú người được của không có là
		nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý văn hữu đức thị ngọc`) {
		set[word] = true
	}
	return set
}()

// tones are those of a syllable as combining marks; tonesOfStops those that
// one closed by a stop takes: none, as in loan words and unmarked text, the
// acute, or the dot.
var (
	tones        = []string{"", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"}
	tonesOfStops = []string{"", "\u0301", "\u0323"}
)

// rimes are all, with each tone on each of their vowels: people place it
// differently.
var rimes = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for nucleus, endings := range codas {
		for _, coda := range strings.Fields(endings) {
			rime, taken := nucleus+strings.TrimPrefix(coda, "-"), tones
			if slices.Contains([]string{"c", "ch", "p", "t"}, coda) {
				taken = tonesOfStops
			}
			for at, letter := range rime {
				for _, tone := range taken {
					head := at + len(string(letter))
					set[norm.NFC.String(rime[:head]+tone+rime[head:])] = true
				}
			}
		}
	}
	return set
})

// Syllable reports whether word is spelled as a Vietnamese syllable, in any
// case and Unicode form.
func Syllable(word string) bool {
	word = strings.ToLower(word)
	if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Mn, r) }) {
		word = norm.NFC.String(word)
	}
	all := rimes()
	if all[word] {
		return true
	}
	for _, onset := range onsets {
		if rest, found := strings.CutPrefix(word, onset); found && all[rest] {
			return true
		}
	}
	return false
}
