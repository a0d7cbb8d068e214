package shop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

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
	all := shop.ImportReport{New: 3, Locations: 2, Products: 2, Stock: 3}
	for name, file := range map[string]string{
		"commas":               catalogueFile,
		"byte order mark":      "\ufeff" + catalogueFile,
		"line ends of Windows": strings.ReplaceAll(catalogueFile, "\n", "\r\n"),
		"semicolons": strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(catalogueFile, "Buda, Fő",
			"Buda@ Fő"), ",", ";"), "@", ","),
		"empty columns": strings.ReplaceAll(catalogueFile, "\n", ",,\n") + ",,,,,,,,,\n",
		"other column names": strings.Replace(catalogueFile, "productId,productName,dailyPrice",
			"Product ID,product_name,daily-price", 1),
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t)
			got, err := env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(file))
			if got.Changes = nil; err != nil || !reflect.DeepEqual(got, all) {
				t.Fatalf("imported %+v, %v", got, err)
			}
			p, err := env.Inventory.Stock(t.Context(), storetest.Admin(), harang.StockQuery{})
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
			if n := len(env.Entries(t, harang.AudienceManagers)); n != 0 {
				t.Errorf("loading caused %d alerts", n)
			}
		})
	}
}

// TestImportCSV_Again: a second file changes what it names, causes alerts for what
// is short now, and may cancel out names that exist.
func TestImportCSV_Again(t *testing.T) {
	env := newEnv(t)
	load := func(file string) (shop.ImportReport, error) {
		return env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(file))
	}
	if _, err := load(catalogueFile); err != nil {
		t.Fatal(err)
	}
	got, err := load(
		"product_id;location_id;quantity;warning_threshold;critical_threshold\nmakita;vaci;1;4;2\nladder;vaci;2;0;0\n",
	)
	if err != nil || got.Changed != 2 || got.Stock != 2 {
		t.Errorf("imported %+v, %v", got, err)
	}
	if n := len(env.Entries(t, harang.AudienceManagers)); n != 1 {
		t.Errorf("%d alerts, want one for the drill", n)
	}
	got, err = load("partnerId,partnerName\nalfa,Alfa Építő Kft.\nbeta,Béta Bau Bt.\n,\n")
	if err != nil || got.New != 2 || got.Partners != 2 || got.Untouched != 0 {
		t.Errorf("imported %+v, %v", got, err)
	}
	sum, err := env.Store.SumMovements(t.Context(), "a", "makita", "vaci")
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
		{"quantity of nothing", "quantity\n1\n", []string{"line 1, productId", "line 1, locationId"}},
		{"threshold of nothing", "productId,warningThreshold\np,1\n", []string{"line 1, locationId"}},
		{"threshold without quantity", head[:len(head)-1] + ",warningThreshold\np,P,1,l,L,,1\n",
			[]string{"line 2, quantity"}},
		{"product without a name", "productId,dailyPrice\np,1\n", []string{"line 2, productName"}},
		{"not a number", head + good + "q,Q,12.500,l,L,many\n", []string{"line 3, dailyPrice", "line 3, quantity"}},
		{"negative", head + "p,P,-1,l,L,-2\n", []string{"line 2, dailyPrice", "line 2, quantity"}},
		{"names", head + ",P,1,l," + strings.Repeat("x", 201) + ",1\n", []string{"line 2, productId"}},
		{"long name", head + "p,P,1,l," + strings.Repeat("x", 201) + ",1\n", []string{"line 2, locationName"}},
		{"price of a later line", "productId,productName,dailyPrice\np,P,\np,,-1\n", []string{"line 3, dailyPrice"}},
		{"fields", head + good + "q,Q\n" + "r,R,x,l,L,1\n", []string{"line 3, file", "line 4, dailyPrice"}},
		{"quote", head + good + "q,\"Q\"x,1,l,L,1\n" + good, []string{"line 3, file"}},
		{"said twice", head + good + "p,Other,1,m,M,1\np,P,1,l,L,2\n",
			[]string{"line 3, productName", "line 4, quantity"}},
		{"not there", "productId,locationId,quantity\np,l,1\n", []string{"line 2, productId"}},
		{"no text", head + good + "q,\xe1rv\x81,1,l,L,1\n", []string{"line 3, file"}},
		{"damaged UTF-8", head + "p,Fúró,1,l,L,1\nq,\xe1rv\xedz,1,l,L,1\n", []string{"line 3, file"}},
		{"barcode that is a later id", "productId,productName,barcodes\np,P,q\nq,Q,\n", []string{"line 2, barcodes"}},
		{"barcode that is an earlier id", "productId,productName,barcodes\np,P,\nq,Q,p\n",
			[]string{"line 3, barcodes"}},
		{"many", head + strings.Repeat("p,P,x,l,L,1\n", 50), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			env := newEnv(t)
			result, err := env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(tc.file))
			if tc.name == "many" {
				wantCode(t, err, harang.CodeInvalidRequest)
				if n := len(fieldsOf(err)); n != 50 {
					t.Errorf("%d errors, want 50", n)
				}
			} else {
				wantCode(t, err, harang.CodeInvalidRequest, tc.fields...)
			}
			for _, f := range fieldsOf(err) {
				if f.Detail == "" {
					t.Errorf("%s has no detail", f.Field)
				}
			}
			preview, err := env.Catalogue.PreviewImport(t.Context(), storetest.Admin(), strings.NewReader(tc.file))
			if err != nil || len(preview.Problems.First) != len(fieldsOf(preview.Problems.Err())) ||
				len(preview.Problems.First) == 0 {
				t.Errorf("the preview has %v, %v", preview.Problems, err)
			}
			p, err := env.Catalogue.Products(t.Context(), storetest.Admin(), harang.CatalogueQuery{})
			if err != nil || len(p.Items) != 0 {
				t.Errorf("%+v was loaded: %v, %v", result, p.Items, err)
			}
		})
	}
	env := newEnv(t)
	broken := errors.New("broken")
	_, err := env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), iotest.ErrReader(broken))
	wantCode(t, err, harang.CodeInvalidRequest)
	if !errors.Is(err, broken) {
		t.Errorf("%v hides its cause", err)
	}
	_, err = env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), &endless{})
	wantCode(t, err, harang.CodeTooLarge)
}

