package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sharedFolder is the folder of material beside the checkout.
func sharedFolder(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("SEN_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if found := filepath.Join(dir, "shared"); isFolder(filepath.Join(found, "data")) {
			return found
		}
	}
	t.Skip("no shared/ folder beside the checkout, and SEN_SHARED is not set: the official schema and examples are not here")
	return ""
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func officialSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(sharedFolder(t), "data/contracts/odcs-json-schema-v3.1.0.json"))
	if err != nil {
		t.Skipf("the official schema is not here: %v", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("odcs.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("odcs.json")
}

func officialExamples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sharedFolder(t), "data/contracts/odcs-3.1.0/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Skip("the official examples are not here")
	}
	all := map[string][]byte{}
	for _, file := range files {
		if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// generic is a YAML text as JSON's types, by the YAML library's own decoder.
func generic(t testing.TB, src []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	return throughJSON(t, v)
}

func throughJSON(t testing.TB, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	back, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestEveryOfficialExampleIsValid(t *testing.T) {
	schema := officialSchema(t)
	for name, src := range officialExamples(t) {
		t.Run(name, func(t *testing.T) {
			if err := schema.Validate(generic(t, src)); err != nil {
				t.Fatalf("the official schema refuses it: %v", err)
			}
			c, problems := Parse(name, src, Options{})
			if errs := problems.Errors(); len(errs) > 0 || c == nil {
				t.Fatalf("got errors, want none:\n%s", rendered(errs, src))
			}
		})
	}
}

func rendered(ps Problems, src []byte) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Render(src))
	}
	return b.String()
}

// verdict compares ours with the schema's on one document; it reports whether
// the schema refuses it.
func verdict(t *testing.T, schema *jsonschema.Schema, doc any, change string) bool {
	t.Helper()
	theirs := schema.Validate(doc)
	src, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	root, problems := readYAML(src)
	if root != nil {
		problems = append(problems, checkStandard(root)...)
	}
	if ours := len(problems.Errors()) > 0; ours != (theirs != nil) {
		t.Errorf("%s: we refuse: %v, the schema refuses: %v\nours:\n%s\nschema: %v\n%s", change, ours, theirs != nil, rendered(problems.Errors(), src), theirs, clip(string(src)))
	}
	for _, p := range problems {
		if p.Msg == "" || p.Line < 1 || p.Column < 1 {
			t.Errorf("%s: problem without place or reason: %+v", change, p)
		}
	}
	return theirs != nil
}

func clip(s string) string {
	if len(s) > 6000 {
		return s[:6000]
	}
	return s
}

// replacements are tried in the place of every value.
var replacements = []any{
	nil, true, json.Number("0"), json.Number("1"), json.Number("-3"), json.Number("2.5"), json.Number("3.0"), "", "x", "no such word", "a.b",
	"schema/a/properties/b", "x.yaml#schema/a/properties/b", "a b", "sftp://h/x", "v3.1.0", "rowCount", "string", "object", "array", "boolean", "date",
	"integer", "number", "time", "library", "sql", "custom", "text", "kafka", "s3", "local", "postgres", "sftp",
	[]any{}, []any{json.Number("1"), json.Number("2")}, []any{json.Number("1"), json.Number("1.0")}, []any{"a", "a"}, []any{"a.b"}, []any{"a.b", "c.d"},
	map[string]any{}, map[string]any{"name": "x"}, map[string]any{"x": json.Number("1")}, []any{map[string]any{}}, []any{map[string]any{"name": "x"}},
}

