package main

import (
	"context"

	"harang.dev/harang/internal/demo"
)

// createDemo creates the missing demo tenants.
func (p *program) createDemo(ctx context.Context) error {
	return demo.Create(ctx, demo.Options{Tenants: p.store, Auth: p.auth, UseCases: p.options})
}
