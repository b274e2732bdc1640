package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/source"
)

// values are expressions for each type that is met in practice; NULL is added
// to each.
var values = map[string][]string{
	"boolean":          {"true", "false"},
	"smallint":         {"0", "'-32768'", "'32767'"},
	"integer":          {"0", "'-2147483648'", "'2147483647'"},
	"bigint":           {"0", "'-9223372036854775808'", "'9223372036854775807'"},
	"oid":              {"0", "4294967295"},
	"real":             {"0", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "0.1", "1e-45", "3.4028235e38", "16777216", "1234567.5"},
	"double precision": {"0", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "0.1", "5e-324", "1.7976931348623157e308", "123456789012345", "1e15", "1e14", "0.0001", "0.00001", "9007199254740993", "2.2250738585072014e-308"},
	"numeric": {"0", "0.00", "-0.5", "1", "10000", "99999999", "0.0001", "0.00010000", "123456789012345678901234567890123456789012345678901234567890",
		"-123456789012345678901234567890.123456789012345678901234567890", "'NaN'", "'Infinity'", "'-Infinity'", "1e-16383", "1e1000", "100000000.00000001"},
	"numeric(12,2)":  {"1.37", "-9999999999.99", "0", "100"},
	"numeric(60,0)":  {"123456789012345678901234567890123456789012345678901234567890"},
	"numeric(3,-5)":  {"12300000", "0"},
	"money":          {"'12.34'", "'-92233720368547758.08'"},
	"text":           {"''", "'Nguyễn Thị Hồng Nhung'", `E'a\tb\nc\\d\r\be'`, `'\N'`, "'NULL'", "U&'\\+01F9E1'", "repeat('dài ', 5000)", `'"'`, "E'\\u0001\\u007f\\u2028'", "'\uf741'"},
	"varchar(20)":    {"''", "'Hà Nội'", "'trailing  '"},
	"character(8)":   {"''", "'abc'", "'Huế'"},
	`"char"`:         {"'a'", "''"},
	"name":           {"'a_name'", "''"},
	"bytea":          {`'\x'`, `'\x00ff10'`, `'\x5c78'`},
	"date":           {"'2024-02-29'", "'1900-02-28'", "'0001-01-01'", "'0001-12-31 BC'", "'0005-03-01 BC'", "'4713-01-01 BC'", "'5874897-12-31'", "'infinity'", "'-infinity'", "'10000-01-01'", "'2000-01-01'", "'1999-12-31'"},
	"time":           {"'00:00:00'", "'23:59:59.999999'", "'24:00:00'"},
	"timetz":         {"'12:00:00.5+07'"},
	"timestamp":      {"'2024-02-29 12:34:56.789'", "'1999-12-31 23:59:59.999999'", "'0044-03-15 12:00:00 BC'", "'4713-01-01 00:00:00 BC'", "'294276-12-31 23:59:59.999999'", "'infinity'", "'-infinity'", "'2000-01-01'", "'1970-01-01 00:00:00.000001'", "'10000-01-01 00:00:00'"},
	"timestamptz":    {"'2024-02-29 12:34:56.78+07'", "'0044-03-15 12:00:00+00 BC'", "'infinity'", "'-infinity'", "'1850-01-01 00:00:00+07:06:30'"},
	"timestamp(0)":   {"'2024-02-29 12:34:56'"},
	"interval":       {"'1 year -2 mons 3 days 04:05:06.789'", "'-1 day'", "'0'", "'178000000 years'"},
	"uuid":           {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
	"json":           {`'{"b": 1,  "a": [1, 2.50, null], "a": "\u00e9"}'`, "'null'"},
	"jsonb":          {`'{"b": 1,  "a": [1, 2.50, null], "c": "ế"}'`, "'null'", "'[]'", `'12345678901234567890.123456789'`},
	"xml":            {"'<a>ế &amp; b</a>'"},
	"inet":           {"'192.168.0.1'", "'192.168.0.0/24'", "'::1'"},
	"cidr":           {"'10.0.0.0/8'"},
	"macaddr":        {"'08:00:2b:01:02:03'"},
	"bit(5)":         {"B'10101'"},
	"bit varying":    {"B''", "B'1'"},
	"point":          {"'(1.5,-2)'"},
	"polygon":        {"'((0,0),(0,1),(1,0))'"},
	"tsvector":       {"'a fat cat'"},
	"int4range":      {"'[1,5)'", "'empty'", "'(,)'"},
	"tstzrange":      {"'[2024-01-01 00:00+07,infinity)'"},
	"nummultirange":  {"'{[1.5,2.5),[7,8]}'"},
	"integer[]":      {"'{}'", "'{1,NULL,3}'", "'{{1,2},{3,4}}'", "'[2:3]={1,2}'"},
	"text[]":         {`ARRAY['a','NULL',NULL,'','x"y','a\b','{c}','ế']`},
	"numeric[]":      {"'{1.10,NaN}'"},
	"timestamp[]":    {"'{2024-01-01 00:00:00,infinity}'"},
	"bytea[]":        {`ARRAY['\x00ff'::bytea]`},
	"pg_lsn":         {"'16/B374D848'"},
	"regclass":       {"'pg_class'"},
	"mood":           {"'vui'", "'rất buồn'"},
	"mood[]":         {"'{vui,\"rất buồn\"}'"},
	"natural_number": {"5"},
	"short":          {"'abc  '"},
	"short_of_short": {"'abc'"},
	"pair":           {"ROW(1,'a,b')", "ROW(NULL,NULL)", "ROW(2,'')"},
	"pair[]":         {"ARRAY[ROW(1,'x')::pair]"},
}

const typesSQL = `
CREATE TYPE mood AS ENUM ('vui', 'rất buồn');
CREATE DOMAIN natural_number AS integer CHECK (VALUE > 0);
CREATE DOMAIN short AS character(5);
CREATE DOMAIN short_of_short AS short;
CREATE TYPE pair AS (a integer, b text);`

func TestEveryTypeComesAsTheServersOwnText(t *testing.T) {
	s, db := database(t, typesSQL)
	d := connect(t, at(s, db))
	for typ, list := range values {
		t.Run(typ, func(t *testing.T) {
			table := quote("t_" + typ)
			s.MustExec(t, db, fmt.Sprintf("CREATE TABLE %s (id serial, v %s)", table, typ))
			for _, v := range append(list, "NULL") {
				s.MustExec(t, db, fmt.Sprintf("INSERT INTO %s (v) VALUES (%s::%s)", table, v, typ))
			}
			r, err := d.Open(t.Context(), "t_"+typ, source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, r, source.Mark{})
			same(t, got.columns, got.rows, serverTexts(t, s, db, "SELECT * FROM "+table+" ORDER BY id"))
			for i, fault := range got.faults {
				if fault != "" {
					t.Errorf("row %d has the fault %q", i, fault)
				}
			}
		})
	}
}

func TestManyDatesTimestampsAndNumbersComeAsTheServerWritesThem(t *testing.T) {
	s, db := database(t, `
SELECT setseed(0.5);
CREATE TABLE many AS SELECT g AS id,
  (date '4714-11-24 BC' + (random() * 2914695)::int) AS far,
  (date '1890-01-01' + g) AS near,
  timestamp '4713-01-01 BC' + random() * interval '15000 years' AS at,
  timestamptz '2000-01-01' + (random() - 0.5) * interval '400 years' AS zoned,
  trunc(((random() - 0.5) * 10 ^ (random() * 30))::numeric, (random() * 12)::int) AS amount,
  ((random() - 0.5) * 10 ^ (random() * 18))::bigint AS whole,
  (random() * 10 ^ (random() * 60 - 30))::float8 AS real,
  (random() * 1000000)::numeric / 7 AS ratio
FROM generate_series(1, 100000) g;`)
	r, err := connect(t, at(s, db)).Open(t.Context(), "many", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	same(t, got.columns, got.rows, serverTexts(t, s, db, "SELECT * FROM many ORDER BY ctid"))
}

func TestBytesThatAreNoTextAreKeptAndReported(t *testing.T) {
	s := shared(t)
	s.MustExec(t, "postgres", "DROP DATABASE IF EXISTS latin WITH (FORCE)")
	s.MustExec(t, "postgres", "CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
	s.MustExec(t, "latin", `SET client_encoding = 'SQL_ASCII';
CREATE TABLE t (id int, v text);
INSERT INTO t VALUES (1, 'plain'), (2, E'caf\xe9'), (3, E'Hu\xe1\xba\xbf'), (4, E'\xff\xfe');`)
	r, err := connect(t, at(s, "latin")).Open(t.Context(), "t", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	for i, want := range []struct{ value, fault string }{
		{"plain", ""}, {"caf\uf7e9", "undecodable byte 0xE9 in column v"}, {"Huế", ""}, {"\uf7ff\uf7fe", "undecodable byte 0xFF in column v"},
	} {
		if show(got.rows[i][1]) != want.value || got.faults[i] != want.fault {
			t.Errorf("row %d: %q, fault %q; want %q, %q", i, show(got.rows[i][1]), got.faults[i], want.value, want.fault)
		}
	}
}

func TestADatabaseInAnotherEncodingComesAsUTF8(t *testing.T) {
	s := shared(t)
	s.MustExec(t, "postgres", "DROP DATABASE IF EXISTS one_byte WITH (FORCE)")
	s.MustExec(t, "postgres", "CREATE DATABASE one_byte ENCODING 'WIN1258' TEMPLATE template0 LOCALE 'C'")
	s.MustExec(t, "one_byte", `CREATE TABLE t (v text); INSERT INTO t VALUES ('Đông')`)
	r, err := connect(t, at(s, "one_byte")).Open(t.Context(), "t", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, r, source.Mark{}); show(got.rows[0][0]) != "Đông" || got.faults[0] != "" {
		t.Errorf("%q %q", show(got.rows[0][0]), got.faults[0])
	}
	got := read(t, r, source.Mark{})
	if sums, err := connect(t, at(s, "one_byte")).Sums(t.Context(), "t", got.columns, got.ranges); err != nil || sums[0] != sum(got.rows) {
		t.Errorf("sums %v, %v", sums, err)
	}
	if f := r.Facts(); !strings.Contains(f.Encoding, "WIN1258") {
		t.Errorf("encoding %q", f.Encoding)
	}
}
