package address

// sense is what a word may say of what comes after it.
type sense uint32

// The senses of words. A kind says the level too.
const (
	saysPhuong sense = 1 << iota
	saysXa
	saysThiTran
	saysDacKhu
	saysQuan
	saysHuyen
	saysThiXa
	saysCity // of a province or of the whole
	saysTinh
	saysStreet
	saysHamlet
	saysNumber // of a house
	first      // the first of two words: thị, thành, đặc
)

const (
	ofWard     = saysPhuong | saysXa | saysThiTran | saysDacKhu
	ofDistrict = saysQuan | saysHuyen | saysThiXa | saysCity
	ofProvince = saysTinh | saysCity
	ofUnit     = ofWard | ofDistrict | ofProvince
)

func (s sense) fits(level Level) bool {
	switch level {
	case Ward:
		return s&ofWard != 0
	case District:
		return s&ofDistrict != 0
	}
	return s&ofProvince != 0
}

// kinds are the kinds of units by their names.
var kinds = map[string]sense{
	"phuong": saysPhuong, "xa": saysXa, "thi tran": saysThiTran, "dac khu": saysDacKhu,
	"quan": saysQuan, "huyen": saysHuyen, "thi xa": saysThiXa, "thanh pho": saysCity, "tinh": saysTinh,
}

// senses are the words, folded, that say what follows, alone.
var senses = func() map[uint64]sense {
	out := map[uint64]sense{}
	for s, words := range map[sense][]string{
		saysPhuong: {"phuong", "p", "f", "ward", "fuong", "ph"}, saysXa: {"xa", "x", "commune"}, saysThiTran: {"tt"}, saysDacKhu: {"dk"},
		saysQuan: {"quan", "q", "district", "dist"}, saysHuyen: {"huyen", "h", "hn"}, saysThiXa: {"tx"},
		saysCity: {"tp", "city"}, saysTinh: {"tinh", "t", "province"},
		saysStreet: {"duong", "d", "pho", "ngo", "ngach", "hem", "kiet", "ql", "tl", "hl", "street", "st", "lo", "pd"},
		saysHamlet: {"thon", "ap", "ban", "to", "tdp", "kp", "buon", "bon", "lang", "xom", "khom", "khoi", "doi", "soc", "phum", "cum", "khu", "tk", "plei"},
		saysNumber: {"so", "sn", "nha"},
		first:      {"thi", "thanh", "dac", "khu", "to", "dan", "quoc", "tinh", "dai", "tieu"},
	} {
		for _, w := range words {
			out[hashOf([]byte(w))] |= s
		}
	}
	return out
}()

// pairs are two words that say together what follows.
var pairs = func() map[uint64]sense {
	out := map[uint64]sense{}
	for text, s := range map[[2]string]sense{
		{"thi", "tran"}: saysThiTran, {"thi", "xa"}: saysThiXa, {"thanh", "pho"}: saysCity, {"dac", "khu"}: saysDacKhu, {"t", "p"}: saysCity,
		{"t", "t"}: saysThiTran, {"t", "x"}: saysThiXa,
		{"khu", "pho"}: saysHamlet, {"dan", "pho"}: saysHamlet, {"tieu", "khu"}: saysHamlet, {"khoi", "pho"}: saysHamlet,
		{"quoc", "lo"}: saysStreet, {"tinh", "lo"}: saysStreet, {"dai", "lo"}: saysStreet, {"huong", "lo"}: saysStreet, {"so", "nha"}: saysNumber,
	} {
		out[join(join(fnvStart, hashOf([]byte(text[0]))), hashOf([]byte(text[1])))] = s
	}
	return out
}()

// before is what the words before the word at i say of it, and where the
// saying begins.
func before(words []word, i int) (s sense, start int) {
	if i == 0 || words[i].comma || words[i].dash {
		return 0, i
	}
	if i >= 2 && !words[i-1].comma {
		if s := pairs[join(join(fnvStart, words[i-2].hash), words[i-1].hash)]; s != 0 {
			return s, i - 2
		}
	}
	if s := words[i-1].sense &^ first; s != 0 {
		return s, i - 1
	}
	return 0, i
}
