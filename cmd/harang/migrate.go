package main

import (
	"context"

	"harang.dev/harang/internal/config"
)

type migrateCommand struct {
	config.DatabaseFlags
}

// Run opens the database, which brings its schema up to date.
func (c *migrateCommand) Run(ctx context.Context) error {
	st, err := c.Open(ctx)
	if err != nil {
		return err
	}
	return st.Close() //nolint:contextcheck // closing ends by itself
}
