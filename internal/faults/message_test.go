package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// startLossyCluster starts a cluster whose second node can lose messages of Redis.
func startLossyCluster(t *testing.T) (*cluster, *lossyProxy) {
	t.Helper()
	var p *lossyProxy
	c := startCluster(t, func(node int, url string) string {
		if node == 0 {
			return url
		}
		p = startLossyProxy(t, url)
		return p.url()
	}, pings...)
	return c, p
}

// TestMessage_LastLost: the last message before a quiet hour is lost between Redis and a node. The
// node detects and heals it by itself within a second.
func TestMessage_LastLost(t *testing.T) {
	c, proxy := startLossyCluster(t)
	p := newProducer(c)
	client := open(t, "b", c.token(t, "STORE_MANAGER"), c.nodes[1].base)
	var slowest time.Duration
	for range count(20, 100) {
		proxy.dropping.Store(true)
		p.mustSend(t, 0, 1)
		began := time.Now()
		client.awaitNumber(t, int64(p.count()))
		slowest = max(slowest, time.Since(began))
		proxy.dropping.Store(false)
		// The next one is not lost.
		p.mustSend(t, 0, 1)
		client.awaitNumber(t, int64(p.count()))
	}
	t.Logf("%d messages were lost, healed within %s", proxy.dropped.Load(), slowest)
	if proxy.dropped.Load() < int64(count(20, 100)) {
		t.Errorf("only %d messages were lost", proxy.dropped.Load())
	}
	testtime.Promise(t, "a lost message is healed", slowest, time.Second)
	c.finish(t, p, []*testClient{client})
}

// TestRevocation_MessageLost: a user is disabled, given another role or logged out on one node while
// connected to the other, which loses the control message. The connection ends within a second all the
// same.
func TestRevocation_MessageLost(t *testing.T) {
	c, proxy := startLossyCluster(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("correct horse battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const email = "kata@example.com"
	c.command(t, "user", "add", email, "--tenant", tenant, "--name", "Kata", "--role", "STORE_MANAGER",
		"--password-file", password)
	tokens := &sessions{c: c, email: email, password: "correct horse battery"}
	role := "STORE_MANAGER"
	revocations := []struct {
		name   string
		code   string
		revoke func(token string)
		mend   func()
	}{
		{"logged out", "LOGGED_OUT", func(token string) { tokens.logout(t, token) }, func() {}},
		{"role changed", "ROLE_CHANGED", func(string) {
			role = map[string]string{"STORE_MANAGER": "OPERATOR", "OPERATOR": "STORE_MANAGER"}[role]
			c.command(t, "user", "set", email, "--role", role)
		}, func() {}},
		{"disabled", "USER_DISABLED", func(string) { c.command(t, "user", "disable", email) },
			func() { c.command(t, "user", "enable", email) }},
	}
	slowest := make(map[string]time.Duration)
	for round := range count(21, 102) {
		revocation := revocations[round%len(revocations)]
		token := tokens.login(t)
		client := open(t, revocation.name, token, c.nodes[1].base)
		proxy.dropping.Store(true)
		revocation.revoke(token)
		began := time.Now()
		client.await(t, "goodbye "+revocation.code,
			func() bool { return slices.Contains(client.goodbyes, revocation.code) })
		slowest[revocation.name] = max(slowest[revocation.name], time.Since(began))
		proxy.dropping.Store(false)
		client.close()
		revocation.mend()
	}
	t.Logf("%d messages were lost; ended within: %v", proxy.dropped.Load(), slowest)
	for name, took := range slowest {
		testtime.Promise(t, name+": the connection ends", took, time.Second)
	}
	// A command changes the database alone; the node may read it there before
	// the other one publishes it. A logout is published at once.
	if proxy.dropped.Load() < int64(count(21, 102)/len(revocations)) {
		t.Errorf("only %d messages were lost", proxy.dropped.Load())
	}
}

// sessions are logins of one user through the first node.
type sessions struct {
	c               *cluster
	email, password string
}

func (s *sessions) login(t *testing.T) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"email": s.email, "password": s.password})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.c.http.Post(s.c.nodes[0].base+"/api/v1/auth/login", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var in struct{ AccessToken, Code string }
	if err := json.NewDecoder(answer.Body).Decode(&in); err != nil || in.AccessToken == "" {
		t.Fatalf("login: %d %s %v", answer.StatusCode, in.Code, err)
	}
	return in.AccessToken
}

func (s *sessions) logout(t *testing.T, token string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.c.nodes[0].base+"/api/v1/auth/logout",
		strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := s.c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatal(fmt.Sprint("logout: ", answer.StatusCode))
	}
}
