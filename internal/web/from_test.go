package web

import (
	"net/http/httptest"
	"testing"
)

func TestWhereARequestComesFromIsWhatOurOwnProxyAddedLast(t *testing.T) {
	for _, c := range []struct {
		proxied   bool
		forwarded []string
		want      string
	}{
		{false, nil, "192.0.2.1"},
		{false, []string{"198.51.100.7"}, "192.0.2.1"}, // nobody of ours wrote that
		{true, nil, "192.0.2.1"},
		{true, []string{"198.51.100.7"}, "198.51.100.7"},
		{true, []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{true, []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "192.0.2.1:5000"
		for _, one := range c.forwarded {
			r.Header.Add("X-Forwarded-For", one)
		}
		q := &request{Server: &Server{o: Options{Proxied: c.proxied}}, r: r}
		if got := q.from(); got != c.want {
			t.Errorf("proxied %v, %q: got %q, want %q", c.proxied, c.forwarded, got, c.want)
		}
	}
}
