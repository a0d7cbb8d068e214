package harang

import "regexp"

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
