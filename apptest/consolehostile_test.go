package apptest

import (
	"encoding/csv"
	"encoding/json"
	"net/url"
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

// farContract is of a source in use on a server that nobody has started: it can
// be paused, and its reading fails.
const farContract = `apiVersion: v3.1.0
kind: DataContract
id: far
version: 1.0.0
status: active
tenant: far
domain: far
servers:
  - server: live
    type: postgres
    host: 127.0.0.1
    port: 1
    database: far
    schema: public
    customProperties:
      - {property: user, value: reader}
      - {property: tls, value: "off"}
      - {property: patience, value: 1s}
schema:
  - name: station
    physicalName: station
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
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
	for _, value := range hostileValues {
		_ = w.Write([]string{"a", value}) // kept back, and shown with all that the row says
	}
	w.Flush()
	s.write("sources/hostile/name.csv", own.String())
	s.write("contracts/far.odcs.yaml", farContract)
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

// heldRows is the page with the rows of hostile.name that are kept back.
func (c *console) heldRows() string {
	c.t.Helper()
	got := c.ask("POST", "/quarantine/hostile.name", "operator", "vi", url.Values{"purpose": {"quality-control"}})
	for _, part := range active {
		if strings.Contains(got.body, part) {
			c.t.Errorf("the rows that are kept back hold %s as markup", part)
		}
	}
	return got.body
}

// hostile wants of every page that the crawl found that such values are text
// there, and that some page shows them: else it would have looked at nothing.
func (c *console) hostile(t *testing.T) {
	c.t = t
	shown := strings.Count(c.heldRows(), "&lt;script&gt;alert")
	if shown == 0 {
		t.Error("the rows of hostile.name that are kept back do not show what they say")
	}
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
