package main

import (
	"context"

	"harang.dev/harang/internal/demo"
)

// createDemo makes the demo tenants that are absent.
func (p *program) createDemo(ctx context.Context) error {
	tools := p.till.tools
	tools.Books = books{p.store}
	return demo.Create(ctx, demo.Shop{Tenants: p.store, Auth: p.auth, Tools: tools})
}
