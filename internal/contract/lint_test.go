package contract

import (
	"strings"
	"testing"
)

// The standard alone, without its schema: each departure with its words.
func TestDeparturesFromTheStandardAreNamed(t *testing.T) {
	tests := []struct{ name, src, want, hint string }{
		{"missing field", "kind: DataContract\napiVersion: v3.1.0\nid: x\nstatus: active\n", `contract "x" lacks version`, ""},
		{"unquoted version", strings.Replace(head, "1.0.0", "1.0", 1), "version must be text, not a number", `put it in quotes: "1.0"`},
		{"empty field", head + "name:\n", "name must be text, not empty", "leave the field out"},
		{"unknown field", head + "desscription: {}\n", `contract "civil-status" has no field "desscription"`, "did you mean description?"},
		{"unknown kind of server", head + "servers: [{server: a, type: postgre}]\n", `type cannot be "postgre"`, "did you mean postgres?"},
		{"server field missing", head + "servers: [{server: live, type: postgres, host: h, port: 1, database: d}]\n", `server "live" lacks schema`, ""},
		{"port as text", head + "servers: [{server: s, type: mysql, host: h, port: \"3306\", database: d}]\n", "port must be a number, not text", "take the quotes away"},
		{"sftp address", head + "servers: [{server: s, type: sftp, location: http://x}]\n", "location cannot be", "sftp://…"},
		{"bad dimension", rule("{metric: rowCount, mustBe: 1, dimension: covrage}"), `dimension cannot be "covrage"`, "did you mean coverage?"},
		{"two operators", rule("{metric: rowCount, mustBe: 1, mustBeLessThan: 4}"), "has two operators, mustBe and mustBeLessThan", "two rules"},
		{"no operator", rule("{metric: rowCount}"), "says nothing of what its result must be", "mustBeBetween"},
		{"operator without metric", rule("{mustBe: 1}"), `has no field "mustBe"`, "needs a metric"},
		{"query without type", rule("{query: SELECT 1}"), `has no field "query"`, "type: sql"},
		{"one bound", rule("{metric: rowCount, mustBeBetween: [1]}"), "needs at least 2 values", ""},
		{"option of another type", property("{name: p, logicalType: date, logicalTypeOptions: {maxLength: 3}}"), `has no field "maxLength"`, "fields: format"},
		{"option of no type", property("{name: p, logicalTypeOptions: {maxLength: 3}}"), `has no field "maxLength"`, "options need a logicalType"},
		{"properties of a string", property("{name: p, logicalType: string, properties: []}"), `has no field "properties"`, "only logicalType: object"},
		{"classification of an object", head + "schema: [{name: o, classification: secret}]\n", `object "o" has no field "classification"`, "customProperties"},
		{"from at a property", property("{name: p, relationships: [{from: o.p, to: o.p}]}"), `has no field "from"`, "starts at the property itself"},
		{"reference form", property("{name: p, relationships: [{to: somewhere}]}"), `to cannot be "somewhere"`, "object.property"},
		{"one end a list", head + "schema: [{name: o, properties: [{name: p}], relationships: [{from: [o.p], to: o.p}]}]\n", "from is a list and to is text", "both"},
		{"custom without value", head + "customProperties: [{property: a}]\n", `custom property "a" lacks value`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, tt.src, tt.want, tt.hint, false) })
	}
}

func rule(r string) string {
	return head + "schema: [{name: o, properties: [{name: p, logicalType: string}], quality: [" + r + "]}]\n"
}

func server(custom string) string {
	return head + "servers: [{server: s, type: mysql, host: h, port: 1, database: d, customProperties: [" + custom + "]}]\n"
}

func TestASecretThatIsWrittenDownIsNotShownAgain(t *testing.T) {
	src := []byte(server("{property: rate, value: fast}, {property: password, value: hunter2}"))
	_, problems := Parse("x", src, Options{})
	if len(problems) != 2 || problems[1].Line == 0 {
		t.Fatalf("got %v", problems)
	}
	for _, p := range problems {
		if shown := p.Render(src); strings.Contains(shown, "hunter2") || !strings.Contains(shown, p.Hint) {
			t.Errorf("it is shown as %s", shown)
		}
	}
}

