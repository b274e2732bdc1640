package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

// BenchmarkRead reads 100,000 rows in pages of 1,000 that a server in the same
// process has ready; bytes are those of its answers.
func BenchmarkRead(b *testing.B) {
	const pages, size = 100, 1000
	var ready [pages][]byte
	total := 0
	for p := range ready {
		var text bytes.Buffer
		next := any(p + 1)
		if p+1 == pages {
			next = nil
		}
		rows := make([]map[string]any, size)
		for i := range rows {
			rows[i] = map[string]any{"id": p*size + i, "tên": fmt.Sprintf("Nguyễn Thị %d", i), "born": "1990-01-02", "ward": "00001", "note": nil, "more": map[string]any{"k": []int{i, 2}}}
		}
		if err := json.NewEncoder(&text).Encode(map[string]any{"rows": rows, "next": next, "total": pages * size}); err != nil {
			b.Fatal(err)
		}
		ready[p] = text.Bytes()
		total += text.Len()
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(ready[number(r, "cursor", 0)])
	}))
	defer s.Close()
	server := declare(s.URL, "paging", "cursor", "rows", "/rows", "cursor", "/next", "total", "/total")
	b.SetBytes(int64(total))
	for b.Loop() {
		a, err := Open(server, live.NewGate(server.Budget), nil)
		if err != nil {
			b.Fatal(err)
		}
		r, err := a.Open(b.Context(), "births", source.Options{})
		if err != nil {
			b.Fatal(err)
		}
		at, err := r.Read(b.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return nil })
		if err != nil || at.Rows != pages*size {
			b.Fatalf("%d rows, %v", at.Rows, err)
		}
		a.Close()
	}
	b.ReportMetric(float64(pages*size)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
