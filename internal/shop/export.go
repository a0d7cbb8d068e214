package shop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"harang.dev/harang"
)

// Exports is the use cases of lists as files for spreadsheets.
type Exports struct {
	*service
	inventory *Inventory
	catalogue *Catalogue
	rentals   *Rentals
	payments  *Payments
	dashboard *Dashboard

	notifications *Notifications
	audit         *Audit
}

// Export is a list as a CSV file that a Hungarian spreadsheet opens right: UTF-8 with a
// byte order mark, semicolons, CRLF, whole forints, times of Budapest. It is read page
// by page, never in one transaction: what changes meanwhile is in it once or not.
//
// A text that a spreadsheet would calculate or change (=1+1, 00123, 3/4) has an
// apostrophe before it, which an import removes.
type Export struct {
	columns []string
	// read returns the lines of a page and the cursor of the next; "" at the end.
	read   func(ctx context.Context, cursor string) (lines [][]string, next string, err error)
	cursor string
	begun  bool
	ended  bool
}

// Next returns the next part of the file, io.EOF after the last one. The first part has
// the columns.
func (e *Export) Next(ctx context.Context) ([]byte, error) {
	if e.ended {
		return nil, io.EOF
	}
	lines, next, err := e.read(ctx, e.cursor)
	if err != nil {
		return nil, err
	}
	var part bytes.Buffer
	w := csv.NewWriter(&part)
	w.Comma, w.UseCRLF = ';', true
	if !e.begun {
		part.WriteString("\ufeff")
		lines = append([][]string{e.columns}, lines...)
	}
	e.begun, e.cursor, e.ended = true, next, next == ""
	if err := w.WriteAll(lines); err != nil {
		return nil, harang.Wrap(harang.CodeInternal, err, "the file cannot be written")
	}
	return part.Bytes(), nil
}

// newExport returns an export of a list that page reads; line writes an item. An item that is on two pages, because
// what the list is ordered by has changed meanwhile, is written once; key tells items apart.
func newExport[T any](
	columns []string, page func(ctx context.Context, cursor string) (harang.Page[T], error), key func(T) string,
	line func(ctx context.Context, item T) ([]string, error),
) *Export {
	written := map[[sha256.Size / 2]byte]struct{}{} // keys may be long
	return &Export{columns: columns, read: func(ctx context.Context, cursor string) ([][]string, string, error) {
		p, err := page(ctx, cursor)
		if err != nil {
			return nil, "", err
		}
		var lines [][]string
		for _, item := range p.Items {
			sum := sha256.Sum256([]byte(key(item)))
			short := [sha256.Size / 2]byte(sum[:])
			if _, repeated := written[short]; repeated {
				continue
			}
			written[short] = struct{}{}
			cells, err := line(ctx, item)
			if err != nil {
				return nil, "", err
			}
			lines = append(lines, cells)
		}
		return lines, p.Next, nil
	}}
}

// Record writes to the audit log that the caller saves a list with these filters.
func (x *Exports) Record(ctx context.Context, caller harang.Identity, list string, filters map[string][]string) error {
	state := harang.AuditState{}
	for name, values := range filters {
		state[name] = strings.Join(values, " ")
	}
	return x.store.Within(ctx, func(tx Tx) error {
		return x.record(ctx, tx, caller, harang.AuditExport,
			harang.AuditSubject{Kind: harang.AuditList, ID: list}, nil, state)
	})
}

// Audit is the audit log, newest first.
func (x *Exports) Audit(caller harang.Identity, q harang.AuditQuery) *Export {
	columns := []string{"at", "actorId", "actorName", "actorRole", "from", "action", "subjectType", "subjectId",
		"subjectName", "before", "after", "count"}
	return newExport(columns, func(ctx context.Context, cursor string) (harang.Page[harang.AuditEntry], error) {
		q.Cursor, q.Limit = cursor, harang.MaxPageLimit
		return x.audit.List(ctx, caller, q)
	}, func(e harang.AuditEntry) string {
		return e.ID
	}, func(_ context.Context, e harang.AuditEntry) ([]string, error) {
		return []string{
			timeCell(e.At), escapeCell(e.Actor.ID), escapeCell(e.Actor.Name), string(e.Role), escapeCell(e.From),
			string(e.Action), string(e.Subject.Kind), escapeCell(e.Subject.ID), escapeCell(e.Subject.Name),
			escapeCell(string(e.Before)), escapeCell(string(e.After)), wholeCell(e.Count),
		}, nil
	})
}

