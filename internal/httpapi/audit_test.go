package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
)

// auditRow is a row as a caller of the interface reads it.
type auditRow struct {
	ID      string
	At      time.Time
	Actor   struct{ ID, Name, Role string }
	Action  string
	Subject struct{ Type, ID, Name string }
	From    string
	Before  map[string]any
	After   map[string]any
	Count   int
}

type auditPage struct {
	Items      []auditRow
	NextCursor string
}

// audit reads a part of the audit log.
func (e *env) audit(role harang.Role, query string) auditPage {
	e.t.Helper()
	var page auditPage
	r := e.as(role, "GET", "/audit?"+query, "").want(e.t, 200, "")
	if err := json.Unmarshal(r.body, &page); err != nil {
		e.t.Fatal(err)
	}
	return page
}

// one reads the only row of a query.
func (e *env) one(role harang.Role, query string) auditRow {
	e.t.Helper()
	page := e.audit(role, query)
	if len(page.Items) != 1 || page.NextCursor != "" {
		e.t.Fatalf("%s: %d rows, want 1", query, len(page.Items))
	}
	return page.Items[0]
}

const checkoutBody = `{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z",` +
	`"lines":[{"productId":"makita-hr2470","quantity":1}],"payment":{"method":"CASH"}}`

// TestAudit_OddCancel: a manager finds who cancelled a paid rental, when, from where, and what had been paid. The
// clerk reads no audit log.
func TestAudit_OddCancel(t *testing.T) {
	e := newEnv(t)
	rental := fmt.Sprint(e.as(harang.RoleOperator, "POST", "/rentals", checkoutBody).want(t, 201, "").json(t)["id"])
	e.move(5 * time.Minute)
	e.as(harang.RoleOperator, "POST", "/rentals/"+rental+"/cancel?dryRun=true", "").want(t, 200, "")
	e.as(harang.RoleOperator, "POST", "/rentals/"+rental+"/cancel", "").want(t, 200, "")
	row := e.one(harang.RoleStoreManager, "subject=rental:"+rental)
	if row.Actor.Name != "Kiss Eszter" || row.Actor.Role != "OPERATOR" || row.Action != "rental.cancel" ||
		row.From != "127.0.0.1" || !row.At.Equal(clockStart.Add(5*time.Minute)) ||
		row.Subject.Name != "Alfa Építő Kft." ||
		row.Before["paidAmount"] != 14700.0 || row.Before["status"] != "OPEN" || row.After["status"] != "CANCELLED" {
		t.Errorf("the row is %+v", row)
	}
	e.as(harang.RoleOperator, "GET", "/audit?subject=rental:"+rental, "").want(t, 403, harang.CodeForbidden)
}

// TestAudit_MissingStock: a stock item's history says who took how many, why, and what was left; the audit log has no
// second row of it.
func TestAudit_MissingStock(t *testing.T) {
	e := newEnv(t)
	for _, delta := range []string{"-1", "-2"} {
		e.move(time.Minute)
		e.as(harang.RoleOperator, "POST", "/inventory/adjustments", `{"productId":"makita-hr2470",`+
			`"locationId":"vaci-ut","delta":`+delta+`,"reason":"eltűnt"}`).want(t, 200, "")
	}
	var lines []string
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				At              time.Time
				By              struct{ ID, Name string }
				Delta, Quantity int
				Reason          string
			}
			NextCursor string
		}
		r := e.as(harang.RoleOperator, "GET",
			"/inventory/stock/makita-hr2470/vaci-ut/history?limit=2&cursor="+cursor, "")
		if err := json.Unmarshal(r.want(t, 200, "").body, &page); err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			lines = append(lines, fmt.Sprintf("%s %d %d %s %s", m.By.Name, m.Delta, m.Quantity, m.Reason,
				m.At.Sub(clockStart)))
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if want := []string{
		"Kiss Eszter -2 1 eltűnt 2m0s", "Kiss Eszter -1 3 eltűnt 1m0s", "cli:ADMIN 4 4 catalogue 0s",
	}; !slices.Equal(lines, want) {
		t.Errorf("the history is %q, want %q", lines, want)
	}
	for _, row := range e.audit(harang.RoleStoreManager, "subject=stock:makita-hr2470/vaci-ut").Items {
		if row.Action != "stock.thresholds" {
			t.Errorf("the row is %+v", row)
		}
	}
	e.as(harang.RoleOperator, "GET", "/inventory/stock/makita-hr2470/vaci-ut/history?cursor=forged", "").
		want(t, 422, harang.CodeInvalidRequest)
}

