package faults

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// keysWith counts the keys of Redis whose value has a text.
const keysWith = `
local count = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
  local read = ({
    stream = {'XRANGE', key, '-', '+'}, hash = {'HGETALL', key}, string = {'GET', key},
    zset = {'ZRANGE', key, 0, -1}, set = {'SMEMBERS', key}, list = {'LRANGE', key, 0, -1},
  })[redis.call('TYPE', key).ok]
  if string.find(cjson.encode(redis.call(unpack(read))), ARGV[1], 1, true) then count = count + 1 end
end
return count`

// TestErasure_EveryNode: after a partner was erased, Redis and the windows of both nodes no longer have the name.
// Connections end, are told of a gap when they return, and a replay shows what replaces the name.
func TestErasure_EveryNode(t *testing.T) {
	c := startCluster(t, nil)
	const name = "Zsofiacska Kerteszete"
	admin, manager := c.token(t, "ADMIN"), c.token(t, "STORE_MANAGER")
	c.call(t, admin, "PUT", "/api/v1/partners/zsofi", fmt.Sprintf(`{"name":%q}`, name), nil)
	before := make([]*connection, len(c.nodes))
	for i, n := range c.nodes {
		s, _, err := connect(t.Context(), n.base, manager, nil)
		if err != nil {
			t.Fatal(err)
		}
		before[i] = s
	}
	c.call(t, c.apiKey, "POST", "/api/v1/events", fmt.Sprintf(`{"specversion":"1.0","id":"1","source":"/erp",
		"type":"rental_created","data":{"rentalId":"r","partnerId":"zsofi","partnerName":%q,"equipmentCount":1,
		"totalValue":1,"currency":"HUF"}}`, name), nil)
	for _, s := range before {
		if e := awaitEvent(t, s, "rental_created"); !strings.Contains(string(e.Args[0]), name) {
			t.Fatalf("the event is %s", e.Args[0])
		}
	}
	if n := c.redis.Do(t, "EVAL", keysWith, "0", name); n == ":0" {
		t.Fatal("Redis does not have the name")
	}

	c.call(t, admin, "POST", "/api/v1/partners/zsofi/erase", "", nil)
	for _, s := range before {
		if e := awaitEvent(t, s, "goodbye"); !strings.Contains(string(e.Args[0]), "FEEDS_RESET") {
			t.Errorf("goodbye %s", e.Args[0])
		}
		_ = s.conn.Cut()
	}
	old, _, _ := strings.Cut(before[0].offset, ":")
	for _, n := range c.nodes { // each reads the new epoch of each feed by itself
		testtime.Eventually(t, testtime.Limit, "the new epoch is served", func() bool {
			s, _, err := connect(t.Context(), n.base, manager, nil)
			if err != nil {
				return false // connections of this moment are closed
			}
			_ = s.conn.Cut()
			return !strings.HasPrefix(s.offset, old+":")
		})
	}
	for i, s := range before {
		now, session := resume(t, c.nodes[1-i].base, manager, s)
		session.wantGap(t, "after the erasing", "epoch", -1, 0)
		_ = now.conn.Cut()

		// From the position before the event, in the new epoch.
		number := numberOf(now.offset)
		now.offset = strings.TrimSuffix(now.offset, fmt.Sprint(number)) + fmt.Sprint(number-1)
		again, recovered, err := connect(t.Context(), c.nodes[i].base, manager, now.connection)
		if err != nil || !recovered {
			t.Fatalf("recovered %v, %v", recovered, err)
		}
		e := awaitEvent(t, again, "rental_created")
		if text := string(e.Args[0]); strings.Contains(text, name) ||
			!strings.Contains(text, harang.ErasedPartnerName) {
			t.Errorf("the replay has %s", text)
		}
		_ = again.conn.Cut()
	}
	testtime.Eventually(t, testtime.Limit, "Redis no longer has the name", func() bool {
		return c.redis.Do(t, "EVAL", keysWith, "0", name) == ":0"
	})
}

// awaitEvent reads until an event of that name.
func awaitEvent(t *testing.T, s *connection, name string) sioclient.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	for {
		e, err := s.conn.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", name, err)
		}
		if e.Name == name {
			return e
		}
	}
}
