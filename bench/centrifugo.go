package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/bench/peer"
	"harang.dev/harang/internal/testserver"
)

// centrifugoKey is the key of its HTTP interface; it listens on 127.0.0.1 for
// some seconds.
const centrifugoKey = "race"

// centrifugoProtocol joins a channel as a client without a token; positioned
// and recovering are set by the server.
var centrifugoProtocol = protocol{
	join: func(o *opening, client listener) (string, error) {
		if err := upgrade(o, "/connection/websocket"); err != nil {
			return "", err
		}
		if err := o.send(`{"id":1,"connect":{}}`); err != nil {
			return "", err
		}
		if _, err := expect(o, `{"id":1,"connect":`); err != nil {
			return "", err
		}
		if err := o.send(`{"id":2,"subscribe":{"channel":"` + strconv.Itoa(client.Room) + `"}}`); err != nil {
			return "", err
		}
		answer, err := expect(o, `{"id":2,"subscribe":`)
		if err == nil && !(strings.Contains(answer, `"recoverable":true`) && strings.Contains(answer, `"positioned":true`)) {
			err = errors.New("the subscription is not positioned and recovering: " + answer)
		}
		return answer, err
	},
	ping: []byte("{}"), pong: []byte("{}"),
}

// centrifugoCluster is one or two nodes of the program.
type centrifugoCluster struct {
	nodes  []*exec.Cmd // the first has the listeners, the last takes the events
	at     []netip.AddrPort
	redis  *testserver.RedisServer // nil with one node
	folder string
	client *http.Client
	posted atomic.Int64
	rooms  int
}

func startCentrifugo(tuned bool, nodes int) func(context.Context, settings, scenario) (wholeProgram, error) {
	return func(ctx context.Context, s settings, plan scenario) (wholeProgram, error) {
		c := &centrifugoCluster{rooms: plan.rooms, client: postingClient()}
		if err := c.start(ctx, s, tuned, nodes); err != nil {
			c.stop()
			return nil, err
		}
		return c, nil
	}
}

func (c *centrifugoCluster) start(ctx context.Context, s settings, tuned bool, nodes int) (err error) {
	if c.folder, err = os.MkdirTemp("", "harang-race-"); err != nil {
		return err
	}
	if nodes > 1 {
		if c.redis, err = testserver.OpenRedis(); err != nil {
			return err
		}
	}
	for range nodes {
		if err := c.startNode(ctx, s.Centrifugo, tuned); err != nil {
			return err
		}
	}
	return nil
}

func (c *centrifugoCluster) startNode(ctx context.Context, binary string, tuned bool) error {
	at, err := freeAddress()
	if err != nil {
		return err
	}
	type object = map[string]any
	config := object{
		"http_server": object{"address": at.Addr().String(), "port": int(at.Port())},
		"http_api":    object{"key": centrifugoKey},
		"client":      object{"allow_anonymous_connect_without_token": true},
		"channel": object{"without_namespace": object{
			"history_size": harang.FeedWindowEntries, "history_ttl": harang.FeedWindowAge.String(),
			"force_positioning": true, "force_recovery": true,
			"allow_subscribe_for_client": true, "allow_subscribe_for_anonymous": true,
		}},
	}
	if c.redis != nil {
		config["engine"] = object{"type": "redis", "redis": object{"address": []string{c.redis.URL()}}}
	}
	if tuned {
		config["websocket"] = object{"use_write_buffer_pool": true}
		config["log"] = object{"level": "error"}
	} else {
		config["prometheus"] = object{"enabled": true}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	file := filepath.Join(c.folder, fmt.Sprintf("node%d.json", len(c.nodes)))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, binary, "--config", file)
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		return fmt.Errorf("%w; build it with: make bin/centrifugo", err)
	}
	c.nodes, c.at = append(c.nodes, command), append(c.at, at)
	if err := waitForPort(ctx, at); err != nil {
		return fmt.Errorf("centrifugo does not listen: %w", err)
	}
	return nil
}

func freeAddress() (netip.AddrPort, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return netip.AddrPort{}, err
	}
	at := l.Addr().(*net.TCPAddr).AddrPort()
	return at, l.Close()
}

// waitForPort returns when somebody listens.
func waitForPort(ctx context.Context, at netip.AddrPort) error {
	deadline, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(deadline, "tcp", at.String())
		if err == nil {
			return conn.Close()
		}
		if wait(deadline, 10*time.Millisecond) != nil {
			return err
		}
	}
}

func (c *centrifugoCluster) pid() int                { return c.nodes[0].Process.Pid }
func (c *centrifugoCluster) address() netip.AddrPort { return c.at[0] }

func (c *centrifugoCluster) listeners(_ context.Context, n, _ int) ([]listener, error) {
	return roomListeners(n, c.rooms), nil
}

func (c *centrifugoCluster) post(ctx context.Context, tenant int) error {
	event := peer.NewEvent(int(c.posted.Add(1)), time.Now())
	body := append([]byte(`{"channel":"`+strconv.Itoa(tenant)+`","data":`), event.Body...)
	return postJSON(ctx, c.client, "http://"+c.at[len(c.at)-1].String()+"/api/publish", append(body, '}'),
		"X-API-Key", centrifugoKey, []byte(`{"result":`))
}

func (c *centrifugoCluster) others() []part {
	var all []part
	for _, node := range c.nodes[1:] {
		all = append(all, processPart("publishing node", node.Process.Pid))
	}
	if c.redis != nil {
		all = append(all, processPart("Redis", c.redis.PID()))
	}
	return all
}

func (c *centrifugoCluster) stop() {
	c.client.CloseIdleConnections()
	for _, node := range c.nodes {
		_ = node.Process.Kill() // it keeps nothing
		_ = node.Wait()
	}
	if c.redis != nil {
		c.redis.Close()
	}
	if c.folder != "" {
		_ = os.RemoveAll(c.folder) // in the system's temporary folder
	}
}

func roomListeners(n, rooms int) []listener {
	all := make([]listener, n)
	for i := range all {
		all[i].Room = i % rooms
	}
	return all
}

// postingClient keeps a connection for each poster.
func postingClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: posters}}
}

// postJSON posts a body; an answer that is not 2xx or does not begin as expected
// is an error.
func postJSON(ctx context.Context, client *http.Client, url string, body []byte, header, value string,
	expected []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(header, value)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode/100 != 2 || !bytes.HasPrefix(text, expected)) {
		err = errors.New("event refused with status " + strconv.Itoa(answer.StatusCode) + ": " + string(text))
	}
	return err
}
