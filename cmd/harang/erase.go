package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

type eraseCommand struct {
	config.DatabaseFlags
	List bool   `xor:"what" required:"" help:"Print a line for each erased person: TENANT partner:ID or TENANT user:ID."`
	From string `xor:"what" required:"" placeholder:"FILE" help:"Erase, for good, who is in such a list and is not erased yet. - reads standard input."`
}

// Run prints the list, or erases those in one. A running server, or the next one, replaces what is left of their names
// elsewhere.
func (c *eraseCommand) Run(ctx context.Context, s *streams) error {
	if c.List {
		st, err := c.Find(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
		return listErased(ctx, st, s.out)
	}
	in := s.in
	if c.From != "-" {
		file, err := os.Open(c.From)
		if err != nil {
			return cli.Usagef("--from", "%w", err).Cure("name a list that can be read")
		}
		defer file.Close()
		in = file
	}
	persons, err := readErased(in)
	if err != nil {
		return err
	}
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	return eraseAll(ctx, service, shop.New(shop.Options{Store: st, NewID: config.NewID}).Erasures, persons, s.out)
}

func listErased(ctx context.Context, st *store.Store, out io.Writer) error {
	w := bufio.NewWriter(out)
	all, err := st.AllErasures(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		fmt.Fprintf(w, "%s %s:%s\n", e.Tenant, e.Kind, e.ID)
	}
	return w.Flush()
}

// readErased reads a list.
func readErased(in io.Reader) ([]harang.Erasure, error) {
	var all []harang.Erasure
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		tenant, person, _ := strings.Cut(line, " ")
		kind, id, ok := strings.Cut(person, ":")
		e := harang.Erasure{Tenant: tenant, Kind: harang.AuditKind(kind), ID: id}
		if !ok || id == "" || e.Kind != harang.AuditPartner && e.Kind != harang.AuditUser {
			return nil, cli.Usagef("--from", "line %d is not TENANT partner:ID or TENANT user:ID", n).
				Cure("use what --list prints")
		}
		all = append(all, e)
	}
	if err := lines.Err(); err != nil {
		return nil, cli.Usagef("--from", "%w", err).Cure("name a list that can be read")
	}
	return all, nil
}

// eraseAll erases the persons, prints who could not be and goes on.
func eraseAll(
	ctx context.Context, users *auth.Service, erasures *shop.Erasures, persons []harang.Erasure, out io.Writer,
) error {
	failed := 0
	for _, e := range persons {
		var err error
		if e.Kind == harang.AuditUser {
			_, err = users.EraseUser(ctx, operator(e.Tenant), e.ID)
		} else {
			_, err = erasures.Partner(ctx, operator(e.Tenant), e.ID)
		}
		var refused *harang.Error
		switch {
		case err == nil:
		case errors.As(err, &refused) && refused.Code != harang.CodeUnavailable:
			failed++
			fmt.Fprintf(out, "%s %s:%s: %s\n", e.Tenant, e.Kind, e.ID, refused.Message)
		default:
			return err
		}
	}
	fmt.Fprintf(out, "%d of %d persons are erased\n", len(persons)-failed, len(persons))
	if failed > 0 {
		return fmt.Errorf("%d persons could not be erased", failed)
	}
	return nil
}
