// Package demo creates two tenants with data that looks like real shops, so that
// no screen is empty and everything can be tried at once.
//
// The data is the same every time, seeded with a fixed number and placed
// relative to the day on which it is created. It goes through the use cases
// that people's own data goes through, so the books add up.
package demo

import (
	"context"
	"fmt"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// Password is what every demo user logs in with.
const Password = "harang-demo"

// Tenants keeps tenants.
type Tenants interface {
	FindTenant(ctx context.Context, id string) (harang.Tenant, error)
	CreateTenant(ctx context.Context, t harang.Tenant) error
}

// Shop is what the data is created through.
type Shop struct {
	Tenants Tenants
	Auth    *auth.Service
}

// company is one demo tenant.
type company struct {
	tenant harang.Tenant
	people [3]string // operator, manager, administrator
}

var companies = []company{
	{harang.Tenant{ID: "budapest", Name: "Budapesti Gépkölcsönző Kft."}, [3]string{"Kiss Eszter", "Nagy Péter", "Szabó Judit"}},
	{harang.Tenant{ID: "debrecen", Name: "Cívis Kölcsönző Kft."}, [3]string{"Tóth Bence", "Varga Katalin", "Balogh István"}},
}

// Create makes the demo tenants that are absent. What is there is left as it
// is, also when it was only begun.
func Create(ctx context.Context, shop Shop) error {
	for _, c := range companies {
		_, err := shop.Tenants.FindTenant(ctx, c.tenant.ID)
		if err == nil {
			continue
		}
		if harang.ErrorCode(err) != harang.CodeNotFound {
			return err
		}
		if err := shop.create(ctx, c); err != nil {
			return fmt.Errorf("tenant %s: %w", c.tenant.ID, err)
		}
	}
	return nil
}

func (s Shop) create(ctx context.Context, c company) error {
	if err := s.Tenants.CreateTenant(ctx, c.tenant); err != nil {
		return err
	}
	admin := harang.Identity{Tenant: c.tenant.ID, TenantName: c.tenant.Name, UserID: "cli:ADMIN", Name: c.people[2], Role: harang.RoleAdmin}
	for i, user := range []struct {
		name string
		role harang.Role
	}{{"operator", harang.RoleOperator}, {"manager", harang.RoleStoreManager}, {"admin", harang.RoleAdmin}} {
		_, err := s.Auth.CreateUser(ctx, admin, auth.NewUser{
			Email: user.name + "@" + c.tenant.ID + ".demo", Name: c.people[i], Role: user.role, Password: Password,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