// TestImportCSV_IDThatIsABarcode: an id that another product has as its barcode is an error before anything is written.
func TestImportCSV_IDThatIsABarcode(t *testing.T) {
	env := newEnv(t)
	load := func(file string) error {
		_, err := env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(file))
		return err
	}
	if err := load("productId,productName,barcodes\np,P,599\n"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, load("productId,productName\na,A\n599,Q\n"), harang.CodeInvalidRequest, "line 3, productId")
	products, err := env.Catalogue.Products(t.Context(), storetest.Admin(), harang.CatalogueQuery{})
	if err != nil || len(products.Items) != 1 {
		t.Errorf("%d products, %v", len(products.Items), err)
	}
}

// TestImportCSV_LongCells: the problems of a file stay short, whatever it has in its cells.
func TestImportCSV_LongCells(t *testing.T) {
	env := newEnv(t)
	for _, cell := range []string{strings.Repeat("x", 60_000), strings.Repeat("\U0001f600", 15_000)} {
		file := "productId,productName,quantity,locationId,\np,P," + cell + ",l,\np,P,1,l," + cell + "\n"
		preview, err := env.Catalogue.PreviewImport(t.Context(), storetest.Admin(), strings.NewReader(file))
		if err != nil || len(preview.Problems.First) != 2 {
			t.Fatalf("%d problems, %v", len(preview.Problems.First), err)
		}
		for _, p := range preview.Problems.First {
			if len(p.Column)+len(p.Detail) > 2400 || p.Line == 0 || p.Detail == "" {
				t.Errorf("line %d: %d bytes of column, %d of detail", p.Line, len(p.Column), len(p.Detail))
			}
		}
	}
}

