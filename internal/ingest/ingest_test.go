package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/testtime"
)

// fakeStore keeps events in memory.
type fakeStore struct {
	events []harang.Event
	err    error
}

func (s *fakeStore) AppendEvents(_ context.Context, events []harang.Event) ([]ingest.Appended, error) {
	if s.err != nil {
		return nil, s.err
	}
	s.events = append(s.events, events...)
	appended := make([]ingest.Appended, len(events))
	for i, e := range events {
		appended[i] = ingest.Appended{EventID: e.ID}
	}
	return appended, nil
}

var service = harang.Identity{Tenant: "budapest", UserID: "key:1", Role: harang.RoleService,
	Scopes: harang.DefaultScopes}

const event = `{"specversion":"1.0","id":"1","source":"/erp","type":"rental_created",` +
	`"data":{"rentalId":"r1","partnerId":"p","partnerName":"P","equipmentCount":2,"totalValue":100,"currency":"HUF"}}`

func parse(t *testing.T, contentType, body string) []ingest.Incoming {
	t.Helper()
	in, err := ingest.Parse(http.Header{"Content-Type": {contentType}}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestAccept_TenantOfCallerSourceOfEvent(t *testing.T) {
	store := &fakeStore{}
	intake := ingest.New(store, func() string { return "id-1" })
	accepted, err := intake.Accept(t.Context(), service, parse(t, "application/cloudevents+json", event))
	if err != nil {
		t.Fatal(err)
	}
	if len(accepted) != 1 || accepted[0] != (ingest.Accepted{ID: "1", EventID: "id-1"}) {
		t.Fatalf("%+v", accepted)
	}
	got := store.events[0]
	want := harang.Event{
		ID: "id-1", Tenant: "budapest", Source: "/erp", SourceID: "1", Type: "rental_created", Data: got.Data,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("event (-want +got):\n%s", diff)
	}
}

func TestAccept_Refuses(t *testing.T) {
	in := parse(t, "application/json", event)
	for _, role := range harang.Roles() {
		store := &fakeStore{}
		intake := ingest.New(store, func() string { return "x" })
		_, err := intake.Accept(t.Context(), harang.Identity{Tenant: "budapest", Role: role}, in)
		if harang.ErrorCode(err) != harang.CodeForbidden || len(store.events) != 0 {
			t.Errorf("%s: %v", role, err)
		}
	}
	down := &fakeStore{err: harang.Wrap(harang.CodeUnavailable, errors.New("x"), "database down")}
	if _, err := ingest.New(down, func() string { return "x" }).Accept(t.Context(), service, in); harang.ErrorCode(
		err,
	) != harang.CodeUnavailable {
		t.Fatal(err)
	}
	if accepted, err := ingest.New(down, func() string { return "x" }).Accept(t.Context(), service, nil); err != nil ||
		accepted != nil {
		t.Fatalf("an empty batch: %v, %v", accepted, err)
	}
	// An event id that makes the event too large for its readers.
	long := ingest.New(&fakeStore{}, func() string { return strings.Repeat("x", harang.MaxEventBytes) })
	if _, err := long.Accept(t.Context(), service, in); err == nil {
		// NewEvent counts the id, too.
		t.Fatal("an event of more than 16 KiB was accepted")
	}
	// Events that did not come from Parse are validated as well.
	control := []ingest.Incoming{{Type: "control.logout"}}
	intake := ingest.New(&fakeStore{}, func() string { return "x" })
	if _, err := intake.Accept(t.Context(), service, control); harang.ErrorCode(
		err,
	) != harang.CodeInvalidRequest {
		t.Fatal(err)
	}
}

// Attributes that this version does not know are ignored, in every way of sending. Unknown members of data are not.
func TestParse_UnknownAttributes(t *testing.T) {
	extended := strings.Replace(event, `{"specversion"`,
		`{"traceparent":"00-1","dedupekey":{"of":"another version"},"priority":7,"specversion"`, 1)
	in := parse(t, "application/cloudevents-batch+json", "["+extended+","+event+"]")
	in = append(in, parse(t, "application/json", extended)...)
	binary, err := ingest.Parse(http.Header{
		"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"/erp"},
		"Ce-Type": {"rental_created"}, "Ce-Priority": {"7"},
	}, []byte(event[strings.Index(event, `"data":`)+len(`"data":`):len(event)-1]))
	if err != nil {
		t.Fatal(err)
	}
	in = append(in, binary...)
	intake := ingest.New(&fakeStore{}, func() string { return "x" })
	if accepted, err := intake.Accept(t.Context(), service, in); err != nil || len(accepted) != 4 {
		t.Errorf("%v, %v", accepted, err)
	}
	strange := parse(t, "application/json", strings.Replace(event, `"data":{`, `"data":{"barcode":"599",`, 1))
	if _, err := intake.Accept(t.Context(), service, strange); harang.ErrorCode(err) != harang.CodeInvalidRequest {
		t.Errorf("an unknown member of data: %v", err)
	}
}

// Whatever comes in, Parse answers with events that can be validated or with one of
// three codes, and never with a panic.
func FuzzParse(f *testing.F) {
	for _, contentType := range []string{
		"application/cloudevents+json", "application/cloudevents-batch+json", "application/json", "text/plain", ";",
	} {
		for _, body := range []string{
			event, "[" + event + "]", "", "{", "[]", "[5]", `{"specversion":"1.0","data_base64":"e30="}`, "null",
		} {
			f.Add(contentType, body, false)
			f.Add(contentType, body, true)
		}
	}
	f.Fuzz(func(t *testing.T, contentType, body string, binary bool) {
		header := http.Header{"Content-Type": {contentType}}
		if binary {
			header.Set("Ce-Specversion", "1.0")
			header.Set("Ce-Id", contentType)
			header.Set("Ce-Source", body)
			header.Set("Ce-Type", "stock_alert")
			header.Set("Ce-Time", body)
		}
		in, err := ingest.Parse(header, []byte(body))
		refusals := []harang.Code{harang.CodeInvalidRequest, harang.CodeEventTooLarge, harang.CodeUnsupportedMedia}
		if code := harang.ErrorCode(err); err != nil && !slices.Contains(refusals, code) {
			t.Fatalf("code %q: %v", code, err)
		}
		store := &fakeStore{}
		accepted, err := ingest.New(store, func() string { return "id" }).Accept(t.Context(), service, in)
		if err != nil {
			if len(store.events) != 0 {
				t.Fatal("a part of a refused batch was stored")
			}
			return
		}
		if len(accepted) != len(in) {
			t.Fatalf("%d of %d accepted", len(accepted), len(in))
		}
		for _, e := range store.events {
			if !json.Valid(e.JSON()) || e.Source == "" || strings.HasPrefix(e.Source, "harang:") {
				t.Fatalf("%+v", e)
			}
		}
	})
}

// queue is an inbox in memory.
type queue struct {
	mu      sync.Mutex
	waiting []ingest.Queued
	events  []harang.Event
	refused []string
	err     error
}

func (q *queue) TakeInbox(
	_ context.Context, limit int, validate func(ingest.Queued) (harang.Event, string),
) (counts ingest.InboxCounts, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return counts, q.err
	}
	for counts.All() < limit && len(q.waiting) > 0 {
		event, problem := validate(q.waiting[0])
		if q.waiting = q.waiting[1:]; problem == "" {
			q.events = append(q.events, event)
			counts.Accepted++
			continue
		}
		q.refused = append(q.refused, problem)
		counts.Refused++
	}
	return counts, nil
}

const rental = `{"rentalId":"r1","partnerId":"p","partnerName":"P","equipmentCount":2,` +
	`"totalValue":100,"currency":"HUF"}`

// TestInboxWorker_Validates: queued events obey the rules of those sent by HTTP.
func TestInboxWorker_Validates(t *testing.T) {
	good := ingest.Queued{Tenant: "budapest", Source: "/erp", ID: "1", Type: "rental_created", Data: rental}
	for name, tc := range map[string]struct {
		change func(*ingest.Queued)
		want   string
	}{
		"good":  {func(*ingest.Queued) {}, ""},
		"no id": {func(q *ingest.Queued) { q.ID = "" }, "id "},
		"reserved source": {
			func(q *ingest.Queued) { q.Source = "harang:rentals" },
			"source must not begin with harang:",
		},
		"unknown type": {func(q *ingest.Queued) { q.Type = "flood" }, "type must be one of "},
		"control type": {func(q *ingest.Queued) { q.Type = "logout" }, "type must be one of "},
		"no JSON":      {func(q *ingest.Queued) { q.Data = "{" }, "data"},
		"wrong field":  {func(q *ingest.Queued) { q.Data = strings.Replace(rental, `2,`, `0,`, 1) }, "equipmentCount"},
		"too large": {func(q *ingest.Queued) {
			q.Data = rental + strings.Repeat(" ", harang.MaxEventBytes)
		}, "16384 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			in := good
			tc.change(&in)
			q := &queue{waiting: []ingest.Queued{in}}
			worker := ingest.NewInboxWorker(ingest.New(&fakeStore{}, func() string { return "id-1" }), q,
				slog.New(slog.DiscardHandler), nil)
			if _, err := worker.Take(t.Context()); err != nil {
				t.Fatal(err)
			}
			switch {
			case tc.want == "":
				if len(q.events) != 1 || q.events[0].Tenant != "budapest" || q.events[0].Source != "/erp" ||
					q.events[0].SourceID != "1" {
					t.Errorf("%+v, refused %v", q.events, q.refused)
				}
			case len(q.refused) != 1 || !strings.Contains(q.refused[0], tc.want):
				t.Errorf("refused with %q, want %q", q.refused, tc.want)
			}
		})
	}
}

