package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/shop"
)

type importCommand struct {
	config.DatabaseFlags
	Tenant string `required:"" placeholder:"ID" help:"The tenant of the catalogue."`
	DryRun bool   `help:"Print what would change, line by line, and change nothing."`
	File   string `arg:"" help:"CSV as spreadsheets save it, with a header line: productId, productName, dailyPrice, barcodes, locationId, locationName, partnerId, partnerName, quantity, warningThreshold, criticalThreshold. Absent columns and empty cells change nothing. - reads standard input."`
}

// Run imports the file, or prints what that would change.
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
	st, err := c.Find(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	if _, err := findTenant(ctx, st, c.Tenant); err != nil {
		return err
	}
	catalogue := shop.New(shop.Options{Store: st, NewID: config.NewID}).Catalogue
	do := catalogue.ImportCSV
	if c.DryRun {
		do = catalogue.PreviewImport
	}
	report, err := do(ctx, operator(c.Tenant), in)
	if err == nil {
		err = report.Problems.Err() // of a dry run
	}
	if err != nil {
		return cli.Refused("FILE", err)
	}
	out := bufio.NewWriter(s.out)
	if c.DryRun {
		printChanges(out, report)
	}
	fmt.Fprintf(out, "%d lines new, %d changed, %d untouched: locations %d, partners %d, products %d, stock items %d\n",
		report.New, report.Changed, report.Untouched, report.Locations, report.Partners, report.Products, report.Stock)
	return out.Flush()
}

// printChanges prints one line for each value that changes.
func printChanges(out io.Writer, report shop.ImportReport) {
	for _, c := range report.Changes {
		before := "new"
		if !c.New {
			before = c.Before
		}
		fmt.Fprintf(out, "line %d: %s %s: %s: %s -> %s\n", c.Line, c.Kind, c.ID, c.Field, before, c.After)
	}
	if report.MoreChanges > 0 {
		fmt.Fprintf(out, "and %d more changes\n", report.MoreChanges)
	}
}