// TestImportCSV_Files: each file has its right result on a shop that has hr2470 at vaci-ut: 8 pieces, thresholds 4 and
// 2, 4,900 Ft a day.
func TestImportCSV_Files(t *testing.T) {
	const before = "hr2470 Makita HR2470 fúrókalapács 4900 vaci-ut 8 4 2"
	for _, tc := range []struct {
		file  string
		want  shop.ImportReport // counts of lines
		stock []string
		field string // of the error
	}{
		{"excel-hu-1250.csv", shop.ImportReport{New: 1, Untouched: 1},
			[]string{before, "őr-1 Őrlő űrméretű 1234 vaci-ut 3 2 1"}, ""},
		{"sep-line.csv", shop.ImportReport{New: 1}, []string{before, "te70 Hilti TE 70 12900 vaci-ut 3 2 1"}, ""},
		{"tabs.csv", shop.ImportReport{New: 1}, []string{before, "te70 Hilti TE 70 12900 vaci-ut 3 2 1"}, ""},
		{"no-thresholds.csv", shop.ImportReport{Changed: 1}, []string{strings.Replace(before, " 8 ", " 7 ", 1)}, ""},
		{"no-price.csv", shop.ImportReport{Untouched: 1}, []string{before}, ""},
		{"empty-cells.csv", shop.ImportReport{Untouched: 1}, []string{before}, ""},
		{"nfc-nfd.csv", shop.ImportReport{New: 2}, []string{before, "k1 Fúró 100 csepel 1 0 0",
			"k1 Fúró 100 vaci-ut 1 0 0"}, ""},
		{"price-differs.csv", shop.ImportReport{}, []string{before}, "line 3, dailyPrice"},
		{"open-quote.csv", shop.ImportReport{}, []string{before}, "line 2, file"},
	} {
		t.Run(tc.file, func(t *testing.T) {
			env := newEnv(t)
			load := func(text []byte, preview bool) (shop.ImportReport, error) {
				do := env.Catalogue.ImportCSV
				if preview {
					do = env.Catalogue.PreviewImport
				}
				got, err := do(t.Context(), storetest.Admin(), bytes.NewReader(text))
				if preview && err == nil {
					err = got.Problems.Err()
				}
				return shop.ImportReport{New: got.New, Changed: got.Changed, Untouched: got.Untouched}, err
			}
			header := "productId,productName,dailyPrice,locationId,locationName,quantity," +
				"warningThreshold,criticalThreshold\n"
			if _, err := load([]byte(header+"hr2470,Makita HR2470 fúrókalapács,4900,vaci-ut,Váci út,8,4,2\n"),
				false); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join("testdata", "import", tc.file))
			if err != nil {
				t.Fatal(err)
			}
			for _, preview := range []bool{true, false} {
				got, err := load(text, preview)
				if tc.field != "" {
					wantCode(t, err, harang.CodeInvalidRequest, tc.field)
				} else if err != nil || !reflect.DeepEqual(got, tc.want) {
					t.Errorf("preview %v: %+v, %v, want %+v", preview, got, err, tc.want)
				}
				if lines := stockLines(t, env); preview && !slices.Equal(lines, []string{before}) {
					t.Errorf("the preview changed the stock to %q", lines)
				} else if !preview && !slices.Equal(lines, tc.stock) {
					t.Errorf("the stock is %q, want %q", lines, tc.stock)
				}
			}
			if tc.field != "" {
				return
			}
			if got, err := load(text, false); err != nil || got.New+got.Changed != 0 || got.Untouched == 0 {
				t.Errorf("the same file again: %+v, %v", got, err)
			}
		})
	}
}

// stockLines are the stock items of a shop: id, name and price of the product, location, quantity, thresholds.
func stockLines(t *testing.T, env *storetest.Env) []string {
	t.Helper()
	p, err := env.Inventory.Stock(t.Context(), storetest.Admin(), harang.StockQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, i := range p.Items {
		product, err := env.Catalogue.Product(t.Context(), storetest.Admin(), i.ProductID)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(i.ProductID, " ", product.Name, " ", product.DailyPrice, " ",
			i.LocationID, " ",
			i.Level.Quantity, " ", i.Level.Thresholds.Warning, " ", i.Level.Thresholds.Critical))
	}
	slices.Sort(lines)
	return lines
}