// additions are tried as further fields of every mapping.
var additions = map[string][]any{
	"noSuchField":        {"x"},
	"name":               {"x"},
	"id":                 {"a-1", "a b", json.Number("1")},
	"type":               {"library", "sql", "custom", "foreignKey", "kafka", "text"},
	"metric":             {"rowCount", "other", json.Number("1")},
	"query":              {"SELECT 1"},
	"engine":             {"soda"},
	"implementation":     {"x", map[string]any{}},
	"arguments":          {map[string]any{"a": "b"}, "x"},
	"rule":               {"x"},
	"mustBe":             {json.Number("1"), "x"},
	"mustNotBe":          {json.Number("1")},
	"mustBeGreaterThan":  {json.Number("1"), "1"},
	"mustBeBetween":      {[]any{json.Number("1"), json.Number("2")}, []any{json.Number("1")}, []any{json.Number("1"), "2"}, []any{json.Number("1"), json.Number("1")}},
	"from":               {"a.b", []any{"a.b"}, []any{}},
	"to":                 {"a.b", []any{"a.b"}, "a"},
	"properties":         {[]any{}, []any{map[string]any{"name": "x"}}, []any{map[string]any{"name": "x", "items": map[string]any{"logicalType": "string"}}}, map[string]any{}},
	"items":              {map[string]any{}, map[string]any{"logicalType": "object", "properties": []any{map[string]any{}}}, map[string]any{"properties": []any{map[string]any{"name": "x"}}}, []any{}},
	"logicalType":        {"string", "object", "array", "boolean", "x"},
	"logicalTypeOptions": {map[string]any{}, map[string]any{"format": "x"}, map[string]any{"minLength": json.Number("1")}, map[string]any{"minLength": json.Number("-1")}, map[string]any{"multipleOf": json.Number("0")}, map[string]any{"required": []any{}}, map[string]any{"required": []any{"a", "a"}}, map[string]any{"timezone": true}, map[string]any{"minimum": "a"}, map[string]any{"minimum": json.Number("1")}, map[string]any{"uniqueItems": true}, map[string]any{"format": "i32"}, map[string]any{"format": "f64"}, []any{}},
	"quality":            {[]any{map[string]any{}}, []any{map[string]any{"mustBe": json.Number("1")}}, []any{map[string]any{"metric": "rowCount", "mustBe": json.Number("1")}}, []any{map[string]any{"type": "sql", "metric": "rowCount", "query": "x", "mustBe": json.Number("1")}}},
	"relationships":      {[]any{map[string]any{"to": "a.b"}}, []any{map[string]any{"from": "a.b", "to": "a.b"}}, []any{map[string]any{"from": []any{"a.b"}, "to": "a.b"}}, []any{map[string]any{"from": []any{"a.b"}, "to": []any{"a.b", "c.d"}}}, []any{map[string]any{"to": []any{"a.b"}}}},
	"host":               {"h"}, "port": {json.Number("1"), json.Number("1.5"), "1"}, "location": {"s3://b/k", "sftp://h"}, "database": {"d"}, "schema": {"s"},
	"team":           {map[string]any{}, []any{}, []any{map[string]any{"username": "u"}}, map[string]any{"members": []any{map[string]any{}}}},
	"classification": {"restricted"},
	"value":          {json.Number("1"), []any{}, nil},
	"tags":           {[]any{"a", "a"}, []any{json.Number("1")}},
}

// mutate calls try with every small change of the document at and below v.
func mutate(v any, path string, set func(any), try func(change string)) {
	for i, r := range replacements {
		set(r)
		try(fmt.Sprintf("%s := replacement %d", path, i))
	}
	set(v)
	switch v := v.(type) {
	case map[string]any:
		mutateMapping(v, path, try)
	case []any:
		for i, item := range v {
			mutate(item, fmt.Sprintf("%s[%d]", path, i), func(x any) { v[i] = x }, try)
		}
	}
}

