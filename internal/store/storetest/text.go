package storetest

import (
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// testTexts: what a caller may write where a name or an id is looked up, but no
// database has, is at worst the caller's fault, never an INTERNAL error.
func testTexts(t *testing.T, open Open) {
	w := NewWorld(t, open)
	ctx := t.Context()
	who := harang.Identity{Tenant: "a", UserID: "clerk", Role: harang.RoleOperator}
	for name, text := range map[string]string{"NUL": "a\x00b", "not UTF-8": "a\xffb"} {
		for what, look := range map[string]func() error{
			"rental":      func() error { _, err := w.Store.FindRental(ctx, "a", text); return err },
			"credentials": func() error { _, err := w.Store.FindCredentials(ctx, text); return err },
			"users":       func() error { _, err := w.Store.FindUsers(ctx, "a", text, 1); return err },
			"search": func() error {
				_, err := w.Catalogue.Products(ctx, who, text, "", 1)
				return err
			},
			"read": func() error {
				_, err := w.Notifications.MarkRead(ctx, who, shop.ReadRequest{EventIDs: []string{text}})
				return err
			},
			"claim": func() error { _, err := w.Notifications.Claim(ctx, who, text); return err },
		} {
			switch code := harang.ErrorCode(look()); code {
			case "", harang.CodeNotFound, harang.CodeInvalidRequest:
			default:
				t.Errorf("%s as %s: %s", name, what, code)
			}
		}
	}
}
