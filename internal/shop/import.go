package shop

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
)

// importChunk is how many things one transaction of an import writes: few enough that a checkout waits for it
// for a small part of a second only.
const importChunk = 50

// maxImportChanges is how many changes a report lists.
const maxImportChanges = 1000

// ImportReport says what a file changes, or changed.
type ImportReport struct {
	// New, Changed and Untouched count lines with data: a line is new when it creates something, else changed
	// when it changes something, else untouched.
	New, Changed, Untouched int
	// Locations, Partners, Products and Stock count what is created or changed.
	Locations, Partners, Products, Stock int
	// Changes are the single changes, at most a thousand, by line; MoreChanges is how
	// many others there are.
	Changes     []ImportChange
	MoreChanges int
	// Problems are the errors of the file. A file with errors changes nothing.
	Problems ImportProblems
}

// ImportChange is what a file does to one value.
type ImportChange struct {
	Line int
	// Kind is location, partner, product or stock; ID is the id of that thing, "product/location" for stock.
	Kind, ID string
	// New says that the thing is created.
	New bool
	// Field is the column; Before is "" for a new thing.
	Field, Before, After string
}

// PreviewImport reads a file and reports what ImportCSV would do, without doing it. Errors of the file are in the
// report. TOO_LARGE for more than MaxImportBytes.
func (c *Catalogue) PreviewImport(ctx context.Context, caller harang.Identity, file io.Reader) (ImportReport, error) {
	plan, err := c.planImport(ctx, caller, file)
	if err != nil {
		return ImportReport{}, err
	}
	return plan.report, nil
}

// ImportCSV loads a catalogue and its stock from a CSV file. The file is UTF-8, UTF-16 or Windows-1250; its fields
// are separated by semicolons, commas or tabs; its first line names the columns, in any order (case, spaces, "_"
// and "-" do not matter; a column without a name has to be empty):
//
//	productId, productName, dailyPrice        a product; dailyPrice in forints
//	locationId, locationName                  a location
//	partnerId, partnerName, partnerPhone, partnerEmail, partnerNote
//	                                          a partner
//	quantity, warningThreshold, criticalThreshold
//	                                          the stock of the line's product at the line's location
//
// A line creates or changes what its filled cells name. An absent column or an empty cell keeps the present value; of
// something new, names and quantity are required, and prices and thresholds are 0. Lines may repeat a product,
// location or partner with the same values; the stock of one product at one location is on one line. Numbers may be
// written as "1 234,00 Ft". A dash in the column barcodes takes all barcodes from the product; one in partnerPhone,
// partnerEmail or partnerNote removes what is there.
//
// The whole file is checked before anything is written: INVALID_REQUEST with a field "line 7, quantity" for each of
// the first twenty errors. Then it is written in transactions of a few lines, so that nobody waits long. When that is
// interrupted, the same file again goes on where it stopped. TOO_LARGE for more than MaxImportBytes.
func (c *Catalogue) ImportCSV(ctx context.Context, caller harang.Identity, file io.Reader) (ImportReport, error) {
	return c.ImportCSVWhile(ctx, caller, file, func(context.Context) error { return nil })
}