// Stock is the stock list with the columns of an import, which finds every line
// untouched.
func (x *Exports) Stock(caller harang.Identity, q harang.StockQuery) *Export {
	columns := []string{"productId", "productName", "dailyPrice", "barcodes", "locationId", "locationName", "quantity",
		"warningThreshold", "criticalThreshold"}
	// All lines of a product or location state the same, or an import would refuse the file.
	products, locations := map[string]harang.Product{}, map[string]string{}
	return newExport(columns, func(ctx context.Context, cursor string) (harang.Page[harang.StockListItem], error) {
		q.Cursor, q.Limit = cursor, harang.MaxPageLimit
		return x.inventory.Stock(ctx, caller, q)
	}, func(i harang.StockListItem) string {
		return i.ProductID + "\x00" + i.LocationID
	}, func(ctx context.Context, i harang.StockListItem) (_ []string, err error) {
		product, known := products[i.ProductID]
		if !known {
			if product, err = x.store.FindProduct(ctx, caller.Tenant, i.ProductID); err != nil {
				return nil, err
			}
			products[i.ProductID] = product
		}
		if _, known := locations[i.LocationID]; !known {
			locations[i.LocationID] = i.LocationName
		}
		return []string{
			escapeCell(i.ProductID), escapeCell(product.Name), wholeCell(product.DailyPrice),
			escapeCell(strings.Join(product.Barcodes, " ")),
			escapeCell(i.LocationID), escapeCell(locations[i.LocationID]),
			wholeCell(i.Level.Quantity), wholeCell(i.Level.Thresholds.Warning),
			wholeCell(i.Level.Thresholds.Critical),
		}, nil
	})
}

// Products is the list of products with the columns of an import, those without stock
// included.
func (x *Exports) Products(caller harang.Identity, q harang.CatalogueQuery) *Export {
	return newExport([]string{"productId", "productName", "dailyPrice", "barcodes"},
		func(ctx context.Context, cursor string) (harang.Page[harang.Product], error) {
			q.Cursor, q.Limit = cursor, harang.MaxPageLimit
			return x.catalogue.Products(ctx, caller, q)
		}, func(p harang.Product) string { return p.ID }, func(_ context.Context, p harang.Product) ([]string, error) {
			return []string{
				escapeCell(p.ID), escapeCell(p.Name), wholeCell(p.DailyPrice),
				escapeCell(strings.Join(p.Barcodes, " ")),
			}, nil
		})
}

// Partners is the list of partners with the columns of an import.
func (x *Exports) Partners(caller harang.Identity, q harang.CatalogueQuery) *Export {
	return newExport([]string{"partnerId", "partnerName", "partnerPhone", "partnerEmail", "partnerNote"},
		func(ctx context.Context, cursor string) (harang.Page[harang.Partner], error) {
			q.Cursor, q.Limit = cursor, harang.MaxPageLimit
			return x.catalogue.Partners(ctx, caller, q)
		}, func(p harang.Partner) string { return p.ID }, func(_ context.Context, p harang.Partner) ([]string, error) {
			return []string{
				escapeCell(p.ID), escapeCell(p.Name), escapeCell(p.Phone), escapeCell(p.Email), escapeCell(p.Note),
			}, nil
		})
}

// Locations is the list of locations with the columns of an import.
func (x *Exports) Locations(caller harang.Identity, q harang.CatalogueQuery) *Export {
	return newExport([]string{"locationId", "locationName"},
		func(ctx context.Context, cursor string) (harang.Page[harang.Location], error) {
			q.Cursor, q.Limit = cursor, harang.MaxPageLimit
			return x.catalogue.Locations(ctx, caller, q)
		}, func(l harang.Location) string {
			return l.ID
		}, func(_ context.Context, l harang.Location) ([]string, error) {
			return []string{escapeCell(l.ID), escapeCell(l.Name)}, nil
		})
}

