package faults

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// TestAPIKey_OtherNode: a key that an administrator narrows and then revokes at one node is refused by the other one
// within a second, with connections of the tenant there or without.
func TestAPIKey_OtherNode(t *testing.T) {
	c := startCluster(t, nil)
	admin := c.token(t, "ADMIN")
	for _, connected := range []bool{false, true} {
		here, there := c.nodes[0], c.nodes[1]
		if connected {
			c.connectOnce(t, there, admin, "")
		}
		var made struct{ ID, Key string }
		body := c.request(t, here, admin, "POST", "/admin/api-keys", map[string]any{"name": "stolen"}, 201)
		if err := json.Unmarshal(body, &made); err != nil {
			t.Fatal(err)
		}
		partner := map[string]any{"name": "P"}
		until := func(what, code string) {
			t.Helper()
			began := time.Now()
			testtime.Eventually(t, testtime.Limit, what, func() bool {
				_, body := c.send(t, there, made.Key, "PUT", "/partners/p", partner)
				return strings.Contains(string(body), code)
			})
			testtime.Promise(t, what, time.Since(began), time.Second)
		}
		c.request(t, there, made.Key, "PUT", "/partners/p", partner, http.StatusOK)
		c.request(t, here, admin, "PATCH", "/admin/api-keys/"+made.ID,
			map[string]any{"scopes": []string{"events:write"}}, http.StatusOK)
		until("the key lacks the scope", "FORBIDDEN")
		c.request(t, here, admin, "DELETE", "/admin/api-keys/"+made.ID, nil, http.StatusNoContent)
		until("the key is revoked", "UNAUTHENTICATED")
	}
}
