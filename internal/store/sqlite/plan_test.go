package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
)

// planOf returns SQLite's plan of a query, a step per line.
func planOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	args := make([]any, 0, 40)
	for range strings.Count(query, "$") {
		args = append(args, 1)
	}
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer func() { _ = rows.Close() }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "\n")
}

// wholeTables are the queries that read a whole table on purpose.
var wholeTables = map[string]string{
	"find all heads":    "heads",    // a row per tenant, recorded in the watermark file
	"find all erasures": "erasures", // a row per erased person, for harang erase --list
}

// indexes are those of lists whose rows may be few among many.
var indexes = map[string]string{
	"find notifications of operators": "events_operators_list (tenant_id=? AND managers>? AND managers<?)",
	"find notifications of a type":    "events_type (tenant_id=? AND type=? AND managers>? AND managers<?)",
	"find first event of operators":   "events_operators_list (tenant_id=? AND managers>?)",
	"find other payment failures":     "events_type (tenant_id=? AND type=? AND managers>?)",
	"find rental by number or id":     "rentals_number (tenant_id=? AND number=?)",
	"find filtered all rentals by -createdAt": "rentals_order (tenant_id=? AND (created_at,id)>(?,?) AND " +
		"(created_at,id)<(?,?))",
	"find filtered all rentals by dueAt": "rentals_due_order (tenant_id=? AND (due_at,id)>(?,?) AND (due_at,id)<(?,?))",
	"find end of filtered all rentals by -createdAt": "COVERING INDEX rentals_order (tenant_id=? AND " +
		"(created_at,id)<(?,?))",
	"find end of filtered all rentals by dueAt": "COVERING INDEX rentals_due_order (tenant_id=? AND (due_at,id)>(?,?))",
	"find filtered rentals of partner by -createdAt": "COVERING INDEX rentals_partner (tenant_id=? AND partner_id=? " +
		"AND (created_at,id)>(?,?) AND (created_at,id)<(?,?))",
	"find filtered rentals of partner by dueAt":       "rentals_partner (tenant_id=? AND partner_id=?)",
	"find filtered rentals that are out by dueAt":     "rentals_status (tenant_id=? AND status=?)",
	"find filtered rentals awaiting payment by dueAt": "rentals_status (tenant_id=? AND status=?)",
	"find filtered rental by -createdAt":              "sqlite_autoindex_rentals_1 (id=?)",
	"find filtered payments of partner": "COVERING INDEX payments_partner (tenant_id=? AND partner_id=? AND " +
		"(created_at,id)>(?,?) AND (created_at,id)<(?,?))",
	"find filtered payments of status": "COVERING INDEX payments_status (tenant_id=? AND status=? AND " +
		"(created_at,id)>(?,?) AND (created_at,id)<(?,?))",
	"find filtered payments of one rental": "payments_rental (rental_id=?",
	"find filtered payments by words":      "payments_order (tenant_id=? AND (created_at,id)>(?,?)",
	"find end of filtered all payments":    "COVERING INDEX payments_order (tenant_id=? AND (created_at,id)<(?,?))",
	"find live sessions":                   "sessions_live (user_id=? AND expires_at>?)",
}

// TestQueries_Plans: no query reads a whole table unless it must, and the lists of
// one location read its rows only.
func TestQueries_Plans(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, q := range store.Queries() {
		plan := planOf(t, db, q.Text)
		for step := range strings.Lines(plan) {
			table := wholeTables[q.Name]
			if table != "" && strings.HasPrefix(step, "SCAN "+table+" ") {
				continue
			}
			// A subquery's rows are counted where its own step is.
			if fields := strings.Fields(step); len(fields) > 1 &&
				(strings.Contains(plan, "CO-ROUTINE "+fields[1]+"\n") ||
					strings.Contains(plan, "MATERIALIZE "+fields[1]+"\n")) {
				continue
			}
			// A partial index has exactly the rows that are wanted, a VALUES clause those of the statement.
			if strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, "CONSTANT ROW") &&
				!strings.Contains(step, "-ROW VALUES CLAUSE") && !strings.Contains(step, "event_inbox_waiting") &&
				!strings.Contains(step, "partners_erased_contact") {
				t.Errorf("%s:\n%s", q.Name, plan)
			}
		}
		if !strings.Contains(plan, indexes[q.Name]) {
			t.Errorf("%s does not use %s:\n%s", q.Name, indexes[q.Name], plan)
		}
		if strings.HasPrefix(q.Name, "find rentals at location") &&
			(!strings.Contains(plan, "location_id=?") || !strings.Contains(plan, "(created_at,id)<(?,?)")) {
			t.Errorf("%s:\n%s", q.Name, plan)
		}
		if strings.Contains(q.Name, "notifications of ") && strings.Contains(q.Name, " at location") {
			for step := range strings.Lines(plan) {
				if strings.HasPrefix(step, "SEARCH events ") && !strings.Contains(step, "events_location "+
					"(tenant_id=? AND location_id=? AND type=? AND managers>? AND managers<?)") &&
					!strings.Contains(step, "events_without_location (tenant_id=? AND managers>? AND managers<?)") {
					t.Errorf("%s reads events of other locations:\n%s", q.Name, plan)
				}
			}
		}
	}
}
