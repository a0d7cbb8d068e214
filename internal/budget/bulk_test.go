//go:build !race

package budget

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// TestStatements_Bulk: a call about a thousand things sends a statement for many of them,
// because the others of its tenant wait meanwhile.
func TestStatements_Bulk(t *testing.T) {
	for name, open := range map[string]func(testing.TB) (*store.Store, *counter){
		"SQLite": openSQLite, "PostgreSQL": openPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			st, database := open(t)
			measure := func(what string, most int64, call func()) {
				t.Helper()
				before, began := database.statements.Load(), time.Now()
				call()
				n := database.statements.Load() - before
				t.Logf("%s: %d statements, %s", what, n, time.Since(began).Round(time.Millisecond))
				if n > most {
					t.Errorf("%s: %d statements, at most %d are needed", what, n, most)
				}
			}
			ids := make([]string, 1000)
			events := make([]harang.Event, len(ids))
			for i := range events {
				events[i] = alert(t)
				events[i].Source, events[i].SourceID = "/till", uuid.NewString()
			}
			var appended []ingest.Appended
			for _, what := range []string{"POST /events", "POST /events again"} {
				measure(what, 90, func() {
					var err error
					if appended, err = st.AppendEvents(t.Context(), events); err != nil {
						t.Fatal(err)
					}
				})
				for i, a := range appended {
					if a.Duplicate != (what != "POST /events") || a.EventID == "" || i > 0 && a == appended[i-1] {
						t.Fatalf("%s: event %d is %+v", what, i, a)
					}
				}
			}
			for i, a := range appended {
				ids[i] = a.EventID
			}
			notifications := shop.New(shop.Options{Store: st, NewID: uuid.NewString}).Notifications
			measure("POST /notifications/read", 25, func() {
				state, err := notifications.MarkRead(t.Context(),
					harang.Identity{Tenant: tenant, UserID: "u", Role: harang.RoleOperator},
					shop.ReadRequest{EventIDs: ids})
				if err != nil || state.UnreadCount != 0 {
					t.Errorf("%+v, %v", state, err)
				}
			})
		})
	}
}