func property(p string) string { return head + "schema: [{name: o, properties: [" + p + "]}]\n" }

// expect wants one problem with these words, and no error for a warning.
func expect(t *testing.T, src, want, hint string, warning bool) {
	t.Helper()
	c, problems := Parse("x", []byte(src), Options{Elements: func(name string) bool { return name == "date" }})
	for _, p := range problems {
		if strings.Contains(p.Msg, want) && strings.Contains(p.Hint, hint) && p.Warning == warning {
			if (c != nil) != warning {
				t.Errorf("got a contract: %v, want one exactly where the problem is a warning: %v", c != nil, problems)
			}
			return
		}
	}
	t.Errorf("got %v, want %q with hint %q (warning: %v)", problems, want, hint, warning)
}

func TestWhatTheSchemaLetsPassAndCannotBeMeantIsFound(t *testing.T) {
	two := "schema:\n  - name: o\n    properties:\n      - {name: a, logicalType: string}\n      - {name: b, logicalType: string}\n"
	tests := []struct {
		name, src, want, hint string
		warning               bool
	}{
		{"object twice", head + "schema: [{name: o}, {name: o}]\n", `two objects are called "o"`, "line 6", false},
		{"property twice", property("{name: a}, {name: a}"), `two properties called "a"`, "line 6", false},
		{"server twice", head + "servers: [{server: s, type: kinesis}, {server: s, type: kinesis}]\n", `two servers are called "s"`, "", false},
		{"key gap", property("{name: a, primaryKey: true, primaryKeyPosition: 1}, {name: b, primaryKey: true, primaryKeyPosition: 3}"), "has 3 where position 2 is due", "1, 2, 3", false},
		{"key position twice", property("{name: a, primaryKey: true, primaryKeyPosition: 1}, {name: b, primaryKey: true, primaryKeyPosition: 1}"), "has 1 where position 2 is due", "", false},
		{"lengths crossed", property("{name: a, logicalType: string, logicalTypeOptions: {minLength: 5, maxLength: 4}}"), "minLength 5 is above maxLength 4", "", false},
		{"bounds crossed", property("{name: a, logicalType: number, logicalTypeOptions: {minimum: 5, maximum: 4.5}}"), "minimum 5 is above maximum 4.5", "", false},
		{"pattern", property("{name: a, logicalType: string, logicalTypeOptions: {pattern: '(?<=a)b'}}"), "cannot be run", "RE2", true},
		{"unknown column of a rule", rule("{metric: duplicateValues, mustBe: 0, arguments: {properties: [p, q]}}"), "names column q", "columns: p", false},
		{"unknown placeholder", rule("{type: sql, query: 'SELECT count(*) FROM ${objct}', mustBe: 0}"), "names ${objct}", "did you mean object?", false},
		{"column placeholder at an object", rule("{type: sql, query: 'SELECT count(${column}) FROM ${object}', mustBe: 0}"), "names ${column}", "at a property", false},
		{"percent of a count", rule("{metric: rowCount, mustBe: 0, unit: percent}"), "it has no percentage", "", false},
		{"crossed range", rule("{metric: rowCount, mustBeBetween: [5, 1]}"), "nothing lies between 5 and 1", "smaller", false},
		{"comparison with a word", rule("{metric: rowCount, mustBe: many}"), `cannot be compared with "many"`, "number", true},
		{"column metric at an object", rule("{metric: nullValues, mustBe: 0}"), "it is not run", "arguments", true},
		{"cron", rule("{metric: rowCount, mustBe: 0, schedule: every day, scheduler: cron}"), "is no cron line", "five fields", false},
		{"no validity", property("{name: a, logicalType: string, quality: [{metric: invalidValues, mustBe: 0}]}"), "nothing says which values", "validValues", true},
		{"unknown element", property("{name: a, authoritativeDefinitions: [{type: dataElement, url: 'sen:element/dte'}]}"), `data element "dte"`, "elements/", true},
		{"unknown property of a relationship", property("{name: a, relationships: [{to: o.b}]}"), `object o has no property "b"`, "", false},
		{"unknown object of a relationship", property("{name: a, relationships: [{to: z.b}]}"), `no object "z"`, "other contracts", true},
		{"relationship from elsewhere", head + two + "    relationships: [{from: z.a, to: o.b}]\n", "cannot start at z.a", "starts at o", false},
		{"ends of two lengths", head + two + "    relationships: [{from: [o.a, o.b], to: [o.b]}]\n", "joins 2 properties to 1", "", false},
		{"same person's column", property("{name: a, customProperties: [{property: bornOn, value: born}]}, {name: born_on}"), `bornOn names "born"`, "born_on", false},
		{"a second encoding", property("{name: a, customProperties: [{property: encoding, value: UTF-8+TCVN9}]}"), `encoding cannot be "UTF-8+TCVN9"`, "TCVN3", false},
		{"encoding", property("{name: a, customProperties: [{property: encoding, value: TCVN9}]}"), `encoding cannot be "TCVN9"`, "TCVN3", false},
		{"published since", head + "customProperties: [{property: publishedSince, value: soon}]\n", `publishedSince cannot be "soon"`, "2026-01-01", false},
		{"connections", head + "customProperties: [{property: maxConnections, value: 0}]\n", `maxConnections cannot be "0"`, "above 0", false},
		{"timeout", head + "customProperties: [{property: statementTimeout, value: 30}]\n", `statementTimeout cannot be "30"`, "30s", false},
		{"size", server("{property: rate, value: fast}"), `rate cannot be "fast"`, "512MiB", false},
		{"size beyond 63 bits", server("{property: logBudget, value: 8388608TiB}"), "logBudget cannot be", "512MiB", false},
		{"window", server("{property: windows, value: '25:00-05:00'}"), "windows cannot be", "22:00-05:00", false},
		{"tls", server("{property: tls, value: maybe}"), `tls cannot be "maybe"`, "verify-full", false},
		{"secret", server("{property: password, value: hunter2}"), "is no name of a secret", "env:NAME", false},
		{"format of files", head + "servers: [{server: s, type: local, path: a, format: xslx}]\n", `the format "xslx"`, "did you mean xlsx?", true},
		{"server of an object", head + "schema: [{name: o, customProperties: [{property: server, value: s}]}]\n", `is on server "s"`, "", false},
		{"SLA unit", head + "slaProperties: [{property: latency, value: 4, unit: parsecs}]\n", "is no time", "units", true},
		{"SLA element", property("{name: a}") + "slaProperties: [{property: latency, value: 4, unit: d, element: o.b}]\n", "is about b", "a", false},
		{"deprecated", head + "dataProduct: x\n", "dataProduct is deprecated", "use name", true},
		{"near miss in an open record", head + "description: {purpos: x}\n", `no field "purpos"`, "purpose", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, tt.src, tt.want, tt.hint, tt.warning) })
	}
}

func TestAProblemInAQueryPointsAtItsPlaceholder(t *testing.T) {
	for _, query := range []string{`"độ ${x}"`, `'độ ${x} hai'`, `độ ${x}`} {
		src := head + "schema:\n  - name: o\n    quality:\n      - type: sql\n        mustBe: 0\n        query: " + query + " # ${y}\n"
		line := []rune(strings.Split(src, "\n")[10])
		problems := parseErrors(t, src)
		if len(problems) != 1 {
			t.Fatalf("got %v, want one problem", problems)
		}
		p := problems[0]
		if got := string(line[p.Column-1 : p.Column-1+p.Width]); got != "${x}" {
			t.Errorf("%s: column %d marks %q, want ${x}", query, p.Column, got)
		}
	}
}

func TestReferencesToTheEnvironmentAreAllowedInServers(t *testing.T) {
	c, problems := Parse("x", []byte(head+"servers: [{server: s, type: mysql, host: '${HOST}', port: 3306, database: '${DB}'}]\n"), Options{})
	if len(problems) > 0 || c.Servers[0].Fact("host") != "${HOST}" || c.Servers[0].Fact("port") != "3306" {
		t.Errorf("got %v", problems)
	}
}
