package httpapi_test

import (
	"testing"
	"time"

	"harang.dev/harang"
)

// TestSelfCheck_Alert: answered with times, limited for each person by
// themselves, and in nobody's list of notifications.
func TestSelfCheck_Alert(t *testing.T) {
	e := newEnv(t)
	count := func(role harang.Role) any {
		return e.as(role, "GET", "/notifications", "").want(t, 200, "").json(t)["unreadCount"]
	}
	before := count(harang.RoleOperator)
	ids := map[any]bool{}
	for i := range 5 {
		got := e.as(harang.RoleOperator, "POST", "/self-check/alert", "").want(t, 202, "").json(t)
		if got["at"] != e.clock().Format(harang.TimeFormat) || ids[got["id"]] {
			t.Fatalf("%d: %v", i, got)
		}
		ids[got["id"]] = true
		e.move(10 * time.Second)
	}
	limited := e.as(harang.RoleOperator, "POST", "/self-check/alert", "").want(t, 429, harang.CodeRateLimited)
	if wait := limited.Header.Get("Retry-After"); wait != "10" {
		t.Errorf("Retry-After %q, want 10: the first was 50 s ago", wait)
	}
	e.as(harang.RoleStoreManager, "POST", "/self-check/alert", "").want(t, 202, "")
	e.move(10 * time.Second)
	e.as(harang.RoleOperator, "POST", "/self-check/alert", "").want(t, 202, "")
	e.as(harang.RoleOperator, "POST", "/self-check/alert", "").want(t, 429, harang.CodeRateLimited)
	e.as(harang.RoleService, "POST", "/self-check/alert", "").want(t, 403, harang.CodeForbidden)
	for _, role := range []harang.Role{harang.RoleOperator, harang.RoleStoreManager} {
		if after := count(role); after != before {
			t.Errorf("%s has %v unread, had %v", role, after, before)
		}
	}
	if items := e.as(harang.RoleOperator, "GET", "/notifications", "").json(t)["items"]; len(items.([]any)) != 0 {
		t.Errorf("a test alert is in the list: %v", items)
	}
}
