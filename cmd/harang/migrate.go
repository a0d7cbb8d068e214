package main

import "context"

type migrateCommand struct {
	databaseFlags
}

// Run opens the database, which brings its schema up to date.
func (c *migrateCommand) Run(ctx context.Context) error {
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	return st.Close() //nolint:contextcheck // closing ends by itself
}
