package text

import "strings"

// Accepted is the first language of an Accept-Language header that the hub
// speaks (RFC 9110, section 12.5.4, without weights: browsers write what they
// like best first); Vietnamese where there is none.
func Accepted(header string) Lang {
	for _, one := range strings.Split(header, ",") {
		one = strings.ToLower(strings.TrimSpace(one))
		if strings.HasPrefix(one, "vi") {
			return Vietnamese
		}
		if strings.HasPrefix(one, "en") {
			return English
		}
	}
	return Vietnamese
}
