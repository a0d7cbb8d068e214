package demo

import (
	"context"

	"github.com/alexedwards/argon2id"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// CredentialStore finds credentials by e-mail address. Code: NOT_FOUND.
type CredentialStore interface {
	FindCredentials(ctx context.Context, email string) (auth.Credentials, error)
}

// FindPasswords returns the addresses of the demo users who can sign in with
// Password. It takes about 50 ms for each of the users that exist.
func FindPasswords(ctx context.Context, users CredentialStore) ([]string, error) {
	var found []string
	for _, c := range companies {
		for _, name := range []string{"operator", "manager", "admin"} {
			email := name + "@" + c.tenant.ID + ".demo"
			user, err := users.FindCredentials(ctx, email)
			if harang.ErrorCode(err) == harang.CodeNotFound || err == nil && user.Disabled {
				continue
			}
			if err != nil {
				return nil, err
			}
			same, err := argon2id.ComparePasswordAndHash(Password, user.PasswordHash)
			if err != nil {
				return nil, err
			}
			if same {
				found = append(found, email)
			}
		}
	}
	return found, nil
}