func mutateMapping(v map[string]any, path string, try func(change string)) {
	for _, key := range sortedKeys(v) {
		was := v[key]
		delete(v, key)
		try(path + " without " + key)
		v[key+"x"] = was
		try(path + " with " + key + "x")
		delete(v, key+"x")
		v[key] = was
		mutate(was, path+"."+key, func(x any) { v[key] = x }, try)
	}
	for _, key := range sortedKeys(additions) {
		was, there := v[key]
		for i, value := range additions[key] {
			v[key] = value
			try(fmt.Sprintf("%s with %s = %d", path, key, i))
		}
		if delete(v, key); there {
			v[key] = was
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// Every single change is tried on small documents that together use each
// corner of the standard; on the official examples, which are large, a seeded
// sample is.
func TestEveryMutationIsJudgedAsTheOfficialSchemaJudgesIt(t *testing.T) {
	schema := officialSchema(t)
	tried, refused := 0, 0
	try := func(doc any, change string) {
		tried++
		if verdict(t, schema, doc, change) {
			refused++
		}
	}
	for name, doc := range corners(t) {
		mutate(doc, "", func(x any) { doc = x }, func(change string) {
			if !t.Failed() {
				try(doc, name+change)
			}
		})
	}
	sample := rand.New(rand.NewPCG(3, 1))
	examples := officialExamples(t)
	for _, name := range sortedKeys(examples) {
		doc, changes := generic(t, examples[name]), 0
		mutate(doc, "", func(x any) { doc = x }, func(string) { changes++ })
		keep := 150_000 / float64(len(examples[name])*changes)
		mutate(doc, "", func(x any) { doc = x }, func(change string) {
			if sample.Float64() < keep && !t.Failed() {
				try(doc, name+change)
			}
		})
	}
	if tried < 20_000 && !t.Failed() {
		t.Errorf("tried %d mutations, want at least 20000", tried)
	}
	t.Logf("%d mutations, %d refused by both, %d accepted by both", tried, refused, tried-refused)
}

// corners cuts everyCorner into documents with one section each, and one for
// each property, so that a mutation is judged in microseconds.
func corners(t *testing.T) map[string]any {
	whole := generic(t, everyCorner).(map[string]any)
	base := map[string]any{}
	for _, key := range []string{"apiVersion", "kind", "id", "version", "status"} {
		base[key] = whole[key]
		delete(whole, key)
	}
	with := func(key string, value any) any {
		doc := maps.Clone(base)
		doc[key] = value
		return doc
	}
	parts := map[string]any{"base": maps.Clone(base)}
	for _, o := range whole["schema"].([]any) {
		object := o.(map[string]any)
		for _, property := range object["properties"].([]any) {
			one := map[string]any{"name": "o", "properties": []any{property}}
			parts["property "+fmt.Sprint(property.(map[string]any)["name"])] = with("schema", []any{one})
		}
		delete(object, "properties")
		parts["object "+fmt.Sprint(object["name"])] = with("schema", []any{object})
	}
	delete(whole, "schema")
	for key, value := range whole {
		parts[key] = with(key, value)
	}
	return parts
}

func TestEveryServerTypeAsksForTheFieldsThatTheSchemaAsksFor(t *testing.T) {
	schema := officialSchema(t)
	var names []string
	for _, row := range serverTable {
		for _, cell := range strings.Fields(row) {
			names = append(names, strings.TrimSuffix(cell, "*"))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, server := range serverTypes() {
		full := map[string]any{"server": "s", "type": server}
		for _, cell := range strings.Fields(serverTable[server]) {
			full[strings.TrimSuffix(cell, "*")] = fitting(strings.TrimSuffix(cell, "*"))
		}
		doc := map[string]any{"version": "1", "apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "status": "active", "servers": []any{full}}
		verdict(t, schema, doc, server)
		for _, name := range names {
			was, there := full[name]
			for _, value := range []any{fitting(name), true, json.Number("7"), "text"} {
				full[name] = value
				verdict(t, schema, doc, server+" with "+name)
			}
			delete(full, name)
			verdict(t, schema, doc, server+" without "+name)
			if there {
				full[name] = was
			}
		}
	}
}

func fitting(name string) any {
	switch name {
	case "port":
		return json.Number("5432")
	case "location":
		return "sftp://host/path"
	}
	return "x"
}

func TestEveryPairOfLogicalTypeAndOptionIsJudgedAsTheSchemaJudgesIt(t *testing.T) {
	schema := officialSchema(t)
	values := []any{json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("1.5"), "x", "i32", "f64", true, []any{"a"}, []any{"a", "a"}, []any{}, nil}
	var options []string
	for _, all := range typeOptions {
		options = append(options, fieldNames(all)...)
	}
	slices.Sort(options)
	for _, logical := range append(logicalTypes(), "") {
		for _, option := range slices.Compact(options) {
			for i, value := range values {
				property := map[string]any{"name": "p", "logicalTypeOptions": map[string]any{option: value}}
				if logical != "" {
					property["logicalType"] = logical
				}
				doc := map[string]any{
					"version": "1", "apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "status": "active",
					"schema": []any{map[string]any{"name": "o", "properties": []any{property}}},
				}
				verdict(t, schema, doc, fmt.Sprintf("%s.%s = %d", logical, option, i))
			}
		}
	}
}

// Comments, anchors and block scalars are gone by the time the schema sees a
// document; that the two readers agree on its values is tested here.
func TestOurTreeHoldsTheValuesThatTheYAMLLibraryDecodes(t *testing.T) {
	for name, src := range officialExamples(t) {
		root, problems := readYAML(src)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", name, problems)
		}
		got, _ := json.Marshal(root.value())
		want, _ := json.Marshal(generic(t, src))
		if !bytes.Equal(normal(t, got), normal(t, want)) {
			t.Errorf("%s: values differ\ngot  %s\nwant %s", name, clip(string(got)), clip(string(want)))
		}
	}
}

func normal(t *testing.T, b []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
