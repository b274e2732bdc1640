package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestTheCommittedReferenceIsWhatTheCodeSays(t *testing.T) {
	for name, want := range reference() {
		path := filepath.Join("..", "..", "docs", "reference", name)
		got, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v; write it with: make docs", err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code says now; write it again with: make docs", path)
		}
	}
}
