package web

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/state"
)

const password = "một hai ba bốn năm"

// cheap is a hash of password that costs nearly nothing, for there is a sign-in
// in every test. That of a real account is for package account to test.
var cheap = func() string {
	salt, b := []byte("of the tests"), base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, b.EncodeToString(salt), b.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)))
}()

// addAccounts makes an account for each role, of the role's name; the agency's
// is civil-status's.
func addAccounts(t *testing.T, s *state.State) {
	t.Helper()
	for _, role := range account.Roles() {
		addAccount(t, s, state.Account{Name: role, Role: role, Agency: "civil-status"})
	}
}

func addAccount(t *testing.T, s *state.State, one state.Account) {
	t.Helper()
	one.Title, one.Password, one.Created, one.Creator = one.Name, cheap, time.Now(), "operator:test"
	if err := s.PutAccount(t.Context(), one, true); err != nil {
		t.Fatal(err)
	}
}
