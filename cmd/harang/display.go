package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/origin"
	"harang.dev/harang/internal/store"
)

type displayCommand struct {
	Add    displayAdd    `cmd:"" help:"Add a display; its link is printed only now, alone on standard output."`
	List   displayList   `cmd:"" help:"List the displays, without their links."`
	Revoke displayRevoke `cmd:"" help:"Revoke a display for good."`
}

type displayAdd struct {
	config.DatabaseFlags
	Tenant    string `required:"" placeholder:"ID" help:"The display's tenant."`
	Name      string `required:"" help:"Where the display hangs."`
	Location  string `placeholder:"ID" help:"Show only this location; without it, all."`
	PublicURL string `name:"public-url" default:"http://127.0.0.1:8080" placeholder:"URL" help:"The address at which browsers reach the server (default ${default})."`
}

// Run creates a display.
func (c *displayAdd) Run(ctx context.Context, s *streams) error {
	public, err := publicOrigin(c.PublicURL)
	if err != nil {
		return err
	}
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	if _, err := findTenant(ctx, st, c.Tenant); err != nil {
		return err
	}
	if c.Location != "" {
		if _, err := st.FindLocation(ctx, c.Tenant, c.Location); harang.ErrorCode(err) == harang.CodeNotFound {
			return cli.Usagef("--location", "the tenant has no location %q", c.Location).
				Cure("give the id of a location, as GET /api/v1/locations shows it")
		}
	}
	d, secret, err := service.CreateDisplay(ctx, operator(c.Tenant), c.Name, c.Location)
	if err != nil {
		return cli.Refused("--name", err)
	}
	if _, err = fmt.Fprintln(s.out, httpapi.DisplayLink(public, secret)); err != nil {
		return fmt.Errorf("the display was added but its link could not be printed (%w): revoke it with "+
			"harang display revoke %s", err, d.ID)
	}
	return nil
}

// publicOrigin reads --public-url, the scheme, host and port at which browsers reach the server; "" stays "".
func publicOrigin(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	o, err := origin.ParseWeb(text)
	if err != nil {
		return "", cli.Usagef("--public-url", "%q is not the address of a server: it %w", text, err).
			Cure("write scheme, host and perhaps a port, e.g. https://harang.example.com")
	}
	return o.String(), nil
}

type displayList struct {
	config.DatabaseFlags
	Tenant string `placeholder:"ID" help:"Only displays of this tenant."`
}

// Run lists the displays.
func (c *displayList) Run(ctx context.Context, s *streams) error {
	_, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	displays, err := allDisplays(ctx, st, c.Tenant)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTENANT\tLOCATION\tNAME\tCREATED\tLAST USED")
	for _, d := range displays {
		location, used := "-", "never"
		if d.LocationID != "" {
			location = d.LocationID
		}
		if !d.LastUsed.IsZero() {
			used = d.LastUsed.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.ID, d.Tenant, location, d.Name,
			d.Created.UTC().Format(time.RFC3339), used)
	}
	return w.Flush()
}

type displayRevoke struct {
	config.DatabaseFlags
	ID string `arg:"" help:"The display's id, from harang display list."`
}

// Run revokes a display.
func (c *displayRevoke) Run(ctx context.Context) error {
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	displays, err := allDisplays(ctx, st, "")
	if err != nil {
		return err
	}
	for _, d := range displays {
		if d.ID == c.ID {
			return service.RevokeDisplay(ctx, operator(d.Tenant), d.ID)
		}
	}
	return cli.Usagef("ID", "there is no display %s", c.ID).Cure("see harang display list")
}

// allDisplays returns the displays of one tenant, or of all when it is "".
func allDisplays(ctx context.Context, st *store.Store, tenant string) ([]harang.Display, error) {
	tenants, err := findTenants(ctx, st, tenant)
	if err != nil {
		return nil, err
	}
	var all []harang.Display
	for _, t := range tenants {
		displays, err := readAll(func(after string, limit int) ([]harang.Display, error) {
			return st.FindDisplays(ctx, t.ID, after, limit)
		}, func(d harang.Display) string { return d.ID })
		if err != nil {
			return nil, err
		}
		all = append(all, displays...)
	}
	return all, nil
}
