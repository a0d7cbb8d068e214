package redislog

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay/relaytest"
	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
)

func TestMain(m *testing.M) {
	// The client looks once more for a cluster, a second after it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*call).DelayDo.func1"))
}

var tenants atomic.Int64

// newTenant names a tenant of its own: tests share a Redis.
func newTenant() string { return fmt.Sprintf("t%d", tenants.Add(1)) }

func dial(tb testing.TB, url string) rueidis.Client {
	tb.Helper()
	client, err := Dial(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	return client
}

func newLog(tb testing.TB, server *testserver.RedisServer) *Log {
	tb.Helper()
	return NewLog(Options{Client: dial(tb, server.URL())})
}

// TestLog_Port tests the log against relay.Log.
func TestLog_Port(t *testing.T) {
	server := testserver.StartRedis(t)
	relaytest.TestLog(t, func(t *testing.T, feeds ...harang.FeedID) relaytest.Log {
		server.Do(t, "FLUSHALL")
		log := newLog(t, server)
		for _, feed := range feeds {
			if _, _, err := log.Append(t.Context(), feed, relaytest.EpochA, 1, nil); err != nil {
				t.Fatal(err)
			}
		}
		return relaytest.Log{Log: log, Entries: func(feed harang.FeedID) []outbox.Entry {
			head, entries, err := log.Entries(context.Background(), feed)
			if err != nil {
				t.Error(err)
			}
			if n := len(entries); n > 0 && entries[n-1].Number != head.Number {
				t.Errorf("the entries end at %d, the head is %d", entries[n-1].Number, head.Number)
			}
			return entries
		}}
	})
}

func some(first, last int64) []outbox.Entry {
	at := time.Date(2026, 3, 1, 8, 0, 0, 123e6, time.UTC)
	var entries []outbox.Entry
	for n := first; n <= last; n++ {
		entries = append(entries, relaytest.Entry(n, fmt.Sprintf("event-%d", n), at))
	}
	return entries
}

func managers(tenant string) harang.FeedID {
	return harang.FeedID{Tenant: tenant, Audience: harang.AudienceManagers}
}

func mustAppend(
	tb testing.TB, log *Log, feed harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
) harang.Position {
	tb.Helper()
	head, fork, err := log.Append(tb.Context(), feed, epoch, first, entries)
	if err != nil || fork {
		tb.Fatalf("Append(%s, %d): fork %t, %v", epoch, first, fork, err)
	}
	return head
}

// TestLog_Unknown: a feed without a head has no epoch, and accepts any first
// number.
func TestLog_Unknown(t *testing.T) {
	log := newLog(t, testserver.Redis(t))
	feed := managers(newTenant())
	heads, err := log.Heads(t.Context(), feed.Tenant)
	if err != nil || len(heads) != harang.AudienceCount {
		t.Fatalf("heads: %v, %v", heads, err)
	}
	for _, h := range heads {
		if h.Epoch != "" || h.Number != 0 {
			t.Errorf("head %v, want none", h)
		}
	}
	if head := mustAppend(t, log, feed, relaytest.EpochA, 31, some(31, 40)); head.Number != 40 {
		t.Errorf("head %v, want 40", head)
	}
}

// TestLog_HeadOutlivesStream: after its entries have expired a feed keeps its
// head, and the next entry follows it.
func TestLog_HeadOutlivesStream(t *testing.T) {
	server := testserver.Redis(t)
	log := newLog(t, server)
	feed := managers(newTenant())
	mustAppend(t, log, feed, relaytest.EpochA, 1, some(1, 7))
	if ttl := server.Do(t, "PTTL", streamKey(feed)); ttl == ":-1" || ttl == ":-2" {
		t.Errorf("the stream does not expire: %s", ttl)
	}
	if ttl := server.Do(t, "PTTL", headKey(feed)); ttl == ":-1" || ttl == ":-2" {
		t.Errorf("the head does not expire: %s", ttl)
	}
	server.Do(t, "DEL", streamKey(feed)) // as its expiry does
	if head := mustAppend(t, log, feed, relaytest.EpochA, 9, some(9, 9)); head.Number != 7 {
		t.Errorf("a hole was accepted: %v", head)
	}
	mustAppend(t, log, feed, relaytest.EpochA, 7, some(7, 9))
	head, entries, err := log.Entries(t.Context(), feed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(some(8, 9), entries); diff != "" || head.Number != 9 {
		t.Errorf("head %v, (-want +got):\n%s", head, diff)
	}
}

// TestLog_NewerTypes: an entry of a type that this version does not know goes
// through the log like any other.
func TestLog_NewerTypes(t *testing.T) {
	log := newLog(t, testserver.Redis(t))
	feed := managers(newTenant())
	newer := some(1, 2)
	newer[1].Type = "delivery_missed"
	mustAppend(t, log, feed, relaytest.EpochA, 1, newer)
	_, entries, err := log.Entries(t.Context(), feed)
	if diff := cmp.Diff(newer, entries); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}

// TestLog_Foreign: foreign data under the log's keys is skipped, counted and
// replaced.
func TestLog_Foreign(t *testing.T) {
	server := testserver.Redis(t)
	for name, spoil := range map[string]func(feed harang.FeedID){
		"head is a text":      func(f harang.FeedID) { server.Do(t, "SET", headKey(f), "x") },
		"head has no number":  func(f harang.FeedID) { server.Do(t, "HDEL", headKey(f), "number") },
		"head's epoch is odd": func(f harang.FeedID) { server.Do(t, "HSET", headKey(f), "epoch", "zz") },
		"head is not counted": func(f harang.FeedID) { server.Do(t, "HSET", headKey(f), "number", "-4") },
		"head is too large":   func(f harang.FeedID) { server.Do(t, "HSET", headKey(f), "number", "9007199254740993") },
		"stream is a list": func(f harang.FeedID) {
			server.Do(t, "DEL", streamKey(f))
			server.Do(t, "RPUSH", streamKey(f), "x")
		},
		"stream goes beyond": func(f harang.FeedID) { server.Do(t, "XADD", streamKey(f), "900-0", "e", "x") },
		"stream has more fields": func(f harang.FeedID) {
			server.Do(t, "XADD", streamKey(f), "5-1", "a", "b", "c", "d")
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := newLog(t, server)
			feed := managers(newTenant())
			mustAppend(t, log, feed, relaytest.EpochA, 1, some(1, 5))
			server.Do(t, "DEL", headKey(feed)) // so that SET finds nothing to change the type of
			server.Do(t, "HSET", headKey(feed), "epoch", string(relaytest.EpochA), "number", "5")
			if strings.HasPrefix(name, "head is a text") {
				server.Do(t, "DEL", headKey(feed))
			}
			spoil(feed)
			if _, entries, err := log.Entries(t.Context(), feed); err != nil {
				t.Errorf("reading: %v", err)
			} else if len(entries) > 0 && entries[len(entries)-1].Number != 5 {
				t.Errorf("foreign data was read: %v", entries)
			}
			// As the relay does: read the heads, then append what the log lacks.
			heads, err := log.Heads(t.Context(), feed.Tenant)
			if err != nil {
				t.Fatal(err)
			}
			first := int64(1)
			for _, h := range heads {
				if h.Audience == feed.Audience && h.Epoch != "" {
					first = max(1, h.Number)
				}
			}
			head := mustAppend(t, log, feed, relaytest.EpochA, first, some(first, 6))
			if head.Number != 6 || head.Epoch != relaytest.EpochA {
				t.Fatalf("head after the repair %v, want 6", head)
			}
			mustAppend(t, log, feed, relaytest.EpochA, 6, some(6, 8))
			_, entries, err := log.Entries(t.Context(), feed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(some(9-int64(len(entries)), 8), entries); diff != "" || len(entries) < 3 {
				t.Errorf("after the repair (-want +got):\n%s", diff)
			}
			if testutil.CollectAndCount(log.metrics.foreign) == 0 {
				t.Error("it was not counted")
			}
		})
	}
}

// TestLog_Unavailable: without Redis every call is UNAVAILABLE within a second, and
// works again by itself.
func TestLog_Unavailable(t *testing.T) {
	server := testserver.StartRedis(t)
	log := newLog(t, server)
	feed := managers(newTenant())
	mustAppend(t, log, feed, relaytest.EpochA, 1, some(1, 1))
	check := func(how string) {
		t.Helper()
		began := time.Now()
		if _, err := log.Heads(t.Context(), feed.Tenant); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("%s: heads: %v", how, err)
		}
		if _, _, err := log.Append(
			t.Context(), feed, relaytest.EpochA, 1, some(1, 2),
		); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("%s: append: %v", how, err)
		}
		if err := log.Probe(t.Context()); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("%s: probe: %v", how, err)
		}
		if took := time.Since(began); took > 4*callTimeout {
			t.Errorf("%s: three answers took %s", how, took)
		}
	}
	server.Kill(t)
	check("killed")
	server.Start(t)
	mustAppend(t, log, feed, relaytest.EpochA, 1, some(1, 2))
	server.Pause(t)
	check("paused")
	server.Resume(t)
	testtime.Eventually(t, testtime.Limit, "Redis answers again", func() bool { return log.Probe(t.Context()) == nil })
	mustAppend(t, log, feed, relaytest.EpochA, 2, some(2, 3))
}

