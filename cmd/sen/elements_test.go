package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/dictionary/declare"
)

const ownElement = `name: household-book
title: {vi: Số sổ hộ khẩu, en: Household-book number}
source: Circular of the example
patterns: [{match: '([0-9]{2})[/-]?([0-9]{6})', format: '${1}-${2}'}]
examples: [{raw: 12/345678, value: 12-345678}, {raw: x, problem: format}]
`

const ownContract = `apiVersion: v3.1.0
kind: DataContract
id: households
version: 0.1.0
status: draft
servers: [{server: files, type: local, path: "sources/${object}.csv", format: csv}]
schema:
  - name: books
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: book, logicalType: string, authoritativeDefinitions: [{type: dataElement, url: "sen:element/household-book"}], quality: [{metric: invalidValues, mustBe: 0, severity: error}]}
`

// hubWith makes a hub with these files.
func hubWith(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "hub")
	if _, errs, code := typed(t, nil, "init", dir); code != 0 {
		t.Fatal(errs)
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAnElementInAFileOfTheHubIsCheckedSyncedAndShown(t *testing.T) {
	dir := hubWith(t, map[string]string{
		"elements/household-book.yaml": ownElement, "contracts/households.odcs.yaml": ownContract,
		"sources/books.csv": "id,book\n1,12/345678\n2,12-000001\n3,wrong\n",
	})
	out, errs, code := typed(t, nil, "contract", "check", "--dir", dir, "--json")
	if code != 0 || strings.Contains(out, "household-book") {
		t.Errorf("contract check: %d\n%s%s", code, out, errs)
	}
	if out, errs, code = typed(t, nil, "standardise", "household-book", "12/345678", "--dir", dir); code != 0 || !strings.Contains(out, "12-345678") {
		t.Errorf("standardise: %d\n%s%s", code, out, errs)
	}
	if out, errs, code = typed(t, nil, "sync", "--dir", dir); code != 0 && code != 2 {
		t.Fatalf("sync: %d\n%s%s", code, out, errs)
	}
	out, errs, code = typed(t, nil, "query", `SELECT id, book FROM "households"."books" ORDER BY id`, "--purpose", "quality-control", "--dir", dir, "--json")
	if code != 0 || !strings.Contains(out, "12-345678") || !strings.Contains(out, "12-000001") || strings.Contains(out, "wrong") {
		t.Errorf("query: %d\n%s%s", code, out, errs)
	}
	out, errs, code = typed(t, map[string]string{"SEN_LANG": "en"}, "quarantine", "list", "--dir", dir)
	if code != 0 || !strings.Contains(out, "is not written in a known form") {
		t.Errorf("quarantine: %d\n%s%s", code, out, errs)
	}
}

// The example of the documentation is an element that is well.
func TestTheDocumentedElementIsWell(t *testing.T) {
	page, err := os.ReadFile("../../docs/connecting-a-source.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```yaml\nname: ")
	src, _, _ := strings.Cut(rest, "```")
	if e, problems := declare.Parse("docs", []byte("name: "+src), nil); !found || e == nil {
		t.Errorf("found %v: %v", found, problems)
	}
}

func TestAChangedElementIsCleanedAgain(t *testing.T) {
	dir := hubWith(t, map[string]string{
		"elements/household-book.yaml": ownElement, "contracts/households.odcs.yaml": ownContract, "sources/books.csv": "id,book\n1,12/345678\n",
	})
	for format, want := range map[string]string{"${1}-${2}": "12-345678", "${1}/${2}": "12/345678"} {
		changed := strings.ReplaceAll(strings.Replace(ownElement, "${1}-${2}", format, 1), "value: 12-345678", "value: "+want)
		if err := os.WriteFile(filepath.Join(dir, "elements/household-book.yaml"), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, errs, code := typed(t, nil, "sync", "--dir", dir); code != 0 {
			t.Fatalf("sync: %d\n%s%s", code, out, errs)
		}
		out, errs, code := typed(t, nil, "query", `SELECT book FROM "households"."books"`, "--purpose", "quality-control", "--dir", dir, "--json")
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("query: %d, want %s\n%s%s", code, want, out, errs)
		}
	}
}

func TestAWrongElementIsShownWhereItIsWrong(t *testing.T) {
	dir := hubWith(t, map[string]string{
		"elements/household-book.yaml": strings.Replace(ownElement, "value: 12-345678", "value: 12345678", 1),
		"elements/again.yaml":          ownElement, "elements/twice.yaml": ownElement,
	})
	out, _, code := typed(t, nil, "contract", "check", "--dir", dir)
	for _, want := range []string{"household-book.yaml:5:18: error:", "twice.yaml:1:1: error: element household-book is declared twice"} {
		if code != 2 || !strings.Contains(out, want) {
			t.Errorf("contract check: %d, want it to say %q\n%s", code, want, out)
		}
	}
}