// Notifications is the caller's list of notifications, newest first, in the words of a
// language: title and detail are the two lines that the page shows.
func (x *Exports) Notifications(
	caller harang.Identity, q harang.NotificationQuery, language harang.Language,
) *Export {
	columns := []string{"eventId", "timestamp", "type", "severity", "title", "detail", "locationId", "locationName",
		"readAt", "claimedBy", "claimedAt", "resolvedAt"}
	locations := map[string]string{} // names of those that are known here
	return newExport(columns, func(ctx context.Context, cursor string) (harang.Page[harang.Notification], error) {
		q.Cursor, q.Limit = cursor, harang.MaxPageLimit
		page, _, err := x.notifications.List(ctx, caller, q)
		return page, err
	}, func(n harang.Notification) string {
		return n.Event.ID
	}, func(ctx context.Context, n harang.Notification) ([]string, error) {
		location, err := x.locationOf(ctx, n.Event, locations)
		if err != nil {
			return nil, err
		}
		text := n.Event.Text(language)
		detail := text.Detail
		if n.Resolved.IsZero() && detail != "" && text.NextStep != "" {
			detail += " · " + text.NextStep
		}
		var claim harang.Claim
		by := ""
		if n.Claim != nil {
			claim, by = *n.Claim, n.Claim.By.Name
		}
		return []string{
			escapeCell(n.Event.ID), timeCell(n.Event.Time), escapeCell(n.Event.Type), text.Severity,
			escapeCell(text.Title), escapeCell(detail), escapeCell(n.Event.LocationID), escapeCell(location),
			timeCell(n.ReadAt), escapeCell(by), timeCell(claim.At), timeCell(n.Resolved),
		}, nil
	})
}

// locationOf returns the name of an event's location: the present one, for a location that
// is unknown here the one that the event names. known are the names that were found before.
func (x *Exports) locationOf(ctx context.Context, e harang.Event, known map[string]string) (string, error) {
	if e.LocationID == "" {
		return "", nil
	}
	if name, found := known[e.LocationID]; found {
		return name, nil
	}
	l, err := x.store.FindLocation(ctx, e.Tenant, e.LocationID)
	switch {
	case harang.ErrorCode(err) == harang.CodeNotFound:
		var named struct{ LocationName string }
		_ = json.Unmarshal(e.Data, &named) // unreadable: names none
		return named.LocationName, nil
	case err != nil:
		return "", err
	}
	known[e.LocationID] = l.Name
	return l.Name, nil
}

// Rentals is the list of rentals.
func (x *Exports) Rentals(caller harang.Identity, q harang.RentalQuery) *Export {
	columns := []string{"rentalId", "status", "partnerId", "partnerName", "locationId", "locationName", "products",
		"equipmentCount", "totalValue", "paidAmount", "refundedAmount", "owedAmount", "roundingAmount", "createdAt",
		"dueAt", "closedAt", "createdBy", "number"}
	return newExport(columns, func(ctx context.Context, cursor string) (harang.Page[harang.Rental], error) {
		q.Cursor, q.Limit = cursor, harang.MaxPageLimit
		return x.rentals.List(ctx, caller, q)
	}, func(r harang.Rental) string { return r.ID }, func(_ context.Context, r harang.Rental) ([]string, error) {
		products := make([]string, len(r.Lines))
		for i, l := range r.Lines {
			products[i] = fmt.Sprintf("%d × %s", l.Quantity, l.ProductName)
		}
		return []string{
			escapeCell(r.ID), string(r.Status), escapeCell(r.PartnerID), escapeCell(r.PartnerName),
			escapeCell(r.LocationID), escapeCell(r.LocationName), escapeCell(strings.Join(products, ", ")),
			wholeCell(r.EquipmentCount), wholeCell(r.TotalValue), wholeCell(r.Paid), wholeCell(r.Refunded),
			wholeCell(r.Owed()), wholeCell(r.Rounding), timeCell(r.Created), timeCell(r.Due), timeCell(r.Closed),
			escapeCell(r.By.Name), r.Number,
		}, nil
	})
}