// A Redis that answers and refuses writes is not available.
func TestLog_WritesRefused(t *testing.T) {
	server := testserver.StartRedis(t)
	log := newLog(t, server)
	for _, settings := range [][2]string{{"maxmemory", "0"}, {"min-replicas-to-write", "0"}} {
		server.Do(t, "CONFIG", "SET", settings[0], "1")
		if err := log.Probe(t.Context()); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("%s: %v", settings[0], err)
		}
		server.Do(t, "CONFIG", "SET", settings[0], settings[1])
		if err := log.Probe(t.Context()); err != nil {
			t.Errorf("%s: %v", settings[0], err)
		}
	}
}

func TestDial(t *testing.T) {
	cert, key := certificate(t)
	secured := testserver.StartRedis(t, testserver.WithTLS(cert, key), testserver.WithPassword("s3cret"))
	locked := testserver.StartRedis(t, testserver.WithPassword("s3cret"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closedAddr := l.Addr().String()
	_ = l.Close()
	for name, c := range map[string]struct {
		url    string
		code   harang.Code
		detail string
	}{
		"password":       {locked.URL(), "", ""},
		"TLS":            {secured.URL() + "?skip_verify=true", "", ""},
		"database":       {locked.URL() + "/3", "", ""},
		"not Redis":      {"http://:s3cret@127.0.0.1", harang.CodeInvalidRequest, "redis://"},
		"bad database":   {locked.URL() + "/x", harang.CodeInvalidRequest, "redis://"},
		"no password":    {"redis://" + locked.Addr(), harang.CodeUnavailable, "NOAUTH"},
		"wrong password": {"redis://:wr0ng@" + locked.Addr(), harang.CodeUnavailable, "WRONGPASS"},
		"closed port":    {"redis://:s3cret@" + closedAddr, harang.CodeUnavailable, "refused"},
		"unknown issuer": {secured.URL(), harang.CodeUnavailable, "certificate"},
		"TLS spoken to plain": {
			strings.Replace(locked.URL(), "redis://", "rediss://", 1), harang.CodeUnavailable, "does not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := Dial(t.Context(), c.url)
			if client != nil && err == nil {
				defer client.Close()
			}
			if harang.ErrorCode(err) != c.code || err != nil && !strings.Contains(err.Error(), c.detail) {
				t.Fatalf("%v: want %q and %q", err, c.code, c.detail)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "wr0ng")) {
				t.Errorf("the error contains the password: %v", err)
			}
			if err == nil {
				mustAppend(t, NewLog(Options{Client: client}), managers(newTenant()), relaytest.EpochA, 1, some(1, 3))
			}
		})
	}
}

// certificate makes an untrusted certificate for 127.0.0.1.
func certificate(tb testing.TB) (certFile, keyFile string) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	certFile, keyFile = filepath.Join(tb.TempDir(), "cert.pem"), filepath.Join(tb.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return certFile, keyFile
}

func FuzzDecodeMessage(f *testing.F) {
	entry, err := encode(some(1, 1)[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add("m " + string(relaytest.EpochA) + " 1\n" + fmt.Sprint(len(entry)) + ":" + entry)
	f.Add("o " + string(relaytest.EpochA) + " 9\n")
	f.Add("c x 1\n5:abc")
	f.Fuzz(func(t *testing.T, text string) {
		m, ok := decodeMessage(text)
		if !ok {
			return
		}
		for i, e := range m.entries {
			if e.Number != m.first+int64(i) {
				t.Fatalf("entry %d has the number %d, the first is %d", i, e.Number, m.first)
			}
			again, err := encode(e)
			if err != nil {
				t.Fatalf("a decoded entry cannot be encoded: %v", err)
			}
			back, ok := decode(e.Number, again)
			if diff := cmp.Diff(e, back); !ok || diff != "" {
				t.Fatalf("written and read again (-want +got):\n%s", diff)
			}
		}
	})
}