// TestInboxWorker_Run: all queued events are taken, also after an outage of the
// database, which is logged once.
func TestInboxWorker_Run(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{}
		for i := range 250 {
			q.waiting = append(q.waiting, ingest.Queued{
				Tenant: "budapest", Source: "/erp", ID: strconv.Itoa(i), Type: "rental_created", Data: rental,
			})
		}
		q.waiting = append(q.waiting, ingest.Queued{Tenant: "budapest"})
		q.err = errors.New("database down")
		var logs bytes.Buffer
		registry := prometheus.NewRegistry()
		worker := ingest.NewInboxWorker(ingest.New(&fakeStore{}, func() string { return "id-1" }), q,
			slog.New(slog.NewTextHandler(&logs, nil)), registry)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() {
			if err := worker.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
		testtime.Advance(3 * time.Second)
		if n := strings.Count(logs.String(), "database down"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, &logs)
		}
		q.mu.Lock()
		q.err = nil
		q.mu.Unlock()
		testtime.Advance(time.Second)
		if len(q.events) != 250 || len(q.refused) != 1 {
			t.Errorf("%d events, refused %v", len(q.events), q.refused)
		}
		if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP harang_ingest_inbox_events_total Events queued by other applications in the database, by outcome.
# TYPE harang_ingest_inbox_events_total counter
harang_ingest_inbox_events_total{result="accepted"} 250
harang_ingest_inbox_events_total{result="refused"} 1
`)); err != nil {
			t.Error(err)
		}
	})
}
