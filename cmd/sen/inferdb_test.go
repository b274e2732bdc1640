package main

import (
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

func TestAnAddressNamesADatabase(t *testing.T) {
	for address, want := range map[string]live.Server{
		"postgresql://reader@db.example/civil":             {Type: live.PostgreSQL, Host: "db.example", Port: 5432, Database: "civil", Schema: "public", User: "reader"},
		"postgres://reader@127.0.0.1:5499/civil/":          {Type: live.PostgreSQL, Host: "127.0.0.1", Port: 5499, Database: "civil", Schema: "public", User: "reader"},
		"mysql://reader@[::1]/civil":                       {Type: live.MySQL, Host: "::1", Port: 3306, Database: "civil", User: "reader"},
		"mariadb://%C4%91%E1%BB%8Dc@db.example/h%E1%BB%99": {Type: live.MySQL, Host: "db.example", Port: 3306, Database: "hộ", User: "đọc"},
	} {
		got, err := inferOptions{source: address, tls: "verify-full"}.server()
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if got.Type != want.Type || got.Host != want.Host || got.Port != want.Port || got.Database != want.Database || got.Schema != want.Schema || got.User != want.User || got.TLS.Off {
			t.Errorf("%s: got %+v, want %+v", address, got, want)
		}
	}
}

func TestAnAddressThatIsNoneIsRefusedAndNotRepeated(t *testing.T) {
	for address, hint := range map[string]string{
		"postgresql://reader:hunter2@db.example/civil":             "--password env:NAME",
		"postgresql://reader:hunter2@db.example:hunter2/civil":     "",
		"mysql://reader:@db.example/civil":                         "--password env:NAME",
		"oracle://reader@db.example/civil":                         "postgresql://",
		"https://db.example/civil":                                 "docs/connecting-a-source.md",
		"postgresql://reader@db.example/civil?password=hunter2":    "--password",
		"postgresql://reader@db.example/":                          "postgresql://user@host:5432/database",
		"postgresql://reader@db.example/civil/births":              "postgresql://user@host:5432/database",
		"postgresql://db.example/civil":                            "postgresql://user@host:5432/database",
		"mysql://reader@/civil":                                    "mysql://user@host:3306/database",
		"mysql://reader@db.example:99999999999999999999/civil":     "",
		"postgresql://reader@db.example/civil#hunter2":             "--password",
		"postgresql://reader@db.example:5432\n/civil?sslmode=none": "",
	} {
		_, err := inferOptions{source: address, tls: "verify-full"}.server()
		if sen.KindOf(err) != sen.Invalid || err == nil {
			t.Errorf("%q: got %v, want it refused as invalid", address, err)
			continue
		}
		if said := err.Error() + sen.HintOf(err); strings.Contains(said, "hunter2") || !strings.Contains(said, hint) {
			t.Errorf("%q: got %q, want it to name %q and no secret", address, said, hint)
		}
	}
}

func FuzzAnAddressOfADatabase(f *testing.F) {
	f.Add("postgresql://reader@db.example:5432/civil")
	f.Add("mysql://reader:secret@[::1]/civil?x=y")
	f.Fuzz(func(t *testing.T, address string) {
		s, err := inferOptions{source: address, tls: "verify-full"}.server()
		if err != nil {
			if sen.KindOf(err) != sen.Invalid {
				t.Errorf("%q: %v is of kind %v, want invalid", address, err, sen.KindOf(err))
			}
			return
		}
		if s.Host == "" || s.Database == "" || s.User == "" || s.Port < 1 || s.Port > 65535 || s.Password != "" {
			t.Errorf("%q: got %+v, want a whole address without a password", address, s)
		}
	})
}
