package faults

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestLogins_Abandoned: strangers of one network begin logins, each with a new name, and cut each after 20 ms. The
// node's memory stays bounded, nothing is logged, and a login from a browser that the node does not know, in another
// network, succeeds meanwhile.
func TestLogins_Abandoned(t *testing.T) {
	c := startSQLite(t)
	n := c.nodes[0]
	password := c.command(t, "user", "add", "owner@shop.example", "--tenant", tenant, "--name", "Owner",
		"--role", "ADMIN")
	password = password[strings.LastIndexAny(password, " \n")+1:]
	from := func(address string) *net.Dialer {
		return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 10 * time.Second}
	}
	login := func(ctx context.Context, address string) (time.Duration, error) {
		transport := &http.Transport{DialContext: from(address).DialContext}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.base+"/api/v1/auth/login",
			strings.NewReader(fmt.Sprintf(`{"email":"owner@shop.example","password":%q}`, password)))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Content-Type", "application/json")
		began := time.Now()
		answer, err := transport.RoundTrip(r)
		if err != nil {
			return 0, err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%d %s", answer.StatusCode, text)
		}
		return time.Since(began), err
	}
	quiet, err := login(t.Context(), "127.0.9.1")
	if err != nil {
		t.Fatal(err)
	}
	before, lines := c.metric(t, n, "process_resident_memory_bytes"), strings.Count(n.Log(), "\n")

	const atOnce = 100
	all := int64(count(2_000, 52_000))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var begun, sent atomic.Int64
	var storm sync.WaitGroup
	began := time.Now()
	for worker := range atOnce {
		storm.Go(func() {
			for i := begun.Add(1); i <= all && ctx.Err() == nil; i = begun.Add(1) {
				conn, err := from(fmt.Sprintf("127.0.1.%d", 1+worker)).DialContext(ctx, "tcp", n.base[len("http://"):])
				if err != nil {
					continue
				}
				body := fmt.Sprintf(`{"email":"stranger%d@shop.example","password":"guess"}`, i)
				_, err = fmt.Fprintf(conn, "POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\n"+
					"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				if err == nil {
					sent.Add(1)
				}
				_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
				_, _ = conn.Read(make([]byte, 1))
				_ = conn.Close()
			}
		})
	}
	done := make(chan struct{})
	go func() { storm.Wait(); close(done) }()
	var logins int
	var slowest time.Duration
	for running := true; running; logins++ {
		took, err := login(t.Context(), fmt.Sprintf("127.0.9.%d", 2+logins%200))
		if err != nil {
			t.Fatalf("login %d during the storm: %v", logins, err)
		}
		slowest = max(slowest, took)
		select {
		case <-done:
			running = false
		default:
		}
	}
	took := time.Since(began)
	after := c.metric(t, n, "process_resident_memory_bytes")
	t.Logf("%d of %d logins begun and cut in %s; %d good logins, slowest %s (alone: %s); memory %.0f to %.0f MB",
		sent.Load(), all, took.Round(time.Second), logins, slowest.Round(time.Millisecond),
		quiet.Round(time.Millisecond), before/1e6, after/1e6)
	if sent.Load() < all*9/10 {
		t.Errorf("only %d of %d logins were sent", sent.Load(), all)
	}
	if slowest > 10*time.Second { // 5 s is the longest wait for a slot
		t.Errorf("a good login took %s", slowest)
	}
	if after > before+256e6 {
		t.Errorf("the memory grew from %.0f to %.0f MB", before/1e6, after/1e6)
	}
	if more := strings.Count(n.Log(), "\n") - lines; more > 5 {
		t.Errorf("%d lines were logged:\n%s", more, n.Log())
	}
}
