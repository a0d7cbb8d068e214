package shop_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store/storetest"
)

const catalogueFile = `productId,productName,dailyPrice,locationId,locationName,quantity,warningThreshold,criticalThreshold
makita,"Makita ""HR2470"" fúrókalapács",4500,vaci,Váci út,6,4,2
makita,"Makita ""HR2470"" fúrókalapács",4500,buda,"Buda, Fő utca",1,4,2
ladder,Létra,900,vaci,Váci út,3,,
`

func TestImportCSV(t *testing.T) {
	all := shop.ImportResult{Locations: 2, Products: 2, Stock: 3}
	for name, file := range map[string]string{
		"commas":               catalogueFile,
		"byte order mark":      "\ufeff" + catalogueFile,
		"line ends of Windows": strings.ReplaceAll(catalogueFile, "\n", "\r\n"),
		"semicolons":           strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(catalogueFile, "Buda, Fő", "Buda@ Fő"), ",", ";"), "@", ","),
		"empty columns":        strings.ReplaceAll(catalogueFile, "\n", ",,\n") + ",,,,,,,,,\n",
		"other column names":   strings.Replace(catalogueFile, "productId,productName,dailyPrice", "Product ID,product_name,daily-price", 1),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			got, err := w.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(file))
			if err != nil || got != all {
				t.Fatalf("imported %+v, %v", got, err)
			}
			p, err := w.Inventory.Stock(t.Context(), storetest.Admin(), harang.StockQuery{})
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, i := range p.Items {
				lines = append(lines, i.ProductName+" | "+i.LocationName+" | "+string(i.Severity()))
			}
			want := []string{
				"Létra | Váci út | OK",
				`Makita "HR2470" fúrókalapács | Buda, Fő utca | CRITICAL`,
				`Makita "HR2470" fúrókalapács | Váci út | OK`,
			}
			if !slices.Equal(lines, want) {
				t.Errorf("the stock is %q, want %q", lines, want)
			}
			if n := len(w.Entries(t, harang.AudienceManagers)); n != 0 {
				t.Errorf("loading caused %d alerts", n)
			}
		})
	}
}

// TestImportCSV_Again: a second file changes what it names, causes alerts for what
// is short now, and may cancel out names that exist.
func TestImportCSV_Again(t *testing.T) {
	w := newWorld(t)
	load := func(file string) (shop.ImportResult, error) {
		return w.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(file))
	}
	if _, err := load(catalogueFile); err != nil {
		t.Fatal(err)
	}
	got, err := load(
		"product_id;location_id;quantity;warning_threshold;critical_threshold\nmakita;vaci;1;4;2\nladder;vaci;2;0;0\n",
	)
	if err != nil || got != (shop.ImportResult{Stock: 2}) {
		t.Errorf("imported %+v, %v", got, err)
	}
	if n := len(w.Entries(t, harang.AudienceManagers)); n != 1 {
		t.Errorf("%d alerts, want one for the drill", n)
	}
	got, err = load("partnerId,partnerName\nalfa,Alfa Építő Kft.\nbeta,Béta Bau Bt.\n,\n")
	if err != nil || got != (shop.ImportResult{Partners: 2}) {
		t.Errorf("imported %+v, %v", got, err)
	}
	sum, err := w.Store.SumMovements(t.Context(), "a", "makita", "vaci")
	if err != nil || sum != 1 {
		t.Errorf("the movements sum up to %d, %v", sum, err)
	}
}

