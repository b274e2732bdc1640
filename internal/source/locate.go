package source

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
)

// Locate finds where a contract says that its dataset is: the path of its
// server (type local, or custom with a path), from base where it is relative.
// Where the path is a folder that holds a file named like the object, it is
// that file. In a SQLite file the object's name is the table, in a workbook the
// sheet, where one is called so.
//
// The server's format, and its custom properties delimiter, quote, encoding,
// sheet and header (true or false), say how it is written; an object's custom
// properties of those names come before them.
func Locate(base string, d contract.Dataset) (Location, error) {
	if d.Server == nil {
		return Location{}, sen.Errorf(sen.Invalid, "%s has no server to read it from", d.Name).
			WithHint("add a server of type local with the path of its files to the contract")
	}
	if d.Server.Type != "local" && d.Server.Type != "custom" {
		return Location{}, sen.Errorf(sen.Invalid, "%s lies on a server of type %s, which cannot be read yet", d.Name, d.Server.Type).
			WithHint("export it to files, and name them by a server of type local")
	}
	path := d.Path()
	if path == "" {
		return Location{}, sen.Errorf(sen.Invalid, "server %s of %s has no path", d.Server.Name, d.Name)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(base, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return Location{}, sen.Errorf(sen.Invalid, "path %s: %w", path, err)
	}
	return describe(Location{Path: ownFile(path, d.Object.Source()), Table: d.Object.Source()}, d)
}

// ownFile is the object's file in a folder: the one of its name, or the only
// one whose name without its extension that is; else the folder.
func ownFile(path, object string) string {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return path
	}
	whole := filepath.Join(path, object)
	if _, err := os.Stat(whole); err == nil || hasMeta(object) {
		return whole
	}
	if found, err := filepath.Glob(filepath.Join(path, object+".*")); err == nil && len(found) == 1 {
		return found[0]
	}
	return path
}

// describe adds what the contract says of the dialect.
func describe(at Location, d contract.Dataset) (Location, error) {
	fact := func(name string) string {
		if own := d.Object.Custom.Text(name); own != "" {
			return own
		}
		return d.Server.Fact(name)
	}
	at.Delimiter, at.Quote, at.Encoding, at.Sheet = fact("delimiter"), fact("quote"), fact("encoding"), fact("sheet")
	if header := fact("header"); header != "" {
		yes, err := strconv.ParseBool(header)
		if err != nil {
			return at, sen.Errorf(sen.Invalid, "%s: header is %q, not true or false", d.Name, header)
		}
		at.Header = &yes
	}
	written := strings.ToLower(fact("format"))
	format, known := contract.FileFormat(written)
	if !known {
		return at, sen.Errorf(sen.Invalid, "%s: format %q cannot be read", d.Name, written).
			WithHint("formats are csv, jsonl, parquet, sqlite and xlsx; leave it empty to find it by evidence")
	}
	at.Format = format
	if written == "tsv" && at.Delimiter == "" {
		at.Delimiter = "tab"
	}
	return at, nil
}
