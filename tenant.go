package harang

import (
	"context"
	"regexp"
)

// Tenant is a company with one or several locations. Tenants never see anything
// of each other.
type Tenant struct {
	// ID is chosen by the operator: [a-z0-9][a-z0-9-]{0,62}.
	ID string `json:"id"`
	// Name is shown to people.
	Name string `json:"name"`
}

var tenantID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// ValidTenantID reports whether id may name a tenant.
func ValidTenantID(id string) bool { return tenantID.MatchString(id) }

type tenantKey struct{}

// ForTenant returns a context for the work of a call of a tenant, so that what tenants
// share can be shared fairly. It decides nothing about what the call may see.
func ForTenant(ctx context.Context, tenant string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenant)
}

// TenantOf returns the tenant of ForTenant; "" without one.
func TenantOf(ctx context.Context) string {
	tenant, _ := ctx.Value(tenantKey{}).(string)
	return tenant
}
