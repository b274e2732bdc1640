package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// withTag gives what is read an ETag of its bytes, and answers 304 where the
// reader has them (RFC 9110, section 13.1.2). Streams go through as they are.
func withTag(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (r.Method != http.MethodGet && r.Method != http.MethodHead) || r.URL.Path == eventsPath {
			next.ServeHTTP(w, r)
			return
		}
		kept := &keeper{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(kept, r)
		if kept.status == http.StatusOK {
			sum := sha256.Sum256(kept.body.Bytes())
			tag := `"` + hex.EncodeToString(sum[:16]) + `"`
			w.Header().Set("ETag", tag)
			if has(r.Header.Values("If-None-Match"), tag) {
				w.Header().Del("Content-Type")
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		w.WriteHeader(kept.status)
		if r.Method != http.MethodHead {
			_, _ = kept.body.WriteTo(w)
		}
	})
}

// has reports whether a list of tags names one, by weak comparison.
func has(lists []string, tag string) bool {
	for _, list := range lists {
		for _, one := range strings.Split(list, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// keeper holds an answer back until it is whole.
type keeper struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader holds the status back.
func (k *keeper) WriteHeader(status int) { k.status = status }

// Write holds bytes back.
func (k *keeper) Write(b []byte) (int, error) { return k.body.Write(b) }
