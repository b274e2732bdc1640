package bench

import (
	"net/http"
	"testing"
)

// hall is a console of three pages, for whoever has signed in.
func hall() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("password") == "right" {
			http.SetCookie(w, &http.Cookie{Name: "sen", Value: r.PostFormValue("name")})
		}
	})
	mux.HandleFunc("GET /all", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("sen"); err != nil || c.Value != "lan" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`<a href="/elsewhere">…</a> <a href="/one/7?a=1&amp;b=2">seven</a>`))
	})
	mux.HandleFunc("GET /one/7", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("seven: " + r.FormValue("b"))) })
	return mux
}

func TestAPageIsTimedOnlyWhenItsAnswerIsRight(t *testing.T) {
	all := Page{Name: "all", Path: "/all", User: "lan", Says: "seven"}
	one := Page{Name: "one", At: "/all", Link: "^/one/", User: "lan", Says: "seven: 2"}
	times, err := Pages(t.Context(), PagesOptions{Console: hall(), Password: "right", Requests: 3, Pages: []Page{all, one}})
	if err != nil || len(times) != 2 || times[1].Path != "/one/7?a=1&b=2" || times[1].Requests != 3 || times[1].P95 < times[1].P50 || times[1].P50 <= 0 {
		t.Fatalf("got %+v, %v", times, err)
	}
	for name, wrong := range map[string]Page{
		"another text":        {Path: "/all", User: "lan", Says: "eight"},
		"not for this user":   {Path: "/all", User: "khach"},
		"no such page":        {Path: "/nothing", User: "lan"},
		"no link leads to it": {At: "/all", Link: "^/two/", User: "lan"},
	} {
		if times, err := Pages(t.Context(), PagesOptions{Console: hall(), Password: "right", Requests: 1, Pages: []Page{wrong}}); err == nil {
			t.Errorf("%s: got %+v, want an error", name, times)
		}
	}
	if _, err := Pages(t.Context(), PagesOptions{Console: hall(), Password: "wrong", Pages: []Page{all}}); err == nil {
		t.Error("who cannot sign in is timed")
	}
}

func TestAQuantileIsAValueThatWasMeasured(t *testing.T) {
	all := []float64{5, 1, 4, 2, 3, 10, 9, 8, 7, 6}
	for share, want := range map[float64]float64{0.5: 5, 0.95: 10, 0.9: 9, 0: 1} {
		if got := quantile(all, share); got != want {
			t.Errorf("quantile %v: got %v, want %v", share, got, want)
		}
	}
}
