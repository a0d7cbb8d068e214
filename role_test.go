package harang_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"harang.dev/harang"
)

// TestRole_Permissions: each role may do what the public contract says.
func TestRole_Permissions(t *testing.T) {
	const o, m, a, s = "OPERATOR", "STORE_MANAGER", "ADMIN", "SERVICE"
	everyone := []string{o, m, a}
	want := map[harang.Action][]string{
		harang.ActionReadStock:         everyone,
		harang.ActionAdjustStock:       {o, m, a, s},
		harang.ActionExpectStock:       everyone,
		harang.ActionSetThresholds:     {m, a},
		harang.ActionReadCatalogue:     everyone,
		harang.ActionPutCatalogue:      {a, s},
		harang.ActionPutStock:          {a, s},
		harang.ActionWritePartners:     everyone,
		harang.ActionReadRentals:       everyone,
		harang.ActionWriteRentals:      everyone,
		harang.ActionPay:               everyone,
		harang.ActionReadPayments:      {m, a},
		harang.ActionReadSummary:       everyone,
		harang.ActionReadFigures:       {m, a},
		harang.ActionReadNotifications: everyone,
		harang.ActionClaim:             everyone,
		harang.ActionSendEvents:        {s},
		harang.ActionAdminister:        {a},
		harang.ActionReadOwnIdentity:   everyone,
		harang.ActionCheckSelf:         everyone,
		harang.ActionReadHistory:       {m, a},
		harang.ActionReadAudit:         {a},
	}
	for action, roles := range want {
		allowed := " " + strings.Join(roles, " ") + " "
		for _, role := range []string{o, m, a, s, "NOBODY", ""} {
			may := strings.Contains(allowed, " "+role+" ") && role != ""
			if got := harang.Role(role).May(action); got != may {
				t.Errorf("%s may %s: %v, want %v", role, action, got, may)
			}
			err := harang.Identity{Role: harang.Role(role), Scopes: harang.DefaultScopes}.Can(action)
			if (err == nil) != may || (!may && harang.ErrorCode(err) != harang.CodeForbidden) {
				t.Errorf("%s can %s: %v", role, action, err)
			}
		}
	}
}

func TestRole_Audience(t *testing.T) {
	for role, want := range map[harang.Role]harang.Audience{
		harang.RoleOperator: harang.AudienceOperators, harang.RoleStoreManager: harang.AudienceManagers,
		harang.RoleAdmin: harang.AudienceManagers, harang.RoleService: "", "": "",
	} {
		if got := role.Audience(); got != want {
			t.Errorf("%q listens to %q, want %q", role, got, want)
		}
	}
	for _, r := range harang.Roles() {
		if !r.Valid() {
			t.Errorf("%s is not valid", r)
		}
	}
	if harang.RoleService.Valid() || harang.Role("").Valid() {
		t.Error("a person may have no role or the role of a service")
	}
}

func TestTenantID(t *testing.T) {
	for id, want := range map[string]bool{
		"budapest": true, "a": true, "0-9": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "A": false, "a b": false, "ő": false, "a/b": false, strings.Repeat("a", 64): false,
		"a\n": false,
	} {
		if got := harang.ValidTenantID(id); got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
}

func TestError(t *testing.T) {
	cause := errors.New("disk full")
	wrapped := fmt.Errorf("while saving: %w", harang.Wrap(harang.CodeUnavailable, cause, "try again later"))
	if harang.ErrorCode(wrapped) != harang.CodeUnavailable || !errors.Is(wrapped, cause) {
		t.Errorf("code or cause lost in %v", wrapped)
	}
	if harang.ErrorCode(nil) != "" || harang.ErrorCode(cause) != harang.CodeInternal {
		t.Error("nil or a foreign error has the wrong code")
	}
	if got := harang.Invalid(harang.FieldError{Field: "dueAt", Detail: "must be in the future"}).
		Error(); got != "INVALID_REQUEST: dueAt: must be in the future" {
		t.Error(got)
	}
	if got := harang.Wrap(harang.CodeInternal, cause, "no").Error(); !strings.Contains(got, "disk full") {
		t.Errorf("the cause is not in %q", got)
	}
	if err := harang.Errorf(harang.CodeNotFound, "no tenant %q: %w", "x", cause); !errors.Is(err, cause) {
		t.Error("a %w argument is lost")
	}
}
