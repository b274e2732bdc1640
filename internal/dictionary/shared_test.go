package dictionary

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// shared opens a file of the folder of data beside the checkout.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("SEN_SHARED")
	for d, _ := os.Getwd(); dir == "" && d != filepath.Dir(d); d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "shared", "data")); err == nil {
			dir = filepath.Join(d, "shared")
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("no %s: set SEN_SHARED to the folder that holds it (%v)", name, err)
	}
	return raw
}

var insertedProvince = regexp.MustCompile(`(?m)^\('(\d\d)','([^']+)','[^']*','([^']+)'`)

func TestTheProvincesAreThoseOfThePublishedUnits(t *testing.T) {
	for file, units := range map[string][]Unit{"units-2024-postgres-data.sql": provinces63, "units-2026-postgres-data.sql": provinces34} {
		found := insertedProvince.FindAllStringSubmatch(string(shared(t, "data/admin-units/"+file)), -1)
		if len(found) != len(units) {
			t.Fatalf("%s: %d units published, %d in the table", file, len(found), len(units))
		}
		for i, f := range found {
			u := units[i]
			if u.Code != f[1] || Fold(u.Name) != Fold(f[2]) || u.City != strings.HasPrefix(f[3], "Thành phố") {
				t.Errorf("%s: table has %+v, published %v", file, u, f[1:])
			}
		}
	}
}

func TestTheMergerIsThatOfThePublishedWards(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(shared(t, "data/admin-units/wards-old-to-2025.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	wrong := map[string]string{}
	for _, row := range rows[1:] {
		old, _ := strconv.ParseFloat(row[0], 64)
		code := fmt.Sprintf("%02.0f", old)
		if Successor(code) != row[14] {
			wrong[code] = row[14]
		}
	}
	if len(wrong) > 0 {
		t.Errorf("published successors that the table has otherwise: %v", wrong)
	}
}

func TestPublishedGivenNamesAreNames(t *testing.T) {
	bad := 0
	names := strings.Split(strings.TrimSpace(string(shared(t, "data/names/given-male.txt"))), "\n")
	for _, name := range names {
		if personName().Standardise("Nguyễn "+name, Options{}).Problem != "" {
			bad++
		}
	}
	if bad*100 > len(names) {
		t.Errorf("%d of %d published given names are no names", bad, len(names))
	}
}
