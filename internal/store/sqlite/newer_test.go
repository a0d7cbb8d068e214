package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
)

// TestStore_NewerEvents: a newer version beside this one, or before a step back, has stored an event of a type that is
// unknown here, with unknown members. Feeds and lists have it like any other.
func TestStore_NewerEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{Clock: time.Now, NewID: uuid.NewString})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "t", Name: "T"}); err != nil {
		t.Fatal(err)
	}
	e, err := harang.NewEvent(harang.StockAlertType, "", "t", time.Time{}, harang.StockAlert{
		ProductID: "p", ProductName: "P", CurrentQuantity: 2, Threshold: 3, LocationID: "l", LocationName: "L",
		Severity: harang.SeverityWarning,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Within(t.Context(), func(tx shop.Tx) error { tx.Append(e, e); return nil }); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	const data = `{"deliveryId":"d"}`
	if _, err := db.ExecContext(t.Context(),
		`UPDATE events SET type = 'delivery_missed', data = $1 WHERE managers = 2`, data); err != nil {
		t.Fatal(err)
	}
	for _, a := range []harang.Audience{harang.AudienceOperators, harang.AudienceManagers} {
		feed := harang.FeedID{Tenant: "t", Audience: a}
		_, newest, err := st.NewestEntries(t.Context(), feed, 50)
		if err != nil || len(newest) != 2 || newest[1].Type != "delivery_missed" {
			t.Errorf("%s: %v, %v", a, newest, err)
		}
		page, state, err := st.FindNotifications(t.Context(), harang.Reader{Tenant: "t", UserID: "u", Audience: a},
			harang.NotificationQuery{Limit: 10})
		if err != nil || len(page.Items) != 2 || string(page.Items[0].Event.Data) != data || state.UnreadCount != 2 {
			t.Errorf("%s: %+v, %+v, %v", a, page, state, err)
		}
	}
}
