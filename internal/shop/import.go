package shop

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"harang.dev/harang"
)

// The limits of an import.
const (
	// maxImportBytes is the size of a file.
	maxImportBytes = 64 << 20
	// maxImportErrors is how many errors are reported at once.
	maxImportErrors = 20
)

// ImportResult counts what an import created or replaced.
type ImportResult struct {
	Locations int
	Partners  int
	Products  int
	Stock     int
}

// ImportCSV loads a catalogue and its stock from a CSV file, all of it or
// nothing. The file is UTF-8, with or without a byte order mark; its fields are
// separated by commas or by semicolons; its first line names the columns, in any
// order (case, spaces, "_" and "-" do not matter; a column without a name has to
// be empty):
//
//	productId, productName, dailyPrice        a product; dailyPrice in forints, 0 when absent
//	locationId, locationName                  a location
//	partnerId, partnerName                    a partner
//	quantity, warningThreshold, criticalThreshold
//	                                          the stock of the line's product at the line's
//	                                          location; thresholds are 0 when absent
//
// A line creates or replaces what its filled columns name. A name may be left
// out when the product, location or partner exists or another line names it.
// Lines may repeat a product, location or partner with the same values; the stock
// of one product at one location is on one line.
//
// INVALID_REQUEST with a field "line 7, quantity" for each of the first twenty
// errors; TOO_LARGE for more than 64 MiB.
func (c *Catalogue) ImportCSV(ctx context.Context, caller harang.Identity, file io.Reader) (ImportResult, error) {
	if err := caller.Can(harang.ActionPutCatalogue); err != nil {
		return ImportResult{}, err
	}
	in, err := readImport(file)
	if err != nil {
		return ImportResult{}, err
	}
	result := ImportResult{
		Locations: len(in.locations),
		Partners:  len(in.partners),
		Products:  len(in.products),
		Stock:     len(in.stock),
	}
	return result, c.store.Within(ctx, func(tx Tx) error { return c.load(ctx, tx, caller, in) })
}

