package profile

import (
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/contract"
)

// propertyName proposes an ASCII snake_case name, each once in a dataset, by
// the rules of contract.Draft, so that both speak of one name.
func propertyName(taken map[string]bool, physical string, i int) string {
	name := contract.SnakeName(physical)
	if name == "" {
		name = fmt.Sprintf("column_%d", i+1)
	}
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s_%d", name, n)
	}
	taken[free] = true
	return free
}

// keyRank orders names by how much they sound like a key: 0 most.
func keyRank(property, object string) int {
	switch tokens := strings.Split(property, "_"); {
	case property == "id" || property == object+"_id" || property == "ma_"+object || property == "uuid":
		return 0
	case containsAny(property, identifierWords()): // a person's number in a register of something else
		return 3
	case tokens[len(tokens)-1] == "id" || tokens[0] == "id":
		return 1
	case hasToken(property, codeTokens()):
		return 2
	}
	return 9
}

const noKeyName = 9

// personalWords and identifierWords are words in column names that speak of a
// person or single one out, in Vietnamese without accents and in English.
func identifierWords() []string {
	return []string{"cccd", "cmnd", "cmt", "ssn", "passport", "dinh_danh", "so_dd", "soc_sec", "identity_number", "national_id", "ho_chieu", "personal_number"}
}

// peoplesNames are words for names that only people have.
func peoplesNames() []string {
	return []string{"ho_ten", "ho_va_ten", "given_name", "first_name", "last_name", "surname"}
}

func personalWords() []string {
	return []string{"ho_ten", "ho_va_ten", "full_name", "given_name", "first_name", "last_name", "surname", "ngay_sinh", "nam_sinh",
		"date_of_birth", "birth_date", "dob", "born_on", "dia_chi", "address", "street", "suburb", "phone", "dien_thoai", "sdt", "email",
		"gioi_tinh", "que_quan", "noi_sinh", "noi_o", "thuong_tru", "tam_tru", "noi_cu_tru"}
}

func containsAny(name string, words []string) bool {
	for _, w := range words {
		if strings.Contains("_"+name+"_", "_"+w+"_") || len(w) > 6 && strings.Contains(name, w) {
			return true
		}
	}
	return false
}
