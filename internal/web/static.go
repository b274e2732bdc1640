package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var files embed.FS

// static is the files that pages draw on, under names that hold a hash of all
// of them, so that browsers may keep them for good.
type static struct {
	prefix string
	bytes  map[string][]byte
}

func readStatic() (*static, error) {
	s := &static{bytes: map[string][]byte{}}
	sum := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, name)
		s.bytes[strings.TrimPrefix(name, "static/")] = b
		sum.Write([]byte(name))
		sum.Write(b)
		return err
	})
	s.prefix = "/static/" + hex.EncodeToString(sum.Sum(nil)[:6]) + "/"
	return s, err
}

func (s *static) url(name string) string { return s.prefix + name }

// ServeHTTP answers with a file; the names are few and known, so nothing else
// can be reached.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, current := strings.CutPrefix(r.URL.Path, s.prefix)
	b, ok := s.bytes[name]
	if !current || !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mediaType(name))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(b)
}

func mediaType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	default:
		return mime.TypeByExtension(ext)
	}
}