// TestAudit_RoleRaised: a role that was raised and lowered again is in the history of the user.
func TestAudit_RoleRaised(t *testing.T) {
	e := newEnv(t)
	user := fmt.Sprint(e.as(harang.RoleOperator, "GET", "/me", "").json(t)["id"])
	for _, role := range []string{"STORE_MANAGER", "OPERATOR"} {
		e.move(time.Minute)
		e.as(harang.RoleAdmin, "PATCH", "/admin/users/"+user, `{"role":"`+role+`"}`).want(t, 200, "")
	}
	var changes []string
	for _, row := range e.audit(harang.RoleAdmin, "action=user.role&subject=user:"+user).Items {
		changes = append(changes, fmt.Sprint(row.Actor.Name, ": ", row.Before["role"], " -> ", row.After["role"]))
	}
	if want := []string{
		"Szabó Judit: STORE_MANAGER -> OPERATOR", "Szabó Judit: OPERATOR -> STORE_MANAGER",
	}; !slices.Equal(changes, want) {
		t.Errorf("the changes are %q, want %q", changes, want)
	}
	e.as(harang.RoleStoreManager, "GET", "/audit?subject=user:"+user, "").want(t, 403, harang.CodeForbidden)
}

// TestAudit_Export: who saved which list, with which filters. HEAD saves nothing, and what is refused neither.
func TestAudit_Export(t *testing.T) {
	e := newEnv(t)
	e.as(harang.RoleStoreManager, "GET", "/exports/payments.csv?from=2026-03-01&search=Alfa", "").want(t, 200, "")
	e.as(harang.RoleStoreManager, "HEAD", "/exports/payments.csv", "")
	e.as(harang.RoleOperator, "GET", "/exports/payments.csv", "").want(t, 403, harang.CodeForbidden)
	row := e.one(harang.RoleAdmin, "action=list.export")
	if row.Actor.Name != "Nagy Péter" || row.Subject.ID != "payments" || row.After["search"] != "Alfa" ||
		row.After["from"] != "2026-03-01" {
		t.Errorf("the row is %+v", row)
	}
	text := string(e.as(harang.RoleAdmin, "GET", "/exports/audit.csv?action=list.export", "").want(t, 200, "").body)
	if !strings.Contains(text, `;Nagy Péter;STORE_MANAGER;'127.0.0.1;list.export;list;payments;`) ||
		strings.Count(text, "\r\n") != 2 {
		t.Errorf("the file is %q", text)
	}
	page := e.audit(harang.RoleAdmin, "action=list.export")
	if len(page.Items) != 2 || page.Items[0].Subject.ID != "audit" {
		t.Errorf("the rows are %+v", page.Items)
	}
}

// TestAudit_Silenced: why an alert was silent: who expected pieces until when.
func TestAudit_Silenced(t *testing.T) {
	e := newEnv(t)
	e.as(harang.RoleOperator, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut", `{"expectedAt":"2026-03-05"}`).
		want(t, 200, "")
	row := e.one(harang.RoleStoreManager, "action=stock.expect&subject="+url.QueryEscape("stock:makita-hr2470/vaci-ut"))
	if row.Actor.Name != "Kiss Eszter" || row.Before["expectedAt"] != nil || row.After["expectedAt"] != "2026-03-05" ||
		row.Subject.Name != "Makita HR2470 fúrókalapács, Váci út" {
		t.Errorf("the row is %+v", row)
	}
}

// TestAudit_Hostile: filters of another tenant find nothing, and what is no filter or cursor is refused.
func TestAudit_Hostile(t *testing.T) {
	e := newEnv(t)
	other := e.login("admin@debrecen.demo")
	var theirs auditPage
	read := e.call(other, "GET", "/api/v1/audit?limit=200", "").want(t, 200, "")
	if err := json.Unmarshal(read.body, &theirs); err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{}
	for _, row := range e.audit(harang.RoleAdmin, "limit=200").Items {
		own[row.ID] = true
	}
	for _, row := range theirs.Items {
		if own[row.ID] {
			t.Errorf("both tenants read %+v", row)
		}
		if row.Subject.Type != "user" {
			continue
		}
		if page := e.audit(harang.RoleAdmin, "subject=user:"+row.Subject.ID); len(page.Items) != 0 {
			t.Errorf("another tenant's user: %+v", page.Items)
		}
		if page := e.audit(harang.RoleAdmin, "actor="+row.Subject.ID); len(page.Items) != 0 {
			t.Errorf("another tenant's actor: %+v", page.Items)
		}
	}
	for _, query := range []string{
		"cursor=forged", "cursor=cGF5bWVudHMge30", "subject=rental", "subject=:x", "subject=rental:", "since=yesterday",
		"since=2026-03-05&until=2026-03-01", "limit=201", "order=asc",
	} {
		e.as(harang.RoleAdmin, "GET", "/audit?"+query, "").want(t, 422, harang.CodeInvalidRequest)
	}
	if page := e.audit(harang.RoleAdmin, "action=later.version"); len(page.Items) != 0 {
		t.Errorf("an unknown action: %+v", page.Items)
	}
	// A name as long as names may be, of characters of several bytes.
	name := strings.Repeat("😀", 199) + "a"
	e.as(harang.RoleAdmin, "POST", "/admin/users", `{"email":"emoji@budapest.demo","name":"`+name+
		`","role":"OPERATOR"}`).want(t, 201, "")
	if row := e.one(harang.RoleAdmin, "action=user.create&since=2026-03-02T13:00:00Z&limit=1&subject=user:"+
		e.audit(harang.RoleAdmin, "action=user.create&limit=1").Items[0].Subject.ID); row.Subject.Name != name {
		t.Errorf("the name is %q", row.Subject.Name)
	}
}
