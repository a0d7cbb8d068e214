package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// stockClients is a process of Node.js with stock socket.io-clients.
type stockClients struct {
	mu      sync.Mutex // guards what follows
	stdin   io.WriteCloser
	clients map[string]*testClient
	// opened counts sessions by transport, left how connections ended.
	opened, left map[string]int
}

func startStockClients(t *testing.T) *stockClients {
	t.Helper()
	nodejs, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing: the stock clients need Node.js 20 or later; run `make test`")
	}
	if _, err := os.Stat(filepath.Join("..", "..", "node_modules", "socket.io-client")); err != nil {
		t.Fatal("node_modules/socket.io-client is missing: run `make test` (or `npm ci`) at the root of the repository")
	}
	cmd := exec.Command(nodejs, filepath.Join("testdata", "stock.mjs"))
	cmd.Stderr = os.Stderr
	s := &stockClients{clients: make(map[string]*testClient), opened: make(map[string]int), left: make(map[string]int)}
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if err := s.receive(lines.Bytes()); err != nil {
				t.Errorf("%s: %v", lines.Bytes(), err)
			}
		}
	})
	t.Cleanup(func() {
		_ = s.stdin.Close()
		reading.Wait()
		if err := cmd.Wait(); err != nil {
			t.Errorf("node: %v", err)
		}
	})
	return s
}

// open starts one more client and returns when it is connected.
func (s *stockClients) open(t *testing.T, name, url, token string, transports ...string) *testClient {
	t.Helper()
	p := &testClient{name: name, events: make(map[string]int64), changed: make(chan struct{}, 1)}
	s.mu.Lock()
	s.clients[name] = p
	s.mu.Unlock()
	s.send(t, map[string]any{"open": name, "url": url, "transports": transports, "token": token})
	p.await(t, "connected", func() bool { return p.state == "connected" })
	return p
}

func (s *stockClients) send(t *testing.T, line map[string]any) {
	t.Helper()
	text, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.stdin.Write(append(text, '\n')); err != nil {
		t.Fatal(err)
	}
}

// receive handles one line of the process.
func (s *stockClients) receive(text []byte) error {
	var line struct {
		Name, Event, PID, Transport, Left, Refused string
		Args                                       []json.RawMessage
		Active                                     bool
	}
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	s.mu.Lock()
	p := s.clients[line.Name]
	switch {
	case line.Event == "session":
		s.opened[line.Transport]++
	case line.Left != "":
		s.left[line.Left]++
	}
	s.mu.Unlock()
	e := sioclient.Event{Name: line.Event, Args: line.Args}
	switch {
	case line.Refused != "":
		return fmt.Errorf("refused: %s", line.Refused)
	case line.Left != "":
		p.set(line.Left)
		if !line.Active {
			return fmt.Errorf("the client gave up: %s", line.Left)
		}
		return nil
	case line.Event == "session":
		return p.handleSession(&sioclient.Client{PID: line.PID}, "", e)
	}
	p.receive(e)
	return nil
}

func TestStock_CutOneNode(t *testing.T) {
	c := startSQLite(t, shortPings...)
	p, clients := cutStockClients(t, c)
	for _, client := range clients {
		client.checkAll(t, p.all())
	}
	c.finishSQLite(t, p, clients...)
}

func TestStock_CutTwoNodes(t *testing.T) {
	c := startCluster(t, nil, shortPings...)
	p, clients := cutStockClients(t, c)
	c.finish(t, p, clients)
}

// shortPings let both sides detect a dead connection soon.
var shortPings = []string{"--ping-interval", "300ms", "--ping-timeout", "300ms"}

// cutStockClients cuts stock clients of every transport at random bytes while events
// flow, and waits each time until the client has caught up. No session may be
// other than recovered, nothing lost, repeated or out of order.
func cutStockClients(t *testing.T, c *cluster) (*producer, []*testClient) {
	s, p := startStockClients(t), newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	transports := [][]string{{"websocket"}, {"polling"}, {"polling", "websocket"}}
	const clientCount = 6
	cuts := count(20, 1000)
	var (
		mu      sync.Mutex
		clients []*testClient
		where   = make(map[string]int)
		how     = make(map[cutMode]int)
		longest time.Duration
		cutting sync.WaitGroup
	)
	gates := make([]*gate, clientCount)
	for i := range gates {
		gates[i] = openGate(t, c.bases())
		kind := transports[i%len(transports)]
		clients = append(clients, s.open(t, fmt.Sprintf("%d %v", i, kind), gates[i].url(), token, kind...))
	}
	// Twelve events a second: the window of 50 lasts for four seconds.
	stop := sync.OnceFunc(p.stream(t, 0, 80*time.Millisecond))
	defer stop()
	for i, g := range gates {
		kind, client := transports[i%len(transports)], clients[i]
		cutting.Go(func() {
			for round := i; round < cuts; round += clientCount {
				// Modes in turn, the byte at random.
				cutMode := []cutMode{modeReset, modeHalfOpen, modeSlowClose}[round/clientCount%3]
				reach := 3000
				if slices.Contains(kind, "polling") {
					reach = 6000
				}
				anew := rand.IntN(3) > 0
				if !anew {
					g.live()
					reach = 2000
				}
				g.arm(cutMode, rand.IntN(reach), anew)
				step, ok := testtime.Take(testtime.Limit, g.fired)
				if !ok {
					t.Errorf("%s: nothing was forwarded", client.name)
					return
				}
				began, target := time.Now(), int64(p.count())+2
				if !client.reached(target) {
					t.Errorf("%s: %s %s: not caught up to %d (%s)", client.name, cutMode, step, target, client.where())
					return
				}
				mu.Lock()
				where[step]++
				how[cutMode]++
				longest = max(longest, time.Since(began))
				mu.Unlock()
			}
		})
	}
	cutting.Wait()
	stop()
	for _, client := range clients {
		client.awaitNumber(t, int64(p.count()))
	}
	back := 0
	for _, client := range clients {
		client.mu.Lock()
		back += client.sessions - 1
		if client.recovered != client.sessions-1 {
			t.Errorf("%s: %d of %d returns were recovered", client.name, client.recovered, client.sessions-1)
		}
		client.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Logf("%d cuts %v at %v; %d events, %d returns, all caught up within %s", cuts, how, where, p.count(),
		back, longest)
	t.Logf("sessions by transport %v, ends %v", s.opened, s.left)
	if back < cuts/2 {
		t.Errorf("%d cuts caused only %d returns", cuts, back)
	}
	if soak() {
		for _, step := range steps {
			if where[step] == 0 && step != "between CONNECT and session" { // they come in one write
				t.Errorf("no cut fell %s", step)
			}
		}
	}
	return p, clients
}

// reached waits until a number is received; unlike awaitNumber it may be called
// beside the test's own goroutine.
func (p *testClient) reached(number int64) bool {
	late := time.NewTimer(testtime.Limit)
	defer late.Stop()
	for {
		p.mu.Lock()
		done := p.number >= number && p.state == "connected"
		p.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-p.changed:
		case <-late.C:
			return false
		}
	}
}

func (p *testClient) where() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%s, number %d, %v", p.state, p.number, p.faults)
}
