package harang

import "context"

type callKey struct{}

// callOrigin is the value of a call's context.
type callOrigin struct{ tenant, address string }

// ForCall returns a context for the work of a call: of which tenant it is, so that what tenants share can be shared
// fairly, and from which network address it came, for the audit log. It decides nothing about what the call may see.
func ForCall(ctx context.Context, tenant, address string) context.Context {
	return context.WithValue(ctx, callKey{}, callOrigin{tenant, address})
}

// ForTenant is ForCall without an address.
func ForTenant(ctx context.Context, tenant string) context.Context { return ForCall(ctx, tenant, "") }

// TenantOf returns the tenant of ForCall; "" without one.
func TenantOf(ctx context.Context) string {
	origin, _ := ctx.Value(callKey{}).(callOrigin)
	return origin.tenant
}

// AddressOf returns the address of ForCall; "" without one.
func AddressOf(ctx context.Context) string {
	origin, _ := ctx.Value(callKey{}).(callOrigin)
	return origin.address
}