// TestImportCSV_Wrong: all errors are reported with their lines, and nothing is
// loaded.
func TestImportCSV_Wrong(t *testing.T) {
	head := "productId,productName,dailyPrice,locationId,locationName,quantity\n"
	good := "p,P,1,l,L,1\n"
	for _, tc := range []struct {
		name   string
		file   string
		fields []string
	}{
		{"empty", "", []string{"line 1, file"}},
		{"columns only", head, []string{"line 1, file"}},
		{"unknown column", "productId,colour\np,red\n", []string{`line 1, "colour"`}},
		{"column without a name", "productId,productName,\np,P,x\n", []string{`line 2, "x"`}},
		{"column twice", "productId,product_id\np,p\n", []string{"line 1, productId"}},
		{"quantity of nothing", "quantity\n1\n", []string{"line 1, productId"}},
		{"threshold without quantity", "productId,locationId,warningThreshold\np,l,1\n", []string{"line 1, quantity"}},
		{"not a number", head + good + "q,Q,12 500,l,L,many\n", []string{"line 3, dailyPrice", "line 3, quantity"}},
		{"negative", head + "p,P,-1,l,L,-2\n", []string{"line 2, dailyPrice", "line 2, quantity"}},
		{"names", head + ",P,1,l," + strings.Repeat("x", 201) + ",1\n", []string{"line 2, productId", "line 2, locationName", "line 2, productId"}},
		{"fields", head + good + "q,Q\n" + "r,R,x,l,L,1\n", []string{"line 3, file", "line 4, dailyPrice"}},
		{"quote", head + good + "q,\"Q\"x,1,l,L,1\n" + good, []string{"line 3, file"}},
		{"said twice", head + good + "p,Other,1,m,M,1\np,P,1,l,L,2\n", []string{"line 3, productName", "line 4, quantity"}},
		{"not there", "productId,locationId,quantity\np,l,1\n", []string{"line 2, productId"}},
		{"not UTF-8", head + good + "q,\xe1rv\xedz,1,l,L,1\n", []string{"line 3, file"}},
		{"many", head + strings.Repeat("p,P,x,l,L,1\n", 50), slices.Repeat([]string{"many"}, 20)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			result, err := w.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(tc.file))
			if tc.name == "many" {
				wantCode(t, err, harang.CodeInvalidRequest)
				if n := len(fieldsOf(err)); n != 20 {
					t.Errorf("%d errors, want the first 20", n)
				}
			} else {
				wantCode(t, err, harang.CodeInvalidRequest, tc.fields...)
			}
			for _, f := range fieldsOf(err) {
				if f.Detail == "" {
					t.Errorf("%s has no detail", f.Field)
				}
			}
			p, err := w.Catalogue.Products(t.Context(), storetest.Admin(), "", "", 0)
			if err != nil || len(p.Items) != 0 {
				t.Errorf("%+v was loaded: %v, %v", result, p.Items, err)
			}
		})
	}
	w := newWorld(t)
	broken := errors.New("broken")
	_, err := w.Catalogue.ImportCSV(t.Context(), storetest.Admin(), iotest.ErrReader(broken))
	wantCode(t, err, harang.CodeInvalidRequest)
	if !errors.Is(err, broken) {
		t.Errorf("%v hides its cause", err)
	}
	_, err = w.Catalogue.ImportCSV(t.Context(), storetest.Admin(), &endless{})
	wantCode(t, err, harang.CodeTooLarge)
}

// TestImportCSV_Cancelled: a caller that cancels in the middle of the transaction,
// which is not interrupted itself, loads nothing.
func TestImportCSV_Cancelled(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	options := w.Options
	options.Store = cancellingStore{w.Store, cancel}
	_, err := shop.New(options).Catalogue.ImportCSV(ctx, storetest.Admin(), strings.NewReader(catalogueFile))
	if harang.ErrorCode(err) != harang.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	p, err := w.Catalogue.Products(t.Context(), storetest.Admin(), "", "", 0)
	if err != nil || len(p.Items) != 0 {
		t.Errorf("%v was loaded, %v", p.Items, err)
	}
}

// cancellingStore cancels its caller's context when a transaction has begun.
type cancellingStore struct {
	shop.Store
	cancel func()
}

func (s cancellingStore) Within(ctx context.Context, fn func(shop.Tx) error) error {
	return s.Store.Within(ctx, func(tx shop.Tx) error {
		s.cancel()
		return fn(tx)
	})
}

type endless struct{}

func (*endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// FuzzImportCSV: no file makes the import panic, and every error has a line.
func FuzzImportCSV(f *testing.F) {
	f.Add(catalogueFile)
	f.Add("productId;productName\n\"p;P\n")
	f.Add("\ufeffpartnerId\n\xff")
	f.Fuzz(func(t *testing.T, file string) {
		err := shop.CheckCSV(strings.NewReader(file))
		if err != nil && harang.ErrorCode(err) != harang.CodeInvalidRequest {
			t.Errorf("%q: %v", file, err)
		}
		for _, f := range fieldsOf(err) {
			if !strings.HasPrefix(f.Field, "line ") {
				t.Errorf("%q is refused without a line: %+v", file, f)
			}
		}
	})
}