// ImportCSVWhile is ImportCSV that calls allowed before each transaction, and ends with its error.
func (c *Catalogue) ImportCSVWhile(
	ctx context.Context, caller harang.Identity, file io.Reader, allowed func(ctx context.Context) error,
) (ImportReport, error) {
	plan, err := c.planImport(ctx, caller, file)
	if err != nil {
		return ImportReport{}, err
	}
	if err := plan.report.Problems.Err(); err != nil {
		return ImportReport{}, err
	}
	if len(plan.writes) > 0 { // in the last transaction: an import that was interrupted is no whole one
		plan.writes = append(plan.writes, func(tx Tx) error {
			return c.record(ctx, tx, caller, harang.AuditImport,
				harang.AuditSubject{Kind: harang.AuditList, ID: "catalogue"}, nil, harang.AuditState{
					"new": plan.report.New, "changed": plan.report.Changed, "untouched": plan.report.Untouched,
				})
		})
	}
	for chunk := range slices.Chunk(plan.writes, importChunk) {
		if ctx.Err() != nil {
			return ImportReport{}, harang.Wrap(harang.CodeUnavailable, ctx.Err(),
				"the import was interrupted; the same file again goes on where it stopped")
		}
		if err := allowed(ctx); err != nil {
			return ImportReport{}, err
		}
		err := c.store.Within(ctx, func(tx Tx) error {
			for _, write := range chunk {
				if err := write(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return ImportReport{}, err
		}
	}
	return plan.report, nil
}

// importPlan is what a file does to a shop.
type importPlan struct {
	report ImportReport
	// writes are the changes in key order: locations, partners, products, stock.
	writes []func(tx Tx) error
	// created and changed are the things of the file, by kind and id.
	created, changed map[string]bool
}

func (c *Catalogue) planImport(ctx context.Context, caller harang.Identity, file io.Reader) (*importPlan, error) {
	if err := caller.Can(harang.ActionPutCatalogue); err != nil {
		return nil, err
	}
	in, err := readImport(file)
	if err != nil {
		return nil, err
	}
	p := &importPlan{created: map[string]bool{}, changed: map[string]bool{}}
	p.report.Problems = in.problems
	for _, step := range []func(context.Context, harang.Identity, *importFile, *importPlan) error{
		c.planLocations, c.planPartners, c.planProducts, c.planStock,
	} {
		if err := step(ctx, caller, in, p); err != nil {
			return nil, err
		}
	}
	p.report.Problems.sort()
	p.count(in.rows)
	return p, nil
}

// count counts the lines and orders the changes by them.
func (p *importPlan) count(rows []importRow) {
	r := &p.report
	if len(r.Problems.First) > 0 {
		*r = ImportReport{Problems: r.Problems}
		p.writes = nil
		return
	}
	// Several lines may name one thing; the first of them creates or changes it.
	take := func(from map[string]bool, keys ...string) (found bool) {
		for _, key := range keys {
			found = found || from[key]
			delete(from, key)
		}
		return found
	}
	for _, row := range rows {
		keys := []string{"location " + row.location, "partner " + row.partner, "product " + row.product}
		if row.stock {
			keys = append(keys, "stock "+row.product+"/"+row.location)
		}
		created, changed := take(p.created, keys...), take(p.changed, keys...)
		switch {
		case created:
			r.New++
		case changed:
			r.Changed++
		default:
			r.Untouched++
		}
	}
	slices.SortStableFunc(r.Changes, func(a, b ImportChange) int { return cmp.Compare(a.Line, b.Line) })
	listed := min(len(r.Changes), maxImportChanges)
	r.Changes, r.MoreChanges = r.Changes[:listed], len(r.Changes)-listed
}

// change is one value of a thing, before and after.
type change struct{ field, before, after string }

func compare(field, before, after string) change { return change{field, before, after} }

// plan records what happens to one thing, if anything does.
func (p *importPlan) plan(line int, kind, id string, found bool, counter *int, write func(tx Tx) error,
	changes ...change) {
	changes = slices.DeleteFunc(changes, func(c change) bool {
		return c.before == c.after && (found || c.after == "")
	})
	if found && len(changes) == 0 {
		return
	}
	*counter++
	p.writes = append(p.writes, write)
	if found {
		p.changed[kind+" "+id] = true
	} else {
		p.created[kind+" "+id] = true
	}
	for _, c := range changes {
		if !found {
			c.before = ""
		}
		p.report.Changes = append(p.report.Changes, ImportChange{line, kind, id, !found, c.field, c.before, c.after})
	}
}

// check adds the errors of a thing under the names of the columns.
func (p *importPlan) check(line int, noun string, wrong []harang.FieldError) bool {
	for _, w := range wrong {
		column := w.Field
		if column == "id" || column == "name" || noun == "partner" {
			column = noun + strings.ToUpper(column[:1]) + column[1:]
		}
		p.report.Problems.add(line, column, w.Detail)
	}
	return len(wrong) == 0
}

// named is a stated text, or the present one when a file cannot tell them apart: cells are composed and have no space
// around them.
func named(stated, present string) string {
	if strings.TrimSpace(norm.NFC.String(present)) == stated {
		return present
	}
	return stated
}

// exists reads the present state of something that may not exist.
func exists[T any](value T, err error) (T, bool, error) {
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return value, false, nil
	}
	return value, err == nil, err
}

func (c *Catalogue) planLocations(ctx context.Context, caller harang.Identity, in *importFile, p *importPlan) error {
	for _, id := range slices.Sorted(maps.Keys(in.locations)) {
		want := in.locations[id]
		now, found, err := exists(c.store.FindLocation(ctx, caller.Tenant, id))
		if err != nil {
			return err
		}
		next := now
		next.ID, next.Name = id, named(want.value, now.Name)
		if !p.check(want.line, "location", next.Check()) {
			continue
		}
		write := func(tx Tx) error {
			_, err := c.changeLocation(ctx, tx, caller, LocationChange{ID: id, Name: &want.value})
			return err
		}
		p.plan(want.line, "location", id, found, &p.report.Locations, write,
			compare("locationName", now.Name, next.Name))
	}
	return nil
}

func (c *Catalogue) planPartners(ctx context.Context, caller harang.Identity, in *importFile, p *importPlan) error {
	for _, id := range slices.Sorted(maps.Keys(in.partners)) {
		want := in.partners[id]
		now, found, err := exists(c.store.FindPartner(ctx, caller.Tenant, id))
		if err != nil {
			return err
		}
		if now.Erased {
			p.report.Problems.add(want.first(), "partnerId", erasedDetail)
			continue
		}
		next := want.change(id, now).apply(now)
		if !p.check(want.first(), "partner", next.Check()) {
			continue
		}
		write := func(tx Tx) error {
			_, err := c.changePartner(ctx, tx, caller, want.change(id, now))
			return err
		}
		p.plan(want.first(), "partner", id, found, &p.report.Partners, write,
			compare("partnerName", now.Name, next.Name), compare("partnerPhone", now.Phone, next.Phone),
			compare("partnerEmail", now.Email, next.Email), compare("partnerNote", now.Note, next.Note))
	}
	return nil
}

func (c *Catalogue) planProducts(ctx context.Context, caller harang.Identity, in *importFile, p *importPlan) error {
	owners := map[string]string{} // of the file's barcodes
	for _, id := range slices.Sorted(maps.Keys(in.products)) {
		want := in.products[id]
		having, err := c.store.FindProductsByCode(ctx, caller.Tenant, id)
		if err != nil {
			return err
		}
		now, found := harang.Product{}, false
		if i := slices.IndexFunc(having, func(h harang.Product) bool { return h.ID == id }); i >= 0 {
			now, found = having[i], true
		}
		if !found && len(having) > 0 {
			p.report.Problems.addf(want.first(), "productId", "is a barcode of product %q", having[0].ID)
			continue
		}
		if !found && want.name == nil {
			p.report.Problems.addf(want.first(), "productName", "must be filled in: there is no product %q", id)
			continue
		}
		change := want.change(id, now)
		next := change.apply(now)
		if !p.checkProduct(want, next.Check()) {
			continue
		}
		if want.barcodes != nil {
			ok, err := c.planBarcodes(ctx, caller, p, want.barcodes.line, next, in, owners)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
		}
		write := func(tx Tx) error {
			_, err := c.changeProduct(ctx, tx, caller, change)
			return err
		}
		p.plan(want.first(), "product", id, found, &p.report.Products, write,
			compare("productName", now.Name, next.Name),
			compare("dailyPrice", fmt.Sprint(now.DailyPrice), fmt.Sprint(next.DailyPrice)),
			compare("barcodes", strings.Join(now.Barcodes, " "), strings.Join(next.Barcodes, " ")))
	}
	return nil
}

// checkProduct adds the errors of a product at the lines that state the values.
func (p *importPlan) checkProduct(want wantedProduct, wrong []harang.FieldError) bool {
	for _, w := range wrong {
		line := want.first()
		switch {
		case w.Field == "dailyPrice":
			line = want.price.line
		case strings.HasPrefix(w.Field, "barcodes"):
			line, w.Field = want.barcodes.line, "barcodes"
		}
		p.check(line, "product", []harang.FieldError{w})
	}
	return len(wrong) == 0
}

// planBarcodes checks that a product can have its barcodes: no other product of the file or the shop has one, or has
// it as its id.
func (c *Catalogue) planBarcodes(ctx context.Context, caller harang.Identity, p *importPlan, line int,
	next harang.Product, in *importFile, owners map[string]string,
) (bool, error) {
	ok := true
	for _, code := range next.Barcodes {
		owner, known := owners[code]
		if has(in.products, code) {
			owner, known = code, true
		}
		owners[code] = cmp.Or(owner, next.ID)
		if !known {
			found, err := c.store.FindProductsByCode(ctx, caller.Tenant, code)
			if err != nil {
				return false, err
			}
			if i := slices.IndexFunc(found, func(p harang.Product) bool { return p.ID != next.ID }); i >= 0 {
				owner = found[i].ID
			}
		}
		if owner != "" && owner != next.ID {
			p.report.Problems.addf(line, "barcodes", "%s is a barcode or the id of product %q", code, owner)
			ok = false
		}
	}
	return ok, nil
}

func (c *Catalogue) planStock(ctx context.Context, caller harang.Identity, in *importFile, p *importPlan) error {
	keys := slices.SortedFunc(maps.Keys(in.stock), func(a, b stockKey) int {
		return cmp.Or(strings.Compare(a.product, b.product), strings.Compare(a.location, b.location))
	})
	known := map[string]bool{} // "product x" and "location y" that exist
	for _, key := range keys {
		want := in.stock[key]
		now, found, err := exists(c.store.FindStockItem(ctx, caller.Tenant, key.product, key.location))
		if err != nil {
			return err
		}
		if !found {
			ok, err := c.planNewStock(ctx, caller, in, p, key, known)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
		}
		level := now.Level
		put := StockPut{
			Quantity:          want.quantity.or(level.Quantity),
			WarningThreshold:  want.warning.or(level.Thresholds.Warning),
			CriticalThreshold: want.critical.or(level.Thresholds.Critical),
		}
		if !p.check(want.line, "", put.Check()) {
			continue
		}
		p.plan(want.line, "stock", key.product+"/"+key.location, found, &p.report.Stock,
			c.writeStock(ctx, caller, key, want),
			compare("quantity", fmt.Sprint(level.Quantity), fmt.Sprint(put.Quantity)),
			compare("warningThreshold", fmt.Sprint(level.Thresholds.Warning), fmt.Sprint(put.WarningThreshold)),
			compare("criticalThreshold", fmt.Sprint(level.Thresholds.Critical), fmt.Sprint(put.CriticalThreshold)))
	}
	return nil
}

// planNewStock checks that a stock item can be created: product and location exist or are in the file, and the
// quantity is given.
func (c *Catalogue) planNewStock(
	ctx context.Context, caller harang.Identity, in *importFile, p *importPlan, key stockKey, known map[string]bool,
) (bool, error) {
	line := in.stock[key].line
	for _, part := range []struct {
		noun, id string
		inFile   bool
		find     func() error
	}{
		{"product", key.product, has(in.products, key.product), func() error {
			_, err := c.store.FindProduct(ctx, caller.Tenant, key.product)
			return err
		}},
		{"location", key.location, has(in.locations, key.location), func() error {
			_, err := c.store.FindLocation(ctx, caller.Tenant, key.location)
			return err
		}},
	} {
		if part.inFile || known[part.noun+" "+part.id] {
			continue
		}
		err := part.find()
		if harang.ErrorCode(err) == harang.CodeNotFound {
			p.report.Problems.add(line, part.noun+"Id",
				fmt.Sprintf("%s %q does not exist and no line names it", part.noun, part.id))
			return false, nil
		}
		if err != nil {
			return false, err
		}
		known[part.noun+" "+part.id] = true
	}
	if in.stock[key].quantity == nil {
		p.report.Problems.add(line, "quantity", "must be filled in: this product has no stock at this location")
		return false, nil
	}
	return true, nil
}

// has reports whether a file has values for an id.
func has[V any](all map[string]V, id string) bool {
	_, ok := all[id]
	return ok
}

// writeStock writes what a line wants of a stock item; what it does not name keeps the value of that moment.
func (c *Catalogue) writeStock(
	ctx context.Context, caller harang.Identity, key stockKey, want wantedStock,
) func(tx Tx) error {
	return func(tx Tx) error {
		now, found, err := exists(tx.LockStock(ctx, caller.Tenant, key.product, key.location))
		if err != nil {
			return err
		}
		put := StockPut{
			Quantity:          want.quantity.or(now.Level.Quantity),
			WarningThreshold:  want.warning.or(now.Level.Thresholds.Warning),
			CriticalThreshold: want.critical.or(now.Level.Thresholds.Critical),
		}
		if wrong := put.Check(); len(wrong) > 0 { // thresholds changed since the file was checked
			return harang.Invalid(harang.FieldError{
				Field: fmt.Sprintf("line %d, %s", want.line, wrong[0].Field), Detail: wrong[0].Detail,
			})
		}
		if found {
			return c.setQuantity(ctx, tx, caller, &now, put.Quantity, put.thresholds(),
				movement{reason: reasonCatalogue})
		}
		_, err = c.putStock(ctx, tx, caller, key.product, key.location, put)
		return err
	}
}
