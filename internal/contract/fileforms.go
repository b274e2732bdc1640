package contract

import (
	"maps"
	"slices"
	"strings"
)

// fileFormats are the forms of files that the hub reads, by the names that
// contracts give them; "" is found by evidence.
var fileFormats = map[string]string{
	"": "", "auto": "",
	"csv": "csv", "tsv": "csv", "text": "csv", "txt": "csv", "delimited": "csv",
	"json": "jsonl", "jsonl": "jsonl", "ndjson": "jsonl", "jsonlines": "jsonl",
	"parquet": "parquet",
	"sqlite":  "sqlite", "sqlite3": "sqlite",
	"xlsx": "xlsx", "xlsm": "xlsx", "excel": "xlsx",
}

// FileFormat is the hub's name of a form of files, by the name that a contract
// gives it.
func FileFormat(written string) (format string, known bool) {
	format, known = fileFormats[strings.ToLower(written)]
	return format, known
}

// files checks the form of a server's files. A contract may be about files
// that the hub does not read: it is a warning.
func (l *linter) files(s Server) {
	written := s.Fact("format")
	if s.Type != "local" && s.Type != "custom" || strings.Contains(written, "${") {
		return
	}
	if _, known := FileFormat(written); !known {
		names := slices.Sorted(maps.Keys(fileFormats))[1:]
		l.warnAt(s.at.field("format"), "", didYouMean(written, "formats", names), "server %q has files of the format %q, which the hub does not read", s.Name, written)
	}
}
