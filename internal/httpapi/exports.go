package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

const csvMedia = "text/csv"

// maxExports is how many exports a node writes at once, and how many of one tenant: one of
// 36,000 products holds 13 MB for as long as its caller reads slowly.
const (
	maxExports       = 16
	maxTenantExports = 4
)

// exportOutput is a list as a file.
type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition" doc:"the file's name, with the day"`
	Body        func(huma.Context)
}

// export answers with a file that is read part by part, and has a row of the audit log
// before anything is sent. A failure of the first part is a
// problem; a later one resets the connection, so that nobody takes the file for whole. So
// does the end of the caller's login, or another role of the caller, before a later part
// is read. RATE_LIMITED while too many others are being downloaded.
func (a *API) export(
	ctx context.Context, caller harang.Identity, name string, e *shop.Export,
) (*exportOutput, error) {
	release, ok := a.exports.acquire(caller.Tenant)
	if !ok {
		return nil, &harang.Error{
			Code: harang.CodeRateLimited, RetryAfter: 5 * time.Second,
			Message: "other files are being downloaded; try again when one of them has ended",
		}
	}
	context.AfterFunc(ctx, release) // if the body is never asked for
	first, err := e.Next(ctx)
	if c, _ := ctx.Value(requestInfoKey{}).(requestInfo); err == nil && c.method != http.MethodHead {
		err = a.Exports.Record(ctx, caller, name, c.query)
	}
	if err != nil {
		release()
		return nil, err
	}
	day := a.Clock().In(harang.Budapest).Format(time.DateOnly)
	return &exportOutput{
		ContentType: csvMedia + "; charset=utf-8; header=present",
		Disposition: fmt.Sprintf(`attachment; filename="harang-%s-%s.csv"`, name, day),
		Body: func(hctx huma.Context) {
			defer release()
			r, w := humago.Unwrap(hctx)
			if r.Method == http.MethodHead {
				return
			}
			answer := http.NewResponseController(w)
			for part := first; ; {
				_ = answer.SetWriteDeadline(time.Now().Add(answerTimeout)) // a test's recorder has none
				_, err := w.Write(part)
				if err == nil {
					err = answer.Flush()
				}
				if err != nil {
					abort(answer) // the caller went away, or does not read
				}
				if err = a.recheck(ctx, caller); err == nil {
					part, err = e.Next(ctx)
				}
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil {
					_ = fail(ctx, err) // for the log; the answer has begun
					abort(answer)
				}
			}
		},
	}, nil
}

// abort breaks off an answer that has begun, with a reset of its connection. A mere end of the connection is how an
// answer to HTTP/1.0 ends, which nginx speaks by default. It does not return.
func abort(answer *http.ResponseController) {
	if conn, _, err := answer.Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // Close resets
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// recheck refuses a caller whose login has ended, or whose role has changed, since the call began.
func (a *API) recheck(ctx context.Context, caller harang.Identity) error {
	now, err := a.Auth.Recheck(ctx, caller)
	if err == nil && now.Role != caller.Role {
		err = harang.Errorf(harang.CodeForbidden, "your role has changed; begin again")
	}
	return err
}

type exportStockInput struct {
	ArchivedInput
	Search     string          `query:"search" maxLength:"200"`
	Severity   harang.Severity `query:"severity" enum:"CRITICAL,WARNING,OK"`
	LocationID string          `query:"locationId" maxLength:"128"`
}

func (a *API) exportStock(
	ctx context.Context, caller harang.Identity, in *exportStockInput,
) (*exportOutput, error) {
	return a.export(ctx, caller, "stock", a.Exports.Stock(caller, harang.StockQuery{
		Search: in.Search, Severity: in.Severity, LocationID: in.LocationID, Archived: in.Archived,
	}))
}

type exportCatalogueInput struct {
	ArchivedInput
	Search string `query:"search" maxLength:"200"`
}

func (a *API) exportProducts(
	ctx context.Context, caller harang.Identity, in *exportCatalogueInput,
) (*exportOutput, error) {
	return a.export(ctx, caller, "products", a.Exports.Products(caller, harang.CatalogueQuery{
		Search: in.Search, Archived: in.Archived,
	}))
}

func (a *API) exportPartners(
	ctx context.Context, caller harang.Identity, in *exportCatalogueInput,
) (*exportOutput, error) {
	return a.export(ctx, caller, "partners", a.Exports.Partners(caller, harang.CatalogueQuery{
		Search: in.Search, Archived: in.Archived,
	}))
}

func (a *API) exportLocations(
	ctx context.Context, caller harang.Identity, in *exportCatalogueInput,
) (*exportOutput, error) {
	return a.export(ctx, caller, "locations", a.Exports.Locations(caller, harang.CatalogueQuery{
		Search: in.Search, Archived: in.Archived,
	}))
}

type exportNotificationsInput struct {
	NotificationFilterInput
	Language harang.Language `query:"language" enum:"hu,en" default:"hu" doc:"of title and detail"`
}

func (a *API) exportNotifications(
	ctx context.Context, caller harang.Identity, in *exportNotificationsInput,
) (*exportOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return a.export(ctx, caller, "notifications", a.Exports.Notifications(caller, q, in.Language))
}

type exportRentalsInput struct{ RentalFilterInput }

func (a *API) exportRentals(
	ctx context.Context, caller harang.Identity, in *exportRentalsInput,
) (*exportOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return a.export(ctx, caller, "rentals", a.Exports.Rentals(caller, q))
}

type exportPaymentsInput struct{ PaymentFilterInput }

func (a *API) exportPayments(
	ctx context.Context, caller harang.Identity, in *exportPaymentsInput,
) (*exportOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return a.export(ctx, caller, "payments", a.Exports.Payments(caller, q))
}

const exportDetails = "A CSV file that a Hungarian spreadsheet opens right: UTF-8 with a byte order mark, " +
	"semicolons, CRLF, whole forints, times of Budapest. Texts that a spreadsheet would calculate or change have an " +
	"apostrophe before them; POST /api/v1/imports removes it. The file is read in parts: what changes meanwhile is " +
	"in it once or not."

const exportLocationsDetails = exportDetails + "\n\nOpening hours are not in it; an import keeps them."

const exportNotificationsDetails = exportDetails + "\n\ntitle and detail are the two lines that the page shows; " +
	"what to do now is the end of detail. severity is that of an alert, CRITICAL for a failed payment and INFO for a " +
	"rental. locationId is where the event, its rental or its payment is; empty for none. readAt is the caller's; " +
	"claimedBy and claimedAt say who took it and when; resolvedAt is since when nothing is left to do."
