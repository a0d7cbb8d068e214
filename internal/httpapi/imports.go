package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// maxImports is how many imports a node reads at once, and how many of one tenant: a file
// of 4 MiB takes some 130 MB and seconds of work.
const (
	maxImports       = 4
	maxTenantImports = 1
)

// importBody is what a file changes, or changed.
type importBody struct {
	New          int                 `json:"new" doc:"lines that create something"`
	Changed      int                 `json:"changed" doc:"lines that change something"`
	Untouched    int                 `json:"untouched" doc:"lines that change nothing"`
	Problems     []importProblemBody `json:"problems" doc:"errors of the file, at most 20; a file with errors changes nothing"`
	MoreProblems int                 `json:"moreProblems" doc:"how many errors are not listed"`
	Changes      []importChangeBody  `json:"changes" doc:"single changes by line, at most 1000"`
	MoreChanges  int                 `json:"moreChanges" doc:"how many changes are not listed"`
}

type importProblemBody struct {
	Line   int    `json:"line" doc:"line of the file, from 1"`
	Column string `json:"column" doc:"name of the column; file when the line cannot be read"`
	Detail string `json:"detail"`
}

type importChangeBody struct {
	Line   int    `json:"line"`
	Kind   string `json:"kind" enum:"location,partner,product,stock"`
	ID     string `json:"id" doc:"of a stock item: product id, slash, location id"`
	New    bool   `json:"new" doc:"the thing is created"`
	Field  string `json:"field" doc:"name of the column"`
	Before string `json:"before" doc:"empty for a new thing"`
	After  string `json:"after"`
}

func importOf(r shop.ImportReport) importBody {
	listed := r.Problems.First[:min(len(r.Problems.First), maxFieldErrors)]
	b := importBody{
		New: r.New, Changed: r.Changed, Untouched: r.Untouched,
		Problems: []importProblemBody{}, Changes: []importChangeBody{},
		MoreChanges:  r.MoreChanges,
		MoreProblems: len(r.Problems.First) - len(listed) + r.Problems.More,
	}
	for _, p := range listed {
		b.Problems = append(b.Problems, importProblemBody(p))
	}
	for _, c := range r.Changes {
		b.Changes = append(b.Changes, importChangeBody(c))
	}
	return b
}

// importCatalogue loads a CSV file, or reports what it would change.
func (a *API) importCatalogue(w http.ResponseWriter, r *http.Request, caller harang.Identity) {
	report, err := a.readImport(w, r, caller)
	if err != nil {
		fail(r.Context(), err).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(importOf(report))
}

func (a *API) readImport(w http.ResponseWriter, r *http.Request, caller harang.Identity) (shop.ImportReport, error) {
	// A caller whose login ends, or who gets another role, writes nothing from then on.
	run := func(ctx context.Context, caller harang.Identity, file io.Reader) (shop.ImportReport, error) {
		return a.Catalogue.ImportCSVWhile(ctx, caller, file, func(ctx context.Context) error {
			return a.recheck(ctx, caller)
		})
	}
	switch r.URL.Query().Get("dryRun") { // checkRequest refuses an empty one
	case "true":
		run = a.Catalogue.PreviewImport
	case "", "false":
	default:
		return shop.ImportReport{}, invalid("dryRun", "must be true or false")
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "text/csv" {
		return shop.ImportReport{}, harang.Errorf(harang.CodeUnsupportedMedia,
			"the body must be a CSV file: Content-Type: text/csv")
	}
	release, ok := a.imports.acquire(caller.Tenant)
	if !ok {
		return shop.ImportReport{}, &harang.Error{
			Code: harang.CodeRateLimited, RetryAfter: 5 * time.Second,
			Message: "another import is running; send the file again when it has ended",
		}
	}
	defer release()
	body, err := readBody(w, r, shop.MaxImportBytes)
	if err != nil {
		return shop.ImportReport{}, err
	}
	return run(r.Context(), caller, bytes.NewReader(body))
}

// describeImport documents POST /imports, whose body the library does not read.
func (a *API) describeImport(op *huma.Operation) {
	op.Parameters = []*huma.Param{{
		Name: "dryRun", In: "query", Description: "true: report what the file would change, and change nothing",
		Schema: &huma.Schema{Type: huma.TypeBoolean},
	}}
	op.RequestBody = &huma.RequestBody{
		Required: true,
		Description: "A CSV file of at most 4 MiB: UTF-8, UTF-16 or Windows-1250, with semicolons, commas or tabs, " +
			"and a header line.",
		Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
	op.Responses["200"] = &huma.Response{
		Description: "What the file changed, or would change",
		Content: map[string]*huma.MediaType{"application/json": {
			Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[importBody](), true, "ImportReport"),
		}},
	}
}

const importDetails = `The header names the columns, in any order: productId, productName, dailyPrice, barcodes, locationId, locationName, partnerId, partnerName, partnerPhone, partnerEmail, partnerNote, quantity, warningThreshold, criticalThreshold. Absent columns and empty cells change nothing; a dash in barcodes, partnerPhone, partnerEmail or partnerNote removes what is there. Numbers may be written as 1 234,00 Ft.

The whole file is checked before anything is written; a file with errors is INVALID_REQUEST (with dryRun the errors are in problems). It is written in small transactions. After an interruption send the same file again: it goes on where it stopped. A tenant has one import at a time, and a node four; a further one is RATE_LIMITED.`
