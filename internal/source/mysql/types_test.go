package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/source"
)

// values are, for each type, what is stored (as SQL) and the text that lands.
var values = []struct {
	typ  string
	pair [][2]string
}{
	{"tinyint", [][2]string{{"-128", "-128"}, {"127", "127"}}},
	{"tinyint unsigned", [][2]string{{"255", "255"}}},
	{"smallint", [][2]string{{"-32768", "-32768"}}},
	{"mediumint unsigned", [][2]string{{"16777215", "16777215"}}},
	{"int(8) zerofill", [][2]string{{"42", "00000042"}}},
	{"bigint", [][2]string{{"-9223372036854775808", "-9223372036854775808"}}},
	{"bigint unsigned", [][2]string{{"18446744073709551615", "18446744073709551615"}}},
	{"decimal(65,30)", [][2]string{{"12345678901234567890123456789012345.123456789012345678901234567890", "12345678901234567890123456789012345.123456789012345678901234567890"}, {"-0.5", "-0.500000000000000000000000000000"}}},
	{"decimal(12,2)", [][2]string{{"9999999999.99", "9999999999.99"}}},
	{"float", [][2]string{{"1.1", "1.1"}, {"16777216", "16777216"}, {"0.3", "0.3"}, {"3.4e38", "3.4e38"}, {"123456.7", "123456.703125"}, {"-0.1234567", "-0.12345670163631439"}}},
	{"float(10,2)", [][2]string{{"1234567.89", "1234567.88"}, {"1.1", "1.10"}}},
	{"double", [][2]string{{"0.1", "0.1"}, {"0.30000000000000004", "0.30000000000000004"}, {"1e300", "1e300"}, {"-1.7976931348623157e308", "-1.7976931348623157e308"}, {"1234567890123456789", "1.2345678901234568e18"}}},
	{"double(20,4)", [][2]string{{"1.5", "1.5000"}}},
	{"date", [][2]string{{"'2024-02-29'", "2024-02-29"}, {"'0000-00-00'", "0000-00-00"}, {"'2024-00-00'", "2024-00-00"}, {"'9999-12-31'", "9999-12-31"}}},
	{"datetime", [][2]string{{"'2024-02-29 12:34:56'", "2024-02-29 12:34:56"}, {"'0000-00-00 00:00:00'", "0000-00-00 00:00:00"}}},
	{"datetime(6)", [][2]string{{"'2024-02-29 12:34:56.789'", "2024-02-29 12:34:56.789000"}}},
	{"timestamp null", [][2]string{{"'2024-02-29 12:34:56'", "2024-02-29 12:34:56"}, {"'0000-00-00 00:00:00'", "0000-00-00 00:00:00"}}},
	{"timestamp(3) null", [][2]string{{"'1970-01-01 00:00:01.5'", "1970-01-01 00:00:01.500"}}},
	{"time", [][2]string{{"'838:59:59'", "838:59:59"}, {"'-838:59:59'", "-838:59:59"}}},
	{"time(6)", [][2]string{{"'25:00:00.000001'", "25:00:00.000001"}}},
	{"year", [][2]string{{"1990", "1990"}, {"'0000'", "0000"}}},
	{"bit(1)", [][2]string{{"b'1'", "1"}, {"b'0'", "0"}}},
	{"bit(64)", [][2]string{{"b'1111111111111111111111111111111111111111111111111111111111111111'", "18446744073709551615"}, {"5", "5"}}},
	{"char(8)", [][2]string{{"'abc'", "abc"}, {"'Huế'", "Huế"}, {"''", ""}}},
	{"varchar(20)", [][2]string{{"'trailing  '", "trailing  "}, {`'a\\b'`, `a\b`}, {`'tab\tline\n'`, "tab\tline\n"}, {"'NULL'", "NULL"}}},
	{"text", [][2]string{{"repeat('dài ', 10000)", strings.Repeat("dài ", 10000)}, {"'🪷'", "🪷"}}},
	{"longtext", [][2]string{{"repeat('x', 17000000 - 1000000)", strings.Repeat("x", 16_000_000)}}},
	{"enum('nam','nữ')", [][2]string{{"'nữ'", "nữ"}, {"0", ""}}},
	{"set('a','b','ô')", [][2]string{{"'a,ô'", "a,ô"}, {"''", ""}}},
	{"json", [][2]string{{`'{"b": 1,  "a": [1, 2.50]}'`, `{"b": 1,  "a": [1, 2.50]}`}}},
	{"binary(4)", [][2]string{{"X'0041'", `\x00410000`}}},
	{"varbinary(10)", [][2]string{{"X'00ff27'", `\x00ff27`}, {"''", `\x`}}},
	{"blob", [][2]string{{"X'c3a9'", `\xc3a9`}}},
	{"point", [][2]string{{"POINT(1,2)", `\x000000000101000000000000000000f03f0000000000000040`}}},
	{"uuid", [][2]string{{"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}}},
	{"inet6", [][2]string{{"'::1'", "::1"}}},
	{"varchar(20) character set latin1", [][2]string{{"'café €'", "café €"}, {"_latin1 X'8180fe'", "\u0081€þ"}}},
	{"varchar(20) character set cp1250", [][2]string{{"'Dvořák'", "Dvořák"}}},
	{"varchar(20) character set big5", [][2]string{{"_big5 X'a440'", "一"}}},
	{"varchar(20) character set utf16", [][2]string{{"'Huế? 🪷'", "Huế? 🪷"}}},
	{"varchar(20) character set ucs2", [][2]string{{"'Huế'", "Huế"}}},
	{"varchar(20) character set utf8mb3", [][2]string{{"'Huế'", "Huế"}}},
	{"varchar(20) character set ascii", [][2]string{{"'abc?'", "abc?"}}},
	{"varchar(20) collate utf8mb4_vietnamese_ci", [][2]string{{"'Đặng'", "Đặng"}}},
	{"int as (1 + 2) virtual", [][2]string{{"DEFAULT", "3"}}},
	{"varchar(9) as (concat('a', 'é')) stored", [][2]string{{"DEFAULT", "aé"}}},
}

func TestEveryTypeComesAsTheServersOwnTextAndTheServerSumsItUpAlike(t *testing.T) {
	s := shared(t)
	db := database(t, s)
	server := at(s, db)
	d := connect(t, server)
	for n, c := range values {
		t.Run(c.typ, func(t *testing.T) {
			table := fmt.Sprintf("t%d", n)
			statements := []string{"SET sql_mode = ''", "SET time_zone = '+00:00'", fmt.Sprintf("CREATE TABLE %s (id int PRIMARY KEY AUTO_INCREMENT, v %s)", table, c.typ)}
			for _, p := range c.pair {
				statements = append(statements, fmt.Sprintf("INSERT INTO %s (v) VALUES (%s)", table, p[0]))
			}
			if !strings.Contains(c.typ, " as ") {
				statements = append(statements, fmt.Sprintf("INSERT INTO %s (v) VALUES (NULL)", table))
			}
			s.MustExec(t, db, statements...)
			r, err := d.Open(t.Context(), table, source.Options{FieldLimit: 64 << 20})
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, r, source.Mark{})
			for i, p := range c.pair {
				if v := show(got.rows[i][1]); v != p[1] || got.faults[i] != "" {
					t.Errorf("%.80s came as %.80q (fault %q), want %.80q", p[0], v, got.faults[i], p[1])
				}
			}
			if len(got.rows) > len(c.pair) && got.rows[len(c.pair)][1] != nil {
				t.Errorf("NULL came as %q", show(got.rows[len(c.pair)][1]))
			}
			sameSums(t, d, table, got)
		})
	}
}
