package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// hookedCredentials calls meanwhile between the reading of a password's hash and the creation of the session.
type hookedCredentials struct {
	auth.UserStore
	meanwhile func()
}

func (env hookedCredentials) FindCredentials(ctx context.Context, email string) (harang.Credentials, error) {
	c, err := env.UserStore.FindCredentials(ctx, email)
	env.meanwhile()
	return c, err
}

// A login that was in progress with the old password when it was changed, or when the user was disabled, leaves no live
// session.
func TestLogin_WhileThePasswordIsChanged(t *testing.T) {
	for name, change := range map[string]auth.UserChange{
		"password": {Password: new("a new password")},
		"disabled": {Disabled: new(true)},
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t)
			users := hookedCredentials{UserStore: env.store, meanwhile: func() {
				env.clock.Move(time.Millisecond)
				if _, err := env.UpdateUser(t.Context(), env.admin, env.operator.ID, change); err != nil {
					t.Error(err)
				}
				env.clock.Move(time.Millisecond)
			}}
			service, err := auth.New(users, env.key, auth.Options{
				Clock: env.clock.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
				HashParams: cheap,
			})
			if err != nil {
				t.Fatal(err)
			}
			g, err := service.Login(t.Context(), env.operator.Email, password, "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			if change.Disabled != nil {
				if _, err := env.UpdateUser(t.Context(), env.admin, env.operator.ID,
					auth.UserChange{Disabled: new(false)}); err != nil {
					t.Fatal(err)
				}
			}
			_, err = env.Authenticate(t.Context(), g.AccessToken)
			wantCode(t, err, harang.CodeUnauthenticated)
			_, err = env.Refresh(t.Context(), g.Refresh)
			wantCode(t, err, harang.CodeUnauthenticated)
		})
	}
}