// Payments is the list of payments, newest first.
func (x *Exports) Payments(caller harang.Identity, q harang.PaymentQuery) *Export {
	columns := []string{"transactionId", "rentalId", "partnerId", "partnerName", "amount", "refundedAmount",
		"roundingAmount", "method", "status", "errorCode", "errorMessage", "createdAt", "settledAt", "rentalNumber"}
	return newExport(columns, func(ctx context.Context, cursor string) (harang.Page[harang.Payment], error) {
		q.Cursor, q.Limit = cursor, harang.MaxPageLimit
		return x.payments.List(ctx, caller, q)
	}, func(p harang.Payment) string { return p.ID }, func(_ context.Context, p harang.Payment) ([]string, error) {
		return []string{
			escapeCell(p.ID), escapeCell(p.RentalID), escapeCell(p.PartnerID), escapeCell(p.PartnerName),
			wholeCell(p.Amount), wholeCell(p.Refunded), wholeCell(p.Rounding), string(p.Method), string(p.Status),
			escapeCell(p.ErrorCode), escapeCell(p.ErrorMessage), timeCell(p.Created), timeCell(p.Settled),
			p.RentalNumber,
		}, nil
	})
}

// Revenue is the money of a time, by location and method, as Dashboard.Revenue returns it.
func (x *Exports) Revenue(caller harang.Identity, locationID string, from, to time.Time) *Export {
	columns := []string{"locationId", "locationName", "method", "payments", "receivedAmount", "refunds",
		"refundedAmount", "roundingAmount", "netAmount"}
	return newExport(columns, func(ctx context.Context, _ string) (harang.Page[harang.RevenueLine], error) {
		r, err := x.dashboard.Revenue(ctx, caller, locationID, from, to)
		return harang.Page[harang.RevenueLine]{Items: r.Lines}, err
	}, func(l harang.RevenueLine) string {
		return l.LocationID + "\x00" + string(l.Method)
	}, func(_ context.Context, l harang.RevenueLine) ([]string, error) {
		return []string{
			escapeCell(l.LocationID), escapeCell(l.LocationName), string(l.Method), wholeCell(l.Payments),
			wholeCell(l.Received), wholeCell(l.Refunds), wholeCell(l.Refunded), wholeCell(l.Rounding),
			wholeCell(l.Net()),
		}, nil
	})
}

func wholeCell(n int64) string { return strconv.FormatInt(n, 10) }

// timeCell is a time as spreadsheets of every language read it; "" for the zero time.
func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(budapest).Format(time.DateTime)
}

// escapeCell writes an apostrophe before a text that a spreadsheet would calculate, or
// change when it saves the file, and before each part that would be calculated where a
// spreadsheet of another language separates cells at commas: "Kft.,=1" would be two.
func escapeCell(text string) string {
	cell := innerFormula.ReplaceAllString(text, "$1'$2")
	if isAltered(text) {
		return "'" + cell
	}
	return cell
}

// unescapeCell removes the apostrophes that escapeCell writes, or people.
func unescapeCell(cell string) string {
	if !strings.Contains(cell, "'") {
		return cell
	}
	cell = escapedFormula.ReplaceAllString(cell, "$1$2")
	if text, ok := strings.CutPrefix(cell, "'"); ok && isAltered(text) {
		return text
	}
	return cell
}

// isAltered reports whether a spreadsheet alters a text, apart from apostrophes and
// spaces before it: formulas, and whatever looks like a number or a date, except whole numbers that
// stay as they are.
func isAltered(text string) bool {
	text = strings.TrimLeftFunc(text, func(r rune) bool {
		return r == '\'' || unicode.IsSpace(r) && !unicode.IsControl(r)
	})
	if text == "" {
		return false
	}
	if strings.ContainsAny(text[:1], "=+-@\t\r\n") {
		return true
	}
	switch r := []rune(text)[0]; r {
	case '＝', '＋', '－', '＠', '\u2212':
		return true
	}
	return looksNumeric.MatchString(text) && !keptNumber.MatchString(text)
}

// formulaStart is how a formula in the middle of a text begins, as a group.
const formulaStart = `(["']*[+\-\x{2212}＋－]|["'\pZ]*[=@＝＠])`

var (
	looksNumeric = regexp.MustCompile(`^[0-9][0-9.,:/\-eE+%\s\x{a0}]*(?i:ft|huf)?$`)
	keptNumber   = regexp.MustCompile(`^(?:0|[1-9][0-9]{0,10})$`)

	// A sign after a space is text: "Kft., -20 °C".
	innerFormula   = regexp.MustCompile(`([,;\t\r\n])` + formulaStart)
	escapedFormula = regexp.MustCompile(`([,;\t\r\n])'` + formulaStart)
)
