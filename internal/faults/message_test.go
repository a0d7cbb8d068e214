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
)

// startLossyCluster is a cluster whose second node can lose messages of Redis.
func startLossyCluster(t *testing.T) (*cluster, *lossy) {
	t.Helper()
	var p *lossy
	c := startCluster(t, func(node int, url string) string {
		if node == 0 {
			return url
		}
		p = startLossy(t, url)
		return p.url()
	}, pings...)
	return c, p
}

// TestMessage_LastLost: the last message before a quiet hour is lost between
// Redis and a node. The node finds out by itself within a second.
func TestMessage_LastLost(t *testing.T) {
	c, proxy := startLossyCluster(t)
	p := newProducer(c)
	who := open(t, "b", c.token(t, "STORE_MANAGER"), c.nodes[1].base)
	var slowest time.Duration
	for range count(50, 100) {
		proxy.losing.Store(true)
		p.mustSend(t, 0, 1)
		began := time.Now()
		who.awaitNumber(t, 3*time.Second, int64(p.count()))
		slowest = max(slowest, time.Since(began))
		proxy.losing.Store(false)
		// And one that is not lost.
		p.mustSend(t, 0, 1)
		who.awaitNumber(t, 3*time.Second, int64(p.count()))
	}
	t.Logf("%d messages were lost, healed within %s", proxy.lost.Load(), slowest)
	if proxy.lost.Load() < int64(count(50, 100)) {
		t.Errorf("only %d messages were lost", proxy.lost.Load())
	}
	if slowest > time.Second {
		t.Errorf("a lost message was healed after %s", slowest)
	}
	c.finish(t, p, []*person{who})
}

// TestRevocation_MessageLost: somebody is disabled, given another role or
// logged out on one node while connected to the other, which loses the control
// message. The connection ends within a second all the same.
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
	ways := []struct {
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
	for round := range count(51, 102) {
		way := ways[round%len(ways)]
		token := tokens.login(t)
		who := open(t, way.name, token, c.nodes[1].base)
		proxy.losing.Store(true)
		way.revoke(token)
		began := time.Now()
		who.await(t, 5*time.Second, "goodbye "+way.code, func() bool { return slices.Contains(who.goodbyes, way.code) })
		slowest[way.name] = max(slowest[way.name], time.Since(began))
		proxy.losing.Store(false)
		who.close()
		way.mend()
	}
	t.Logf("%d messages were lost; ended within: %v", proxy.lost.Load(), slowest)
	for name, took := range slowest {
		if took > time.Second {
			t.Errorf("%s: a connection ended only after %s", name, took)
		}
	}
	// A command changes the database alone; the node may read it there before
	// the other one publishes it. A logout is published at once.
	if proxy.lost.Load() < int64(count(51, 102)/len(ways)) {
		t.Errorf("only %d messages were lost", proxy.lost.Load())
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
