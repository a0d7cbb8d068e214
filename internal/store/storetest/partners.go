package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// findPartners returns the ids of the partners that a query finds, page by page.
func (env *Env) findPartners(t *testing.T, q harang.CatalogueQuery) string {
	t.Helper()
	var ids []string
	for {
		page, err := env.Catalogue.Partners(t.Context(), As(harang.RoleOperator, "clerk"), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			ids = append(ids, p.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return strings.Join(ids, " ")
		}
	}
}

// testPartnerContacts: a partner is found by words of its name, id and e-mail address, and by its phone number however
// it is written; what a change does not name stays.
func testPartnerContacts(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx, admin, clerk := t.Context(), Admin(), As(harang.RoleOperator, "clerk")
	create := func(caller harang.Identity, id, name, phone, email, note string) harang.Partner {
		t.Helper()
		p, err := env.Catalogue.CreatePartner(ctx, caller,
			shop.PartnerChange{ID: id, Name: &name, Phone: &phone, Email: &email, Note: &note})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	create(clerk, "anna", "Kovács Anna", "06 30 123 4567", " Anna@Kovacs.example ", "csak délután\nhívható")
	create(clerk, "bela", "Kovács Béla", "+36 (30) 123-4567", "", "")
	create(clerk, "cili", "Nagy 20 Kft.", "+43 660 1234567", "iroda@nagy.example", "")
	create(clerk, "dora", "Sín 123 Bt.", "", "", "")
	twin := admin
	twin.Tenant = "b"
	create(twin, "anna", "Kovács Anna", "06 30 123 4567", "", "")

	for search, want := range map[string]string{
		"": "anna bela cili dora", "kovács": "anna bela", "KOVACS anna": "anna", "anna@": "anna",
		"nagy.example": "cili", "0630123": "anna bela", "+36 30 123 45 67": "anna bela", "30/123": "anna bela",
		"4567": "anna bela cili", "0043660": "cili",
		"béla 3630": "bela", "123": "anna bela cili dora", "20": "cili", "06 20": "", "délután": "",
		"%": "", "___": "",
	} {
		for _, limit := range []int{1, 50} {
			if got := env.findPartners(t, harang.CatalogueQuery{Search: search, Limit: limit}); got != want {
				t.Errorf("%q finds %q, want %q", search, got, want)
			}
		}
	}
	if got := env.findPartners(t, harang.CatalogueQuery{Phone: "30 1234567"}); got != "anna bela" {
		t.Errorf("the number is that of %q", got)
	}
	if got := env.findPartners(t, harang.CatalogueQuery{Phone: "30 123456"}); got != "" {
		t.Errorf("a part of the number is that of %q", got)
	}
	for _, q := range []harang.CatalogueQuery{{Phone: "anna"}, {Phone: "06301234567", Search: "x"}} {
		_, err := env.Catalogue.Partners(ctx, clerk, q)
		wantCode(t, err, harang.CodeInvalidRequest)
	}

	anna, err := env.Catalogue.Partner(ctx, clerk, "anna")
	want := harang.Partner{
		ID: "anna", Name: "Kovács Anna", Phone: "06 30 123 4567", Email: "anna@kovacs.example",
		Note: "csak délután\nhívható",
	}
	if err != nil || anna != want {
		t.Errorf("%+v, %v", anna, err)
	}
	same, err := env.Catalogue.SamePhone(ctx, clerk, anna)
	if err != nil || len(same) != 1 || same[0].ID != "bela" {
		t.Errorf("the same number has %v, %v", same, err)
	}

	// Another try creates nothing; a change without contacts keeps them; "" removes one.
	if again := create(clerk, "anna", "Other", "", "", ""); again != want {
		t.Errorf("again: %+v", again)
	}
	if err := env.Catalogue.PutPartner(ctx, admin, harang.Partner{ID: "anna", Name: "Kovácsné"}); err != nil {
		t.Fatal(err)
	}
	edited, err := env.Catalogue.EditPartner(ctx, clerk,
		shop.PartnerChange{ID: "anna", Phone: new(""), Note: new("vip")})
	want.Name, want.Phone, want.Note = "Kovácsné", "", "vip"
	if err != nil || edited != want {
		t.Errorf("edited: %+v, %v", edited, err)
	}
	if got := env.findPartners(t, harang.CatalogueQuery{Search: "0630123"}); got != "bela" {
		t.Errorf("the removed number finds %q", got)
	}
	if same, err := env.Catalogue.SamePhone(ctx, clerk, edited); err != nil || len(same) > 0 {
		t.Errorf("no number is that of %v, %v", same, err)
	}
	// One that is archived is not pointed out.
	if _, err := env.Catalogue.ChangePartner(ctx, admin,
		shop.PartnerChange{ID: "bela", Archived: new(true)}); err != nil {
		t.Fatal(err)
	}
	if got := env.findPartners(t, harang.CatalogueQuery{Phone: "06301234567"}); got != "" {
		t.Errorf("the number is that of %q, archived", got)
	}

	_, err = env.Catalogue.EditPartner(ctx, clerk, shop.PartnerChange{ID: "nobody", Name: new("N")})
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.Catalogue.Partner(ctx, clerk, "nobody")
	wantCode(t, err, harang.CodeNotFound)
	for field, change := range map[string]shop.PartnerChange{
		"name": {Name: new("")}, "phone": {Name: new("N"), Phone: new("12")},
		"email": {Name: new("N"), Email: new("a b@c.hu")}, "note": {Name: new("N"), Note: new("a\u202eb")},
	} {
		_, err := env.Catalogue.CreatePartner(ctx, clerk, change)
		wantCode(t, err, harang.CodeInvalidRequest)
		if fields := applicationError(err).Fields; len(fields) != 1 || fields[0].Field != field {
			t.Errorf("%s: %v", field, fields)
		}
	}
	_, err = env.Catalogue.CreatePartner(ctx, harang.Identity{Tenant: "a", Role: harang.RoleService},
		shop.PartnerChange{Name: new("N")})
	wantCode(t, err, harang.CodeForbidden)
}

// testPartnerAccounts: what a partner owes, when it last rented, and its rentals page by page.
func testPartnerAccounts(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx, clerk := t.Context(), Clerk()
	partner := env.NewCheckout(1, nil).PartnerID
	if _, err := env.Catalogue.CreatePartner(ctx, clerk,
		shop.PartnerChange{ID: "idle", Name: new("Idle")}); err != nil {
		t.Fatal(err)
	}
	var ids []string
	var owed int64
	for i := range 5 {
		var payment *shop.PaymentOrder
		if i%2 == 1 {
			payment = &shop.PaymentOrder{Method: harang.PaymentCash}
		}
		env.Clock.Move(time.Minute)
		out, err := env.Rentals.Create(ctx, clerk, env.NewCheckout(1, payment))
		if err != nil {
			t.Fatal(err)
		}
		if payment == nil {
			owed += out.Rental.TotalValue
		}
		ids = append([]string{out.Rental.ID}, ids...)
	}
	last := env.Clock.Now()
	if _, err := env.Rentals.Return(ctx, clerk, ids[0]); err != nil { // still unpaid
		t.Fatal(err)
	}
	accounts, err := env.Catalogue.PartnerAccounts(ctx, clerk, []harang.Partner{{ID: partner}, {ID: "idle"}})
	want := map[string]harang.PartnerAccount{partner: {Owed: owed, LastRental: last}, "idle": {}}
	if d := cmp.Diff(want, accounts); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	var got []string
	for cursor := ""; ; {
		page, err := env.Catalogue.RentalsOfPartner(ctx, clerk, partner, cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			if len(r.Lines) != 1 {
				t.Errorf("%s has the lines %v", r.ID, r.Lines)
			}
			got = append(got, r.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if d := cmp.Diff(ids, got); d != "" {
		t.Error(d)
	}
	if page, err := env.Catalogue.RentalsOfPartner(ctx, clerk, "idle", "", 50); err != nil || len(page.Items) > 0 {
		t.Errorf("%v, %v", page, err)
	}
	_, err = env.Catalogue.RentalsOfPartner(ctx, clerk, "nobody", "", 50)
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.Catalogue.RentalsOfPartner(ctx, clerk, "idle", "x", 50)
	wantCode(t, err, harang.CodeInvalidRequest)
}
