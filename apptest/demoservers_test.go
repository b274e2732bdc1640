package apptest

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/sen-hub/sen/internal/source/mysql/mytest"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

func TestTheDemonstrationPutsAgenciesIntoServersAndReadsThemThere(t *testing.T) {
	pg, my := pgtest.New(t, pgtest.Options{}), mytest.New(t, mytest.Options{})
	pg.MustExec(t, "postgres", "CREATE DATABASE country")
	my.MustExec(t, "", "CREATE DATABASE country", "CREATE USER maker@'127.0.0.1' IDENTIFIED BY 'made up'", "GRANT ALL ON country.* TO maker@'127.0.0.1'", "GRANT BINLOG MONITOR, RELOAD ON *.* TO maker@'127.0.0.1'")
	s := newShell(t)
	s.env = []string{"SEN_TEST_PASSWORD=made up"}
	args := []string{"demo", "--people", "400", "--seed", "5", "--dir", "land", "--server-tls", "off",
		"--postgres", fmt.Sprintf("postgresql://postgres@127.0.0.1:%d/country", pg.Port),
		"--mysql", fmt.Sprintf("mysql://maker@127.0.0.1:%d/country", my.Port), "--mysql-password", "env:SEN_TEST_PASSWORD"}
	s.ok(args...).says(t, "22 of 22", "land", "passports").saysNot(t, "made up")
	s.ok(args...).says(t, "22 of 22")
	h := *s
	h.dir = filepath.Join(s.dir, "land")
	for dataset, run := range map[string]func(string) [][]string{
		"land.parcel":        func(q string) [][]string { return pg.MustExec(t, "country", fmt.Sprintf(q, "thua_dat")) },
		"passports.passport": func(q string) [][]string { return my.MustExec(t, "country", fmt.Sprintf(q, "ho_chieu")) },
	} {
		there := run("SELECT count(*) FROM %s")[0][0]
		if there == "0" {
			t.Errorf("%s: the server's table is empty", dataset)
		}
		h.ok("verify", dataset).says(t, "source and store agree", there)
	}
	pg.MustExec(t, "country", "COMMENT ON TABLE thua_dat IS 'somebody else''s'")
	s.want(4, args...).says(t, "thua_dat", "did not make")
}
