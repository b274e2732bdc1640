package demo

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sharedFile finds a file of the material beside the checkout, or skips.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	if dir := os.Getenv("SEN_SHARED"); dir != "" {
		return filepath.Join(dir, name)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if path := filepath.Join(dir, "shared", name); exists(path) {
			return path
		}
	}
	t.Skipf("no shared/%s beside the checkout; set SEN_SHARED to its folder", name)
	return ""
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// eachContract gives each contract as JSON would hold it.
func eachContract(t *testing.T, visit func(name string, document map[string]any)) {
	t.Helper()
	names, err := fs.Glob(Contracts(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(Contracts(), name)
		if err != nil {
			t.Fatal(err)
		}
		var raw any
		if err := yaml.Unmarshal(text, &raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		asJSON, err := json.Marshal(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		visit(name, document.(map[string]any))
	}
}

func TestContractsAreValidODCS(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(sharedFile(t, "data/contracts/odcs-json-schema-v3.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	eachContract(t, func(name string, document map[string]any) {
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s is not valid ODCS 3.1.0: %v", name, err)
		}
	})
}

// contractObjects gives the properties of each object by dataset name.
func contractObjects(t *testing.T) map[string][]any {
	t.Helper()
	objects := map[string][]any{}
	eachContract(t, func(name string, document map[string]any) {
		if name != document["id"].(string)+".odcs.yaml" {
			t.Errorf("%s has id %v", name, document["id"])
		}
		for _, o := range document["schema"].([]any) {
			object := o.(map[string]any)
			objects[document["id"].(string)+"."+object["name"].(string)] = object["properties"].([]any)
		}
	})
	return objects
}
