// Package substrait stands in for github.com/substrait-io/substrait, the
// definitions of Substrait's functions, and has none of them.
//
// iceberg-go reads all of them into memory while a program starts (package
// table/substrait), to push the filters of its own scans down: that took three
// quarters of the time in which any command of Sen starts, and 30 MB. Sen reads
// the tables of its lake in its engine, and never by such a scan.
package substrait

import "embed"

// One definition of nothing: substrait-go cannot do with none.
//
//go:embed extensions/nothing.yaml
var nothing embed.FS

// GetSubstraitFS is the folder of the definitions.
func GetSubstraitFS() embed.FS { return nothing }

// GetSubstraitExtensionsFS is the same.
func GetSubstraitExtensionsFS() embed.FS { return nothing }
