package api

import (
	"context"
	"net/http"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
)

// Account is whoever asks, and what they may.
type Account struct {
	Principal string   `json:"principal" example:"steward:lan" doc:"as the journal names them"`
	Role      string   `json:"role" example:"steward"`
	Agency    string   `json:"agency,omitempty" doc:"whose data somebody of an agency sees"`
	Acts      []string `json:"acts" nullable:"false" doc:"what the role may do"`
	Purposes  []string `json:"purposes" nullable:"false" doc:"for which it may read people's data"`
	Any       bool     `json:"any_purpose" doc:"it may state other purposes too"`
}

func (a *API) registerAccount() {
	answer(a, route{id: "get-account", method: http.MethodGet, path: "/account", summary: "Whose the token is, and what its role may", tag: "account", scopes: reading,
		about: "The first call to make with a new token."}, a.account)
}

func (a *API) account(_ context.Context, who sen.Principal, _ *struct{}) (Account, error) {
	out := Account{Principal: who.ID, Role: who.Role, Agency: who.Agency, Acts: []string{}, Purposes: []string{}}
	for _, act := range access.Acts() {
		if access.May(who, act) {
			out.Acts = append(out.Acts, string(act))
		}
	}
	purposes, any := access.Purposes(who.Role)
	for _, p := range purposes {
		out.Purposes = append(out.Purposes, string(p))
	}
	out.Any = any
	return out, nil
}
