package main

import (
	"context"
	"fmt"
	"os"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/shop"
)

type importCommand struct {
	databaseFlags
	Tenant string `required:"" placeholder:"ID" help:"The tenant of the catalogue."`
	File   string `arg:"" help:"CSV, UTF-8, with commas or semicolons, and a header line: productId, productName, dailyPrice, locationId, locationName, partnerId, partnerName, quantity, warningThreshold, criticalThreshold. - reads standard input."`
}

// Run imports the file, all of it or nothing.
func (c *importCommand) Run(ctx context.Context, s *streams) error {
	in := s.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return cli.Usagef("FILE", "%w", err).Cure("name a CSV file that can be read")
		}
		defer file.Close()
		in = file
	}
	st, err := c.find(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	if _, err := findTenant(ctx, st, c.Tenant); err != nil {
		return err
	}
	result, err := shop.New(shop.Options{Store: st, NewID: newID}).Catalogue.ImportCSV(ctx, operator(c.Tenant), in)
	if err != nil {
		return cli.Refused("FILE", err)
	}
	_, err = fmt.Fprintf(s.out, "locations %d, partners %d, products %d, stock items %d\n",
		result.Locations, result.Partners, result.Products, result.Stock)
	return err
}
