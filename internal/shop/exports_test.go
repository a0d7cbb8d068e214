package shop_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store/storetest"
)

// whole reads a file to its end.
func whole(t *testing.T, e *shop.Export) []byte {
	t.Helper()
	var file bytes.Buffer
	for {
		part, err := e.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return file.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		file.Write(part)
	}
}

// hostile are texts that spreadsheets, CSV and encodings are known to spoil.
var hostile = []string{
	"=1+1", "+36 1 234 5678", "-10", "@SUM(A1)", "'=x", "''=x", "'x", " =x", "\u00a0+x", "＝1", "\u22125",
	"=cmd|' /C calc'!A0", `=HYPERLINK("http://x","y")`, "00123", "5991234567890", "1.5", "1,5", "3/4", "2026-03-02",
	"1:30", "1E5", "12 500 Ft", "1001", "0", "x;y", `a"b`, `"`, `""q`, "a,b", "sep=;", "|", "\u00a0szóköz ", " a ",
	"Fu\u0301ro\u0301", "Fúró", "½ coll", "M8×20", "árvíztűrő TÜKÖRFÚRÓGÉP", "emelő 🏗", "x'", "'90", "'90-es",
	"#REF! 1", "%s%d", "\\n1", "`1`", "<b>1</b>", "NULL", "TRUE", "é\u0327",
}

// TestExports_ImportedAgain: whatever names a shop has, what is exported and imported again is untouched, line by line.
func TestExports_ImportedAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 7))
	env := newEnv(t)
	admin := storetest.Admin()
	name := func(i int) string {
		if i < len(hostile) {
			return hostile[i]
		}
		var b strings.Builder
		for range 1 + random.IntN(3) {
			b.WriteString(hostile[random.IntN(len(hostile))])
		}
		return b.String()
	}
	const many = 300 // more than a page
	products := 0
	for i := range many {
		id, n := fmt.Sprintf("=%d", i), name(i)
		barcodes := []string{fmt.Sprintf("%013d", i), fmt.Sprintf("=%d", i), fmt.Sprintf("b-%d", i)}[:random.IntN(4)]
		if harang.CheckName(n) != "" {
			continue
		}
		price := random.Int64N(100_000)
		_, err := env.Catalogue.ChangeProduct(t.Context(), admin, shop.ProductChange{
			ID: id, Name: &n, DailyPrice: &price, Barcodes: &barcodes,
		})
		if err != nil {
			t.Fatalf("%q: %v", n, err)
		}
		location := fmt.Sprintf("0%d", i%7)
		if err := errors.Join(
			env.Catalogue.PutLocation(t.Context(), admin, harang.Location{ID: location, Name: name(i % 7)}),
			env.Catalogue.PutPartner(t.Context(), admin, harang.Partner{ID: fmt.Sprintf("+%d", i), Name: n}),
		); err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{location, "00"} {
			if _, err := env.Catalogue.PutStock(t.Context(), admin, id, at,
				shop.StockPut{Quantity: random.Int64N(100), WarningThreshold: 5, CriticalThreshold: 2}); err != nil {
				t.Fatal(err)
			}
		}
		products++
	}
	if products < 250 {
		t.Fatalf("%d products only", products)
	}
	for what, e := range map[string]*shop.Export{
		"stock":     env.Exports.Stock(admin, harang.StockQuery{}),
		"products":  env.Exports.Products(admin, harang.CatalogueQuery{}),
		"partners":  env.Exports.Partners(admin, harang.CatalogueQuery{}),
		"locations": env.Exports.Locations(admin, harang.CatalogueQuery{}),
	} {
		file, things := whole(t, e), products
		if what == "locations" {
			things = 7
		}
		got, err := env.Catalogue.PreviewImport(t.Context(), admin, bytes.NewReader(file))
		if err != nil || got.New+got.Changed != 0 || got.Untouched < things || len(got.Problems.First) != 0 {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
		r.Comma = ';'
		lines, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			for _, cell := range line {
				if text := strings.TrimSpace(cell); text != "" && strings.ContainsAny(text[:1], "=+-@") {
					t.Errorf("%s: a spreadsheet calculates %q", what, cell)
				}
			}
		}
	}
}