// TestImportCSV_Encodings: the same file in every encoding that spreadsheets write.
func TestImportCSV_Encodings(t *testing.T) {
	const file = "productId;productName\r\nő-1;Űrlő árvíztűrő\r\n"
	for name, e := range map[string]encoding.Encoding{
		"Windows-1250":                     charmap.Windows1250,
		"UTF-16 with a byte order mark":    unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16, big end first":            unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
		"UTF-16 without a byte order mark": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-8 with a byte order mark":     unicode.UTF8BOM,
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t)
			text, err := e.NewEncoder().String(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(text)); err != nil {
				t.Fatal(err)
			}
			p, err := env.Catalogue.Product(t.Context(), storetest.Admin(), "ő-1")
			if err != nil || p.Name != "Űrlő árvíztűrő" {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}

func TestParseWhole(t *testing.T) {
	for text, want := range map[string]int64{
		"4900": 4900, "4 900": 4900, "4\u00a0900,00 Ft": 4900, "1\u202f234\u202f567,00\u00a0Ft": 1234567,
		"4900.00":     4900,
		"1.234,00 Ft": 1234, "-3": -3, "\u22123 db": -3, "12 500 HUF": 12500, "0": 0, "8,0": 8,
	} {
		if got, ok := shop.ParseWhole(text, "ft", "huf", "db"); !ok || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"4.900", "4,900", "4 90", "1 2345", "4900,50", "Ft", "many", "1e3", "0x10",
		"99999999999999999999", "--1"} {
		if got, ok := shop.ParseWhole(text, "ft"); ok {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// TestImportCSV_Interrupted: an import that was interrupted keeps what it wrote, and the same file again writes the
// rest.
func TestImportCSV_Interrupted(t *testing.T) {
	var file strings.Builder
	file.WriteString("partnerId,partnerName\n")
	const lines = 175
	for i := range lines {
		fmt.Fprintf(&file, "p%d,Partner %d\n", i, i)
	}
	env := newEnv(t)
	ctx, cancel := context.WithCancel(t.Context())
	options := env.Options
	options.Store = cancellingStore{env.Store, cancel}
	_, err := shop.New(options).Catalogue.ImportCSV(ctx, storetest.Admin(), strings.NewReader(file.String()))
	if harang.ErrorCode(err) != harang.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	got, err := env.Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(file.String()))
	if err != nil || got.Untouched == 0 || got.New == 0 || got.New+got.Untouched != lines {
		t.Errorf("again: %+v, %v", got, err)
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

// TestImportCSV_Chunks: no transaction of an import writes more than a chunk, however long the file is.
func TestImportCSV_Chunks(t *testing.T) {
	env := newEnv(t)
	var file strings.Builder
	file.WriteString("partnerId,partnerName,productId,productName,locationId,locationName,quantity\n")
	const lines = 500
	for i := range lines {
		fmt.Fprintf(&file, "p%d,Partner %d,g%d,Gép %d,l%d,Hely %d,3\n", i, i, i, i, i%3, i%3)
	}
	options := env.Options
	counted := &countingStore{Store: env.Store}
	options.Store = counted
	got, err := shop.New(options).Catalogue.ImportCSV(t.Context(), storetest.Admin(), strings.NewReader(file.String()))
	if err != nil || got.New != lines || len(got.Changes)+got.MoreChanges < lines || len(got.Changes) > 1000 {
		t.Fatalf("imported %d new, %d and %d changes, %v", got.New, len(got.Changes), got.MoreChanges, err)
	}
	const things = 3*lines + 3
	if least := (things + shop.ImportChunk - 1) / shop.ImportChunk; len(counted.writes) != least {
		t.Errorf("%d transactions, want %d", len(counted.writes), least)
	}
	for i, n := range counted.writes {
		if n > shop.ImportChunk {
			t.Errorf("transaction %d writes %d things, want %d at most", i, n, shop.ImportChunk)
		}
	}
}

// countingStore counts the entries and stock items that each transaction locks or creates.
type countingStore struct {
	shop.Store
	writes []int
}

func (s *countingStore) Within(ctx context.Context, fn func(shop.Tx) error) error {
	return s.Store.Within(ctx, func(tx shop.Tx) error {
		counted := &countingTx{Tx: tx}
		err := fn(counted)
		s.writes = append(s.writes, counted.n)
		return err
	})
}

type countingTx struct {
	shop.Tx
	n int
}

func (tx *countingTx) PutLocation(ctx context.Context, tenant string, l harang.Location) error {
	tx.n++
	return tx.Tx.PutLocation(ctx, tenant, l)
}

func (tx *countingTx) PutPartner(ctx context.Context, tenant string, p harang.Partner) error {
	tx.n++
	return tx.Tx.PutPartner(ctx, tenant, p)
}

func (tx *countingTx) PutProduct(ctx context.Context, tenant string, p harang.Product) error {
	tx.n++
	return tx.Tx.PutProduct(ctx, tenant, p)
}

func (tx *countingTx) CreateStock(ctx context.Context, tenant string, i harang.StockItem) (bool, error) {
	tx.n++
	return tx.Tx.CreateStock(ctx, tenant, i)
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
