package contract

import (
	"slices"
	"strings"

	sen "github.com/sen-hub/sen"
)

// Dataset is one object of one contract, with the server it lies on (nil
// where the contract names none).
type Dataset struct {
	Name       sen.Dataset
	Contract   *Contract
	Object     *Object
	Server     *Server
	references []Reference
	cross      []CrossRule
}

// Datasets is a contract's objects as datasets, without their references,
// which need the other contracts (LoadDir).
func (c *Contract) Datasets() []Dataset {
	var all []Dataset
	for _, o := range c.Objects {
		all = append(all, Dataset{Name: sen.Dataset(c.ID + "." + o.Name), Contract: c, Object: o, Server: c.serverOf(o)})
	}
	return all
}

// serverOf is the server that the object's custom property "server" names,
// else the contract's first.
func (c *Contract) serverOf(o *Object) *Server {
	name := o.Custom.Text("server")
	for i := range c.Servers {
		if name == "" || c.Servers[i].Name == name {
			return &c.Servers[i]
		}
	}
	return nil
}

// Path is where a file server keeps the dataset: its path or location, with
// ${object} filled in by the object's name in the source.
func (d Dataset) Path() string {
	path := d.Server.Fact("path")
	if path == "" {
		path = d.Server.Fact("location")
	}
	return strings.ReplaceAll(path, "${object}", d.Object.Source())
}

// Key is the properties of the primary key in the order of their positions;
// those without one follow in the order of the file. Empty: no key.
func (d Dataset) Key() []*Property {
	var key []*Property
	for _, p := range d.Object.Properties {
		if p.PrimaryKey {
			key = append(key, p)
		}
	}
	slices.SortStableFunc(key, func(a, b *Property) int { return keyRank(a) - keyRank(b) })
	return key
}

func keyRank(p *Property) int {
	if p.PrimaryKeyPosition <= 0 {
		return 1 << 30
	}
	return p.PrimaryKeyPosition
}

// References is the dataset's resolved foreign keys.
func (d Dataset) References() []Reference { return d.references }

// StateSecret reports whether the contract, its server, the object or any of
// its properties is classified as a state secret: by a property's
// classification, a custom property "classification", or a tag.
func (d Dataset) StateSecret() bool {
	if marked(d.Contract.Tags, d.Contract.Custom) || marked(d.Object.Tags, d.Object.Custom) {
		return true
	}
	if d.Server != nil && marked(nil, d.Server.Custom) {
		return true
	}
	return secretIn(d.Object.Properties)
}

func secretIn(all []*Property) bool {
	for _, p := range all {
		if isStateSecret(p.Classification) || marked(p.Tags, p.Custom) || secretIn(p.Properties) {
			return true
		}
		if p.Items != nil && secretIn([]*Property{p.Items}) {
			return true
		}
	}
	return false
}

func marked(tags []string, custom CustomProperties) bool {
	if isStateSecret(custom.Text("classification")) {
		return true
	}
	return slices.ContainsFunc(tags, func(tag string) bool {
		return isStateSecret(strings.TrimPrefix(strings.ToLower(tag), "classification:"))
	})
}

func isStateSecret(s string) bool { return fold(strings.TrimSpace(s)) == "statesecret" }

// What a dataset can be the hub's reference of: the tail of an authoritative
// definition "sen:reference/…" of its object.
const (
	ReferenceUnits       = "administrative-units"       // units with their validity: see docs/connecting-a-source.md
	ReferenceSuccessions = "administrative-successions" // what became of them
)

const referencePrefix = "sen:reference/"

// Reference is what the dataset is the hub's reference of; "" for nothing.
func (d Dataset) Reference() string {
	for _, definition := range d.Object.Definitions {
		if name, is := strings.CutPrefix(definition.URL, referencePrefix); is {
			return name
		}
	}
	return ""
}