// TestExports_ChangedMeanwhile: what moves on in its list while the file is read is in the file once, and the stock can
// still be imported.
func TestExports_ChangedMeanwhile(t *testing.T) {
	env := newEnv(t)
	admin := storetest.Admin()
	for _, id := range []string{"a", "b", "c"} {
		if err := env.Catalogue.PutLocation(t.Context(), admin, harang.Location{ID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range harang.MaxPageLimit/2 + 1 { // a page ends within a product
		id := fmt.Sprintf("p%03d", i)
		if err := env.Catalogue.PutProduct(t.Context(), admin, harang.Product{ID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"a", "b", "c"} {
			if _, err := env.Catalogue.PutStock(t.Context(), admin, id, at, shop.StockPut{Quantity: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := env.Exports.Stock(admin, harang.StockQuery{})
	first, err := file.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// One is on the first page with all of its lines, one with a part of them.
	for _, id := range []string{"p000", fmt.Sprintf("p%03d", harang.MaxPageLimit/3)} {
		if err := env.Catalogue.PutProduct(t.Context(), admin, harang.Product{ID: id, Name: "z " + id}); err != nil {
			t.Fatal(err)
		}
	}
	text := append(first, whole(t, file)...)
	if n, want := bytes.Count(text, []byte("\r\n")), 1+3*(harang.MaxPageLimit/2+1); n != want {
		t.Errorf("%d lines, want %d", n, want)
	}
	report, err := env.Catalogue.PreviewImport(t.Context(), admin, bytes.NewReader(text))
	if err != nil || len(report.Problems.First) > 0 {
		t.Errorf("%v, %v", report.Problems, err)
	}
}

// TestExports_Cells: what a spreadsheet would change has an apostrophe, and nothing else has.
func TestExports_Cells(t *testing.T) {
	for text, want := range map[string]string{
		"=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "'=1": "''=1", " =1": "' =1", "\t1": "'\t1", "\r1": "'\r1",
		"\u22125": "'\u22125", "00123": "'00123", "5991234567890": "'5991234567890", "3/4": "'3/4", "1.5": "'1.5",
		"2026-03-02": "'2026-03-02", "1e5": "'1e5", "12 500 Ft": "'12 500 Ft",
		"": "", "1001": "1001", "0": "0", "a=b": "a=b", "'x": "'x", "M8": "M8", "3 m létra": "3 m létra", "-": "'-",
		"\u3000=1": "'\u3000=1", "Kft.,=1": "Kft.,'=1", "a;@b,+1": "a;'@b,'+1", `a, "=1`: `a,' "=1`, "a,'=1": "a,''=1",
		"=a,=1": "'=a,'=1", "Kft., -20 °C": "Kft., -20 °C",
	} {
		got := shop.EscapeCell(text)
		if got != want || shop.UnescapeCell(got) != text {
			t.Errorf("%q is written %q and read %q, want %q", text, got, shop.UnescapeCell(got), want)
		}
	}
}

// TestExports_CellsSplitElsewhere: no part of a text is a formula where a spreadsheet separates cells at commas or at
// semicolons, and an import reads the text itself.
func TestExports_CellsSplitElsewhere(t *testing.T) {
	const alphabet, longest = `,;'=-@ "a1`, 5
	texts := []string{""}
	for range longest {
		longer := texts
		for _, text := range texts {
			for _, r := range alphabet {
				longer = append(longer, text+string(r))
			}
		}
		texts = longer[len(texts):]
		for _, text := range texts {
			cell := shop.EscapeCell(text)
			if got := shop.UnescapeCell(cell); got != text {
				t.Fatalf("%q is written %q and read %q", text, cell, got)
			}
			for i, part := range strings.Split(strings.ReplaceAll(cell, ";", ","), ",") {
				if i > 0 {
					part = strings.TrimLeft(part, `"`)
				}
				if part != "" && strings.Contains("=-@", part[:1]) {
					t.Fatalf("%q is written %q, whose part %q is a formula", text, cell, part)
				}
			}
		}
	}
}
