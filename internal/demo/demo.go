// Package demo creates two tenants with the data of realistic shops, so that no
// screen is empty and everything can be tried at once.
//
// The data is the same every time: it comes from a fixed seed and is placed
// relative to the day on which it is created. It is created by the use cases that
// create all other data, so quantities, movements and sums agree: fourteen days of
// rentals, payments and returns, each at its own time, and a few recent alerts.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/shop"
)

// Password is the password of every demo user.
const Password = "harang-demo"

// TenantStore stores tenants.
type TenantStore interface {
	FindTenant(ctx context.Context, id string) (harang.Tenant, error)
	CreateTenant(ctx context.Context, t harang.Tenant, audit ...harang.AuditEntry) error
}

// Options are what the data is created with.
type Options struct {
	Tenants TenantStore
	Auth    *auth.Service
	// UseCases are the options of the use cases. Their clock is the present; past
	// actions run with a fixed clock.
	UseCases shop.Options
}

// company is one demo tenant.
type company struct {
	tenant    harang.Tenant
	people    [3]string // names of operator, manager and administrator
	products  []harang.Product
	locations []harang.Location
	partners  []harang.Partner
	low       []shortage
	seed      uint64
}

// shortage is a stock item that is short at the end.
type shortage struct {
	product, location           string
	quantity, warning, critical int64
}

// Create creates the demo tenants that are absent. An existing tenant is left as
// it is, even when its creation was interrupted.
func Create(ctx context.Context, o Options) error {
	for _, c := range companies {
		_, err := o.Tenants.FindTenant(ctx, c.tenant.ID)
		if err == nil {
			continue
		}
		if harang.ErrorCode(err) != harang.CodeNotFound {
			return err
		}
		if err := o.create(ctx, c); err != nil {
			return fmt.Errorf("tenant %s: %w", c.tenant.ID, err)
		}
	}
	return nil
}

func (o Options) create(ctx context.Context, c company) error {
	if err := o.Tenants.CreateTenant(ctx, c.tenant); err != nil {
		return err
	}
	admin := harang.Identity{
		Tenant: c.tenant.ID, TenantName: c.tenant.Name, UserID: "cli:ADMIN", Name: c.people[2], Role: harang.RoleAdmin,
	}
	people := make([]harang.Identity, 0, 3)
	for i, user := range []struct {
		name string
		role harang.Role
	}{{"operator", harang.RoleOperator}, {"manager", harang.RoleStoreManager}, {"admin", harang.RoleAdmin}} {
		u, err := o.Auth.CreateUser(ctx, admin, auth.NewUser{
			Email: user.name + "@" + c.tenant.ID + ".demo", Name: c.people[i], Role: user.role, Password: Password,
		})
		if err != nil {
			return err
		}
		people = append(people, harang.Identity{
			Tenant: c.tenant.ID, TenantName: c.tenant.Name, UserID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role,
		})
	}
	g := &generator{
		options: o, company: c, people: people,
		random: rand.New(rand.NewPCG(c.seed, 1)), //nolint:gosec // the same every time, on purpose
		now:    o.UseCases.Clock().UTC().Truncate(time.Second),
	}
	g.present = shop.New(o.UseCases)
	if err := g.loadCatalogue(ctx); err != nil {
		return err
	}
	if err := g.simulate(ctx); err != nil {
		return err
	}
	if err := g.markRead(ctx); err != nil {
		return err
	}
	return g.claimFirst(ctx)
}
