package api

import (
	"cmp"
	"encoding/base64"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sen-hub/sen"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"What the following page is asked for with, as after. Absent at the end."`
}

// PageInput is which part of a list is asked for. It is exported so that the types
// that embed it have its parameters.
type PageInput struct {
	After string `query:"after" maxLength:"200" doc:"next of the page before; the list begins where it is absent"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many at most"`
}

// PageBody is which part of a list is asked for by POST. It is exported so that
// the types that embed it have its members.
type PageBody struct {
	After string `json:"after,omitempty" nullable:"true" maxLength:"900" doc:"next of the page before; the list begins where it is absent"`
	Limit Limit  `json:"limit,omitempty" doc:"how many at most"`
}

// Limit is how many items a page has at most, in a body; 0 where none is said. It
// is whole also where it is written 25.0, as JSON Schema has it.
type Limit float64

// Bounds of pages.
const (
	usualLimit = 50
	mostLimit  = 200
)

// Schema describes the limit.
func (Limit) Schema(huma.Registry) *huma.Schema {
	least, most := 1.0, float64(mostLimit)
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: usualLimit, Nullable: true}
}

// input is the same as parameters say it.
func (p PageBody) input() PageInput {
	return PageInput{After: p.After, Limit: cmp.Or(int(p.Limit), usualLimit)}
}

// cursor makes the place behind an item of a list into text that nobody needs to
// understand.
func cursor(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\x00" + key))
}

// behind reads a cursor; "" where the list is to begin. Errors: NotFound.
func (p PageInput) behind(list string) (key string, err error) {
	if p.After == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(p.After)
	text := string(raw)
	if err != nil || len(text) <= len(list) || text[:len(list)+1] != list+"\x00" {
		return "", noPlace()
	}
	return text[len(list)+1:], nil
}

// before reads a cursor of a list that goes from the newest number on; 0 where it
// is to begin. Errors: NotFound.
func (p PageInput) before(list string) (int64, error) {
	after, err := p.behind(list)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt("0"+after, 10, 64)
	if err != nil {
		return 0, noPlace()
	}
	return n, nil
}

func noPlace() error {
	return sen.Errorf(sen.NotFound, "after is no place in this list").WithHint("it is next of the page before").
		InVietnamese("after không phải là một chỗ trong danh sách này", "đó là next của trang trước")
}

// paged is the part of a list that is asked for. The list is in memory, in an
// order that stays; key names an item as no other. Errors: NotFound, also where
// the item of a cursor has gone.
func paged[T, U any](p PageInput, list string, all []T, key func(T) string, show func(T) U) (Page[U], error) {
	out := Page[U]{Items: []U{}}
	after, err := p.behind(list)
	if err != nil {
		return out, err
	}
	from := 0
	if after != "" {
		from = -1
		for i, one := range all {
			if key(one) == after {
				from = i + 1
			}
		}
		if from < 0 {
			return out, sen.Errorf(sen.NotFound, "after names what is no longer in this list").WithHint("begin again without after").
				InVietnamese("điều mà after chỉ không còn trong danh sách", "bắt đầu lại, không có after")
		}
	}
	to := min(from+p.Limit, len(all))
	for _, one := range all[from:to] {
		out.Items = append(out.Items, show(one))
	}
	if to < len(all) {
		out.Next = cursor(list, key(all[to-1]))
	}
	return out, nil
}

// same shows an item as it is.
func same[T any](v T) T { return v }
