package apptest

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
)

// hostileValues are what somebody may have typed into a form of an agency, to
// see what it does to those who look at it.
var hostileValues = []string{
	`<script>alert("sen")</script>`,
	`<img src=x onerror=alert(1)>`,
	`"><svg/onload=alert(2)>`,
	`{{.Data}} ${7*7} '; DROP TABLE person; --`,
	`=HYPERLINK("http://elsewhere.example";"NGUYỄN VĂN AN")`,
	"Công ty \u202egnud naM\u202c \u2067ABC\u2069 \u200f",
	"javascript:alert(3)",
	strings.Repeat("Ă", 10_000),
	strings.Repeat("Công ty cổ phần ", 700),
}

// active are parts of them that no page may hold as they are: they would be
// markup there.
var active = []string{"<script>alert", "<img src=x", "<svg/onload", `href="javascript:`, `<b>cột</b>`}

const hostileContract = `apiVersion: v3.1.0
kind: DataContract
id: hostile
name: "<script>alert(\"sen\")</script> & \u202eđảo\u202c"
version: 1.0.0
status: active
tenant: hostile
domain: hostile
description: {purpose: "<img src=x onerror=alert(1)>"}
servers:
  - {server: file, type: local, path: sources/hostile/name.csv, format: csv}
schema:
  - name: name
    businessName: "<script>alert(\"sen\")</script>"
    description: "<img src=x onerror=alert(1)> \u202eđảo\u202c {{.Data}}"
    physicalName: name.csv
    physicalType: file
    properties:
      - {name: number, physicalName: so, logicalType: string, primaryKey: true, required: true, classification: internal}
      - name: name
        physicalName: ten
        businessName: "<b>cột</b>"
        description: "<script>alert(\"sen\")</script>"
        logicalType: string
        required: true
        classification: internal
`

// plantHostile puts such values into what the hub reads: an agency of their own,
// among the names of businesses, and among the names on cards.
func (s *shell) plantHostile() {
	s.t.Helper()
	s.write("contracts/hostile.odcs.yaml", hostileContract)
	var own strings.Builder
	w := csv.NewWriter(&own)
	_ = w.Write([]string{"so", "ten"})
	for i, value := range append(hostileValues, "") {
		_ = w.Write([]string{string(rune('a' + i)), value})
	}
	w.Flush()
	s.write("sources/hostile/name.csv", own.String())
	s.plantBusinesses()
	s.plantCards()
}

func (s *shell) plantBusinesses() {
	s.t.Helper()
	const name = "sources/businesses/business.csv"
	text := s.read(name)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	for i, value := range hostileValues {
		for column, title := range rows[0] {
			if title == "ten_dn" || title == "tru_so" {
				rows[1+i][column] = value
			}
		}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = ';'
	if err := w.WriteAll(rows); err != nil {
		s.t.Fatal(err)
	}
	s.write(name, b.String())
}

func (s *shell) plantCards() {
	s.t.Helper()
	const name = "sources/health-insurance/card.jsonl"
	lines := strings.Split(s.read(name), "\n")
	for i, value := range hostileValues {
		card := map[string]any{}
		if err := json.Unmarshal([]byte(lines[i]), &card); err != nil {
			s.t.Fatalf("%s: %v", name, err)
		}
		if _, there := card["ho_ten"]; !there {
			s.t.Fatalf("%s has no ho_ten", name)
		}
		card["ho_ten"] = value
		line, err := json.Marshal(card)
		if err != nil {
			s.t.Fatal(err)
		}
		lines[i] = string(line)
	}
	s.write(name, strings.Join(lines, "\n"))
}

// hostile wants of every page that the crawl found that such values are text
// there, and that some page shows them: else it would have looked at nothing.
func (c *console) hostile(t *testing.T) {
	c.t = t
	shown := 0
	all := [][]found{{{"/systems/hostile.name", "operator"}}}
	for _, pages := range c.found {
		all = append(all, pages)
	}
	for _, pages := range all {
		for _, one := range pages {
			got := c.ask("GET", one.path, one.role, "vi", nil)
			for _, part := range active {
				if strings.Contains(got.body, part) {
					t.Errorf("%s as %s holds %s as markup", one.path, one.role, part)
				}
			}
			shown += strings.Count(got.body, "&lt;script&gt;alert")
		}
	}
	if shown == 0 {
		t.Error("no page shows a hostile value; want the page of hostile.name to")
	}
}
