package relaytest_test

import (
	"context"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/relay/relaytest"
)

// TestDatabase_IsASource: the database of the tests implements the port.
func TestDatabase_IsASource(t *testing.T) {
	db := relaytest.NewDatabase(relaytest.EpochA, "budapest")
	var source relay.Source = db
	feed := harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}
	db.Commit("budapest", 60, harang.AudienceManagers)
	heads, entries, err := source.NewestEntries(context.Background(), feed, 50)
	if err != nil || heads.Number(feed.Audience) != 60 || len(entries) != 50 {
		t.Fatalf("%v, %d entries, %v", heads, len(entries), err)
	}
	if first, last := entries[0].Number, entries[49].Number; first != 11 || last != 60 {
		t.Fatalf("entries %d to %d", first, last)
	}
	same, err := source.NewEpoch(context.Background(), "budapest", "0198f3a07b0000000001")
	if err != nil || same != relaytest.EpochA {
		t.Errorf("an epoch that is later already became %s, %v", same, err)
	}
	later, err := source.NewEpoch(context.Background(), "budapest", relaytest.EpochA)
	if err != nil || later <= relaytest.EpochA {
		t.Errorf("%s, %v", later, err)
	}
}
