package contract

import (
	"slices"
	"strings"
)

// serverTable gives, for each server type of ODCS 3.1.0, its own fields: a
// plain name is text, "port" a whole number, a star marks what is required.
var serverTable = map[string]string{
	"api":        "location*",
	"athena":     "stagingDir* schema* catalog regionName",
	"azure":      "location* format* delimiter",
	"bigquery":   "project* dataset*",
	"clickhouse": "host* port* database*",
	"cloudsql":   "host* port* database* schema*",
	"custom": "account catalog database dataset delimiter endpointUrl format host location path port " +
		"project region regionName schema serviceName stagingDir warehouse stream",
	"databricks": "host catalog* schema*",
	"db2":        "host* port* database* schema",
	"denodo":     "host* port* database",
	"dremio":     "host* port* schema",
	"duckdb":     "database* schema",
	"glue":       "account* database* location format",
	"hive":       "host* port database*",
	"impala":     "host* port database*",
	"informix":   "host* port database*",
	"kafka":      "host* format",
	"kinesis":    "region format",
	"local":      "path* format*",
	"mysql":      "host* port* database*",
	"oracle":     "host* port* serviceName*",
	"postgres":   "host* port* database* schema*",
	"postgresql": "host* port* database* schema*",
	"presto":     "host* catalog schema",
	"pubsub":     "project*",
	"redshift":   "host database* schema* region account",
	"s3":         "location* endpointUrl format delimiter",
	"sftp":       "location* format delimiter",
	"snowflake":  "host port account* database* schema* warehouse",
	"sqlserver":  "host* port database* schema*",
	"synapse":    "host* port* database*",
	"trino":      "host* port* catalog* schema*",
	"vertica":    "host* port* database* schema*",
	"zen":        "host* port database*",
}

func serverTypes() []string {
	names := make([]string, 0, len(serverTable))
	for name := range serverTable {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func serverTypeFields(n *node) ([]field, bool) {
	row, ok := serverTable[n.str("type")]
	if !ok {
		return nil, false
	}
	var all []field
	for _, cell := range strings.Fields(row) {
		name, required := strings.CutSuffix(cell, "*")
		all = append(all, field{name: name, form: serverForm(n.str("type"), name), required: required})
	}
	return all, true
}

func serverForm(server, name string) form {
	switch {
	case name == "port":
		return integer
	case name == "location" && server == "sftp":
		return form{kinds: aText, match: sftpURL, looks: "sftp://…"}
	}
	return text
}