// load writes an import, in key order.
func (c *Catalogue) load(ctx context.Context, tx Tx, caller harang.Identity, in *importFile) error {
	// A transaction is not interrupted, so cancellation is checked here.
	cancelled := func() error {
		if ctx.Err() != nil {
			return harang.Wrap(harang.CodeUnavailable, ctx.Err(), "the import was interrupted, nothing was loaded")
		}
		return nil
	}
	for _, id := range sortedKeys(in.locations) {
		if err := tx.PutLocation(ctx, caller.Tenant, in.locations[id].value); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(in.partners) {
		if err := tx.PutPartner(ctx, caller.Tenant, in.partners[id].value); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(in.products) {
		if err := cancelled(); err != nil {
			return err
		}
		if err := tx.PutProduct(ctx, caller.Tenant, in.products[id].value); err != nil {
			return err
		}
	}
	keys := make([]stockKey, 0, len(in.stock))
	for key := range in.stock {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b stockKey) int {
		return cmp.Or(strings.Compare(a.product, b.product), strings.Compare(a.location, b.location))
	})
	for _, key := range keys {
		if err := cancelled(); err != nil {
			return err
		}
		s := in.stock[key]
		_, err := c.putStock(ctx, tx, caller, key.product, key.location, s.value)
		if harang.ErrorCode(err) == harang.CodeNotFound {
			return harang.Invalid(harang.FieldError{Field: field(s.line, "productId"),
				Detail: fmt.Sprintf(
					"product %q or location %q does not exist and no line names it",
					key.product,
					key.location,
				)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func field(line int, column string) string { return fmt.Sprintf("line %d, %s", line, column) }

// stated is a value from a file with the line that has it first.
type stated[V any] struct {
	line  int
	value V
}

type stockKey struct{ product, location string }

// importFile is the content of an import.
type importFile struct {
	locations map[string]stated[harang.Location]
	partners  map[string]stated[harang.Partner]
	products  map[string]stated[harang.Product]
	stock     map[stockKey]stated[StockPut]
	errors    []harang.FieldError
}

// columns maps the folded names of the known columns to their names.
var columns = func() map[string]string {
	all := map[string]string{}
	for _, name := range []string{
		"productId", "productName", "dailyPrice", "locationId", "locationName", "partnerId", "partnerName",
		"quantity", "warningThreshold", "criticalThreshold",
	} {
		all[foldColumn(name)] = name
	}
	return all
}()

var columnFolder = strings.NewReplacer(" ", "", "_", "", "-", "")

func foldColumn(name string) string { return columnFolder.Replace(strings.ToLower(name)) }

// readImport reads and validates a whole file.
func readImport(file io.Reader) (*importFile, error) {
	text, err := io.ReadAll(io.LimitReader(file, maxImportBytes+1))
	switch {
	case err != nil:
		return nil, harang.Wrap(harang.CodeInvalidRequest, err, "the file cannot be read")
	case len(text) > maxImportBytes:
		return nil, harang.Errorf(harang.CodeTooLarge, "a file may have %d bytes at most", maxImportBytes)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, harang.Invalid(
			harang.FieldError{Field: field(badLine(text), "file"), Detail: "is not UTF-8; save the file as CSV UTF-8"},
		)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = separator(text)
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if err != nil {
		return nil, harang.Invalid(harang.FieldError{Field: field(1, "file"), Detail: "must name the columns"})
	}
	names, err := readHeader(header)
	if err != nil {
		return nil, err
	}
	in := &importFile{
		locations: map[string]stated[harang.Location]{}, partners: map[string]stated[harang.Partner]{},
		products: map[string]stated[harang.Product]{}, stock: map[stockKey]stated[StockPut]{},
	}
	for len(in.errors) < maxImportErrors {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			in.add(parse.Line, "file", csvProblem(parse, len(header)))
			if errors.Is(parse.Err, csv.ErrFieldCount) {
				continue
			}
			break // after a broken quote the fields cannot be separated
		}
		if err != nil {
			return nil, harang.Wrap(harang.CodeInvalidRequest, err, "the file cannot be read")
		}
		line, _ := r.FieldPos(0)
		in.readLine(line, names, record)
	}
	in.checkEmpty()
	if len(in.errors) > 0 {
		slices.SortStableFunc(in.errors, func(a, b harang.FieldError) int { return cmp.Compare(lineOf(a), lineOf(b)) })
		return nil, harang.Invalid(in.errors[:min(len(in.errors), maxImportErrors)]...)
	}
	return in, nil
}

func lineOf(f harang.FieldError) int {
	n, _, _ := strings.Cut(strings.TrimPrefix(f.Field, "line "), ",")
	line, _ := strconv.Atoi(n)
	return line
}

func csvProblem(e *csv.ParseError, fields int) string {
	if errors.Is(e.Err, csv.ErrFieldCount) {
		return fmt.Sprintf("must have %d fields, as the first line has", fields)
	}
	return "has a misplaced quotation mark"
}

// badLine is the first line that is not UTF-8.
func badLine(text []byte) int {
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, maxImportBytes+1)
	line := 1
	for ; s.Scan(); line++ {
		if !utf8.Valid(s.Bytes()) {
			return line
		}
	}
	return line
}

// separator is the field separator of the first line.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		return ';'
	}
	return ','
}

// readHeader returns the known name of each column.
func readHeader(header []string) ([]string, error) {
	names := make([]string, len(header))
	for i, h := range header {
		name, ok := columns[foldColumn(strings.TrimSpace(h))]
		switch {
		case strings.TrimSpace(h) == "":
			continue // an empty column of a spreadsheet
		case !ok:
			return nil, harang.Invalid(harang.FieldError{Field: field(1, strconv.Quote(h)),
				Detail: "is not a known column; known are productId, productName, dailyPrice, locationId, locationName, partnerId, partnerName, quantity, warningThreshold, criticalThreshold"})
		case slices.Contains(names[:i], name):
			return nil, harang.Invalid(harang.FieldError{Field: field(1, name), Detail: "is there twice"})
		}
		names[i] = name
	}
	for _, need := range [][2]string{
		{"productName", "productId"}, {"dailyPrice", "productId"}, {"locationName", "locationId"}, {"partnerName", "partnerId"},
		{"quantity", "productId"}, {"quantity", "locationId"}, {"warningThreshold", "quantity"}, {"criticalThreshold", "quantity"},
	} {
		if slices.Contains(names, need[0]) && !slices.Contains(names, need[1]) {
			return nil, harang.Invalid(
				harang.FieldError{Field: field(1, need[1]), Detail: "is missing; " + need[0] + " needs it"},
			)
		}
	}
	return names, nil
}

func (in *importFile) add(line int, column, detail string) {
	in.errors = append(in.errors, harang.FieldError{Field: field(line, column), Detail: detail})
}

// readLine reads one line.
func (in *importFile) readLine(line int, names, record []string) {
	before := len(in.errors)
	cells := make(map[string]string, len(names))
	for i, name := range names {
		cells[name] = strings.TrimSpace(record[i])
		if name == "" && cells[name] != "" {
			in.add(line, strconv.Quote(cells[name]), "is in a column without a name")
		}
	}
	whole := func(column string) int64 {
		if cells[column] == "" {
			return 0
		}
		n, err := strconv.ParseInt(cells[column], 10, 64)
		if err != nil {
			in.add(line, column, fmt.Sprintf("must be a whole number, not %q", cells[column]))
		}
		return n
	}
	product := harang.Product{ID: cells["productId"], Name: cells["productName"], DailyPrice: whole("dailyPrice")}
	location := harang.Location{ID: cells["locationId"], Name: cells["locationName"]}
	partner := harang.Partner{ID: cells["partnerId"], Name: cells["partnerName"]}
	put := StockPut{
		Quantity:          whole("quantity"),
		WarningThreshold:  whole("warningThreshold"),
		CriticalThreshold: whole("criticalThreshold"),
	}
	if len(in.errors) > before {
		return // the numbers are not those of the file
	}
	if product.Name != "" || product.DailyPrice != 0 {
		state(in, in.products, line, "product", product.ID, product, product.Check())
	}
	if location.Name != "" {
		state(in, in.locations, line, "location", location.ID, location, location.Check())
	}
	if partner.Name != "" {
		state(in, in.partners, line, "partner", partner.ID, partner, partner.Check())
	}
	if cells["quantity"] == "" {
		return
	}
	wrong := append(checkIDs(product.ID, location.ID), put.Check()...)
	for _, w := range wrong {
		in.add(line, w.Field, w.Detail)
	}
	key := stockKey{product.ID, location.ID}
	if first, ok := in.stock[key]; ok {
		in.add(line, "quantity", fmt.Sprintf("repeats the stock of line %d", first.line))
	} else if len(wrong) == 0 {
		in.stock[key] = stated[StockPut]{line, put}
	}
}

// state records the values of one line for one product, location or partner, and
// compares them with those of an earlier line.
func state[V comparable](
	in *importFile, all map[string]stated[V], line int, noun, id string, value V, wrong []harang.FieldError,
) {
	for _, w := range wrong {
		column := w.Field
		if column == "id" || column == "name" {
			column = noun + strings.ToUpper(column[:1]) + column[1:]
		}
		in.add(line, column, w.Detail)
	}
	if len(wrong) > 0 {
		return
	}
	first, ok := all[id]
	switch {
	case !ok:
		all[id] = stated[V]{line, value}
	case first.value != value:
		in.add(line, noun+"Name", fmt.Sprintf("differs from line %[3]d about %[1]s %[2]q", noun, id, first.line))
	}
}

// checkEmpty refuses a file that names nothing.
func (in *importFile) checkEmpty() {
	if len(in.errors) == 0 && len(in.locations)+len(in.partners)+len(in.products)+len(in.stock) == 0 {
		in.add(1, "file", "has no lines with data")
	}
}
