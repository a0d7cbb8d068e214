package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// hookedCredentials let something happen between the reading of a password's hash and
// the beginning of the session.
type hookedCredentials struct {
	auth.UserStore
	meanwhile func()
}

func (b hookedCredentials) FindCredentials(ctx context.Context, email string) (harang.Credentials, error) {
	c, err := b.UserStore.FindCredentials(ctx, email)
	b.meanwhile()
	return c, err
}

// A login that was under way with the old password when that was changed, or
// when the user was disabled, leaves no session behind.
func TestLogin_WhileThePasswordIsChanged(t *testing.T) {
	for name, change := range map[string]auth.UserChange{
		"password": {Password: new("a new password")},
		"disabled": {Disabled: new(true)},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			users := hookedCredentials{UserStore: b.store, meanwhile: func() {
				b.clock.Move(time.Millisecond)
				if _, err := b.UpdateUser(t.Context(), b.admin, b.clerk.ID, change); err != nil {
					t.Error(err)
				}
				b.clock.Move(time.Millisecond)
			}}
			service, err := auth.New(users, b.key, auth.Options{
				Clock: b.clock.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, HashParams: cheap,
			})
			if err != nil {
				t.Fatal(err)
			}
			g, err := service.Login(t.Context(), b.clerk.Email, password, "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			if change.Disabled != nil {
				if _, err := b.UpdateUser(t.Context(), b.admin, b.clerk.ID, auth.UserChange{Disabled: new(false)}); err != nil {
					t.Fatal(err)
				}
			}
			_, err = b.Authenticate(t.Context(), g.AccessToken)
			wantCode(t, err, harang.CodeUnauthenticated)
			_, err = b.Refresh(t.Context(), g.Refresh)
			wantCode(t, err, harang.CodeUnauthenticated)
		})
	}
}
