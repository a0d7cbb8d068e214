package main

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"harang.dev/harang/bench/peer"
	"harang.dev/harang/internal/testserver"
)

// storyKey is the key of its HTTP interface.
const storyKey = "race"

// storyProgram is the plan of the story that the project began with: Socket.IO
// on Node.js, and a Redis list per tenant that has the newest events.
type storyProgram struct {
	*process
	redis  *testserver.RedisServer
	at     netip.AddrPort
	client *http.Client
	posted atomic.Int64
	rooms  int
}

func startStory(ctx context.Context, s settings, plan scenario) (wholeProgram, error) {
	redis, err := testserver.OpenRedis()
	if err != nil {
		return nil, err
	}
	p := &storyProgram{redis: redis, rooms: plan.rooms, client: postingClient()}
	if p.process, err = startProcess(ctx, "node", s.Story, redis.URL(), storyKey); err != nil {
		redis.Close()
		return nil, err
	}
	line, err := p.receive()
	if err == nil {
		p.at, err = netip.ParseAddrPort(strings.TrimPrefix(line, "listening "))
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *storyProgram) address() netip.AddrPort { return p.at }

func (p *storyProgram) listeners(_ context.Context, n, _ int) ([]listener, error) {
	return roomListeners(n, p.rooms), nil
}

func (p *storyProgram) post(ctx context.Context, tenant int) error {
	event := peer.NewEvent(int(p.posted.Add(1)), time.Now())
	return postJSON(ctx, p.client, "http://"+p.at.String()+"/events/"+strconv.Itoa(tenant), event.Body,
		"Authorization", "Bearer "+storyKey, nil)
}

func (p *storyProgram) others() []part { return []part{processPart("Redis", p.redis.PID())} }

func (p *storyProgram) stop() {
	p.client.CloseIdleConnections()
	p.process.stop()
	p.redis.Close()
}
