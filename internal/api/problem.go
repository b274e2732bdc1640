package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sen-hub/sen"
)

// statusOf is the HTTP status of a kind of error (RFC 9110, section 15).
func statusOf(err error) int {
	switch sen.KindOf(err) {
	case sen.Denied:
		return http.StatusForbidden
	case sen.NotFound:
		return http.StatusNotFound
	case sen.Invalid:
		return http.StatusUnprocessableEntity
	case sen.Exists:
		return http.StatusConflict
	case sen.Busy, sen.Unavailable, sen.Canceled:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// detail is what an error says to whoever asked; what is ours to mend is logged
// and not told.
func (a *API) detail(r route, err error) (status int, detail string) {
	status = statusOf(err)
	var e *sen.Error
	switch {
	case status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled):
		a.o.Log.Error("the api failed", "operation", r.id, "error", err)
	case errors.As(err, &e):
		detail = e.Msg
		if e.Hint != "" {
			detail += "; " + e.Hint
		}
	}
	return status, detail
}

// problem is an error as an operation returns it.
func (a *API) problem(r route, err error) error {
	var made huma.StatusError
	if errors.As(err, &made) {
		return made
	}
	status, detail := a.detail(r, err)
	return &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}
}

// fail answers with an error before an operation has begun.
func (a *API) fail(w http.ResponseWriter, r route, err error) {
	status, detail := a.detail(r, err)
	writeProblem(w, status, detail)
}

// writeProblem answers with problem details (RFC 9457).
func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(&huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}

// notThere answers what no operation answers: a path that there is not, or one
// that has other methods.
func (a *API) notThere(w http.ResponseWriter, r *http.Request) {
	var has []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "/" && pattern != "" {
			has = append(has, method)
		}
	}
	if len(has) == 0 {
		writeProblem(w, http.StatusNotFound, "there is no such path; "+Prefix+"/openapi.json names them all")
		return
	}
	w.Header().Set("Allow", strings.Join(has, ", "))
	writeProblem(w, http.StatusMethodNotAllowed, "the path has other methods: "+strings.Join(has, ", "))
}
