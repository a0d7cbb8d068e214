package main

import (
	"context"

	"harang.dev/harang/internal/demo"
)

// createDemo makes the demo tenants that are absent.
func (p *program) createDemo(ctx context.Context) error {
	return demo.Create(ctx, demo.Options{Tenants: p.store, Auth: p.auth, UseCases: p.options})
}
