package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// testInvalidText: a text that no database can store is not found or invalid wherever
// a name or an id is looked up, never an INTERNAL error.
func testInvalidText(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	caller := harang.Identity{Tenant: "a", UserID: "clerk", Role: harang.RoleOperator}
	for name, text := range map[string]string{"NUL": "a\x00b", "not UTF-8": "a\xffb"} {
		for what, look := range map[string]func() error{
			"rental":      func() error { _, err := env.Store.FindRental(ctx, "a", text); return err },
			"credentials": func() error { _, err := env.Store.FindCredentials(ctx, text); return err },
			"users":       func() error { _, err := env.Store.FindUsers(ctx, "a", text, 1); return err },
			"search": func() error {
				_, err := env.Catalogue.Products(ctx, caller, harang.CatalogueQuery{Search: text, Limit: 1})
				return err
			},
			"read": func() error {
				_, err := env.Notifications.MarkRead(ctx, caller, shop.ReadRequest{EventIDs: []string{text}})
				return err
			},
			"claim": func() error { _, err := env.Notifications.Claim(ctx, caller, text); return err },
		} {
			switch code := harang.ErrorCode(look()); code {
			case "", harang.CodeNotFound, harang.CodeInvalidRequest:
			default:
				t.Errorf("%s as %s: %s", name, what, code)
			}
		}
	}
}

// testLongNames: names of the maximal length, in any script, can be stored and listed,
// and the list continues after them. A cursor may have 8192 bytes.
func testLongNames(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	admin := As(harang.RoleAdmin, "admin")
	random := rand.New(rand.NewPCG(1, 2))
	var syllables strings.Builder
	for r := '가'; r <= '힣'; r++ {
		syllables.WriteRune(r)
	}
	for i, letters := range []string{"Árvíztűrő tükörfúrógép 0123456789 ", "0aB", syllables.String(), "㍿½⅓ǄﷺÅ", "<&>"} {
		all := []rune(letters)
		text := func(runes int) string {
			var b strings.Builder
			b.WriteRune('x')
			for range runes - 1 {
				b.WriteRune(all[random.IntN(len(all))])
			}
			return b.String()
		}
		id, name := text(harang.MaxIDRunes), text(harang.MaxNameRunes)
		for what, err := range map[string]error{
			"location": env.Catalogue.PutLocation(ctx, admin, harang.Location{ID: id, Name: name}),
			"partner":  env.Catalogue.PutPartner(ctx, admin, harang.Partner{ID: id, Name: name}),
			"product":  env.Catalogue.PutProduct(ctx, admin, harang.Product{ID: id, Name: name}),
		} {
			if err != nil {
				t.Fatalf("a %s named %q: %v", what, name, err)
			}
		}
		if _, err := env.Catalogue.PutStock(ctx, admin, id, id, shop.StockPut{Quantity: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for cursor := ""; ; {
		page, err := env.Inventory.Stock(ctx, admin, harang.StockQuery{Cursor: cursor, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			seen[fmt.Sprint(item.Level.Quantity)] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		if len(cursor) > 8192 {
			t.Errorf("cursor of %d bytes", len(cursor))
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d of 5 items are listed", len(seen))
	}
}
