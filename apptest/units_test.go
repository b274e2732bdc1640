package apptest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

const residenceContract = `apiVersion: v3.1.0
kind: DataContract
id: residence
version: 1.0.0
status: active
servers: [{server: file, type: local, path: sources/residence.csv, format: csv}]
schema:
  - name: registration
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - name: address
        physicalName: dia_chi
        logicalType: string
        authoritativeDefinitions: [{type: dataElement, url: sen:element/address}]
      - name: ward
        physicalName: dia_chi
        logicalType: string
        authoritativeDefinitions: [{type: dataElement, url: sen:element/administrative-unit}]
`

// The real units come in by the pipeline; addresses are read by them, alone and
// in a column, before and after they are known.
func TestAddressesAreReadByTheUnitsOfTheHub(t *testing.T) {
	s := newShell(t)
	lists := filepath.Join(s.dir, "lists")
	names := []string{"wards-old-to-2025.csv", "units-2026-postgres-data.sql", "ward-aliases-legacy.csv"}
	for i, text := range unitsData(t, names...) {
		s.write(filepath.Join("lists", names[i]), text)
	}
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.want(3, "standardise", "address", "Phường Phúc Xá, Quận Ba Đình, Hà Nội").says(t, "no administrative units", "sen units")
	s.write("contracts/residence.odcs.yaml", residenceContract)
	s.write("sources/residence.csv", "id,dia_chi\n1,\"số 5, P. Phúc Xá, q.Ba Đình, Hà Nội\"\n2,\"xa ea kao, buon ma thuot, dak lak\"\n3,\"Phường Hàng Trống, Quận Hoàn Kiếm, Hà Nội\"\n4,ở nhà\n5,\n")
	s.want(3, "sync").says(t, "residence.registration", "has no administrative units")

	s.ok("units", lists).says(t, "14,149", "2 of 2")
	s.ok("sync", "residence").says(t, "residence.registration")
	got := s.ok("query", "SELECT id, address, ward FROM residence.registration ORDER BY id", "--purpose", "test", "--json").out
	for _, want := range []string{"số 5, Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội", "00097", "Xã Ea Kao, Thành phố Buôn Ma Thuột, Tỉnh Đắk Lắk", "Phường Hàng Trống, Quận Hoàn Kiếm, Thành phố Hà Nội", "ở nhà"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	s.ok("query", "SELECT count(*) AS n FROM residence.registration WHERE ward IS NULL", "--purpose", "test").says(t, "3")
	s.ok("verify").says(t, "agree")

	var a struct {
		Place struct {
			Now   struct{ Ward, Province struct{ Code, Name string } }
			Since string
		}
	}
	s.ok("standardise", "address", "Phường Phúc Xá, Quận Ba Đình, Hà Nội", "--on", "2024-01-01", "--json").json(t, &a)
	if got := fmt.Sprint(a.Place); got != "{{{00097 Phường Hồng Hà} {01 Thành phố Hà Nội}} 2025-07-01}" {
		t.Errorf("got %s", got)
	}
	s.ok("standardise", "address", "Phường Hàng Trống, Quận Hoàn Kiếm, Hà Nội", "--on", "2024-01-01").says(t, "it may be", "Phường Cửa Nam", "Phường Hoàn Kiếm", "the hamlet or street")

	// Other units are another plan: what was read by the old ones is read again,
	// by a hub that is up, too.
	v := s.up()
	s.ok("sync", "--force", "residence").says(t, "the hub that is up")
	s.write("sources/administrative-units/units.csv", strings.Replace(s.read("sources/administrative-units/units.csv"), "Phúc Xá,Phường", "Phúc Xá,Xã", 1))
	s.ok("sync").says(t, "residence.registration")
	s.ok("query", "SELECT address FROM residence.registration WHERE id = 1", "--purpose", "test").says(t, "Xã Phúc Xá, Quận Ba Đình")
	v.stop()
}

// Small, so that every test run holds each planted error and each clean row
// against the truth: what is wrong fails the command.
func TestEveryPlantedErrorIsWhatTheTruthSaysAndNothingElseIsKeptBack(t *testing.T) {
	var kinds []struct {
		Planted                  string
		Rows, Clean, Quarantined int64
	}
	newShell(t).ok("bench", "quality", "--records", "80000", "--json").json(t, &kinds)
	if len(kinds) < 35 {
		t.Errorf("only %d kinds of rows", len(kinds))
	}
	for _, k := range kinds {
		if k.Clean+k.Quarantined != k.Rows || k.Clean > 0 && k.Quarantined > 0 || k.Planted == "" && k.Quarantined > 0 {
			t.Errorf("%+v", k)
		}
	}
}
