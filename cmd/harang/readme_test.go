package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// TestReadme runs the examples of README, docs/tour.md and docs/events.md: every
// fenced block after a comment "run: NAME", with this test's server address in
// place of the printed one.
func TestReadme(t *testing.T) {
	blocks := readmeBlocks(t)
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo, func(c *serveCommand) {
		c.PingInterval = time.Second // listen waits for two of them
	})
	r := &readme{
		testServer: s, blocks: blocks, folder: t.TempDir(),
		environment: append(os.Environ(), "CGO_ENABLED=0", "HARANG_DATABASE="+s.database),
		manager:     s.login("manager@budapest.demo"),
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o",
		filepath.Join(r.folder, "bin", "harang"), ".") // as make build does, so that its packages are compiled once
	build.Env = r.environment
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	key := r.command(t, "key", "sh", "-eu", "-c", blocks["key"]+"\nprintf %s \"$HARANG_KEY\"")
	key.Stderr = os.Stderr
	made, err := key.Output()
	if err != nil || !strings.HasPrefix(string(made), "hk_") {
		t.Fatalf("key: %q, %v", made, err)
	}
	r.environment = append(r.environment, "HARANG_KEY="+string(made))

	tests := map[string]func(*testing.T){
		"story":    r.story,
		"listen":   r.listen,
		"sessions": r.sessions,
		"curl": func(t *testing.T) {
			r.sends(t, "stock_alert", "productId", "hr2470", "sh", "-eu", "-c", r.block(t, "curl"))
		},
		"emit": func(t *testing.T) {
			r.sends(t, "rental_created", "rentalId", "r-1", "sh", "-eu", "-c", r.block(t, "emit"))
		},
		"batch": func(t *testing.T) {
			r.sends(t, "payment_error", "transactionId", "t-2", "sh", "-eu", "-c", r.block(t, "batch"))
		},
		"binary": func(t *testing.T) {
			r.sends(t, "rental_created", "rentalId", "r-5", "sh", "-eu", "-c", r.block(t, "binary"))
		},
		"go": func(t *testing.T) {
			r.sends(t, "rental_created", "rentalId", "r-2", "go", "run", r.file(t, "go", "main.go"))
		},
		"shop": r.shop,
		"sql":  r.sql,
		"node": func(t *testing.T) {
			r.sends(t, "payment_error", "transactionId", "t-1", "node", r.file(t, "node", "event.mjs"))
		},
	}
	for name := range blocks {
		if tests[name] == nil && name != "key" {
			t.Errorf("no test runs the block %q", name)
		}
	}
	for name, test := range tests {
		t.Run(name, test)
	}
}

var marked = regexp.MustCompile("(?ms)^<!-- run: ([a-z]+) -->\n```[a-z]+\n(.*?)^```$")

// readmeBlocks returns the marked blocks of README, docs/tour.md and docs/events.md by name.
func readmeBlocks(t *testing.T) map[string]string {
	t.Helper()
	text := ""
	for _, name := range []string{"../../README.md", "../../docs/tour.md", "../../docs/events.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(page)
	}
	blocks := map[string]string{}
	for _, m := range marked.FindAllStringSubmatch(text, -1) {
		blocks[m[1]] = m[2]
	}
	if marks := strings.Count(text, "<!-- run:"); marks != len(blocks) {
		t.Fatalf("%d marks but %d blocks", marks, len(blocks))
	}
	return blocks
}

// readme is a folder with bin/harang and an API key, as the examples expect it.
type readme struct {
	*testServer
	blocks      map[string]string
	folder      string
	environment []string
	manager     string
}

// block returns a block with this test's server address.
func (r *readme) block(t *testing.T, name string) string {
	t.Helper()
	const address = "http://127.0.0.1:8080"
	if !strings.Contains(r.blocks[name], address) {
		t.Fatalf("README has no block %q that names %s", name, address)
	}
	return strings.ReplaceAll(r.blocks[name], address, r.URL())
}

// file writes a block into a file of the folder.
func (r *readme) file(t *testing.T, block, name string) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(r.block(t, block)), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// command returns a command in the folder with a limit of two minutes.
func (r *readme) command(t *testing.T, what, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Minute, errors.New(what+" took more than two minutes"))
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = r.folder, r.environment
	return c
}

// output runs a command that has to succeed and returns its output.
func (r *readme) output(t *testing.T, name string, args ...string) string {
	t.Helper()
	c := r.command(t, name, name, args...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return string(out)
}

// notice is an event in the list of notifications.
type notice struct {
	EventID string         `json:"eventId"`
	Type    string         `json:"type"`
	Data    map[string]any `json:"data"`
}

// notices returns the manager's events of a type whose data has a value.
func (r *readme) notices(t *testing.T, eventType, field, value string) []notice {
	t.Helper()
	status, m := r.call(r.manager, "GET", "/api/v1/notifications?limit=200&type="+eventType, "")
	text, err := json.Marshal(m["items"])
	var all []notice
	if status != 200 || err != nil || json.Unmarshal(text, &all) != nil {
		t.Fatalf("notifications: %d %v %v", status, m, err)
	}
	return slices.DeleteFunc(all, func(n notice) bool { return n.Type != eventType || n.Data[field] != value })
}

// sends runs a command that sends one event, and checks that it arrives.
func (r *readme) sends(t *testing.T, eventType, field, value, name string, args ...string) {
	t.Helper()
	if before := r.notices(t, eventType, field, value); len(before) != 0 {
		t.Fatalf("before: %v", before)
	}
	out := r.output(t, name, args...)
	after := r.notices(t, eventType, field, value)
	if len(after) != 1 || !strings.Contains(out, after[0].EventID) {
		t.Fatalf("notifications: %v", after)
	}
}

// story empties a stock item and ends with the alert of that item.
func (r *readme) story(t *testing.T) {
	answers := strings.Split(strings.TrimSpace(r.output(t, "sh", "-eu", "-c", r.block(t, "story"))), "\n")
	var item struct{ ProductID, LocationID, Severity string }
	var page struct{ Items []notice }
	if len(answers) != 2 || json.Unmarshal([]byte(answers[0]), &item) != nil ||
		json.Unmarshal([]byte(answers[1]), &page) != nil || len(page.Items) != 1 {
		t.Fatalf("%d answers", len(answers))
	}
	n := page.Items[0]
	if item.Severity != "CRITICAL" || n.Type != "stock_alert" {
		t.Fatalf("%+v, %+v", item, n)
	}
	for name, want := range map[string]any{
		"productId": item.ProductID, "locationId": item.LocationID, "currentQuantity": 0.0,
	} {
		if n.Data[name] != want {
			t.Errorf("%s is %v, want %v", name, n.Data[name], want)
		}
	}
	if !slices.ContainsFunc(r.notices(t, "stock_alert", "productId", item.ProductID),
		func(m notice) bool { return m.EventID == n.EventID }) {
		t.Fatal("the alert is not in the notifications")
	}
}

// sql inserts an event into the database, as another program does.
func (r *readme) sessions(t *testing.T) {
	script := r.block(t, "sessions")
	r.output(t, "sh", "-eu", "-c", script) // so that there is another session
	decoder := json.NewDecoder(strings.NewReader(r.output(t, "sh", "-eu", "-c", script)))
	for _, want := range [][]bool{{true, false}, {true}} {
		var list struct{ Items []struct{ Current bool } }
		if err := decoder.Decode(&list); err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, session := range list.Items {
			got = append(got, session.Current)
		}
		if !slices.Equal(got, want) {
			t.Errorf("present sessions %v, want %v", got, want)
		}
	}
}

func (r *readme) sql(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(r.database, "sqlite:")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), r.blocks["sql"]); err != nil {
		t.Fatal(err)
	}
	testtime.Eventually(t, testtime.Limit, "the event arrives",
		func() bool { return len(r.notices(t, "rental_created", "rentalId", "r-4")) == 1 })
}

// shop creates a tenant whose administrator can sign in and sees the stock.
func (r *readme) shop(t *testing.T) {
	out := strings.Split(strings.TrimSpace(r.output(t, "sh", "-eu", "-c", r.blocks["shop"])), "\n")
	if len(out) != 3 {
		t.Fatalf("%q", out)
	}
	status, m := r.call("", "POST", "/api/v1/auth/login", `{"email":"boss@example.com","password":"`+out[1]+`"}`)
	token, _ := m["accessToken"].(string)
	if status != 200 {
		t.Fatalf("login: %d %v", status, m)
	}
	status, m = r.call(token, "GET", "/api/v1/inventory/stock", "")
	if items, _ := m["items"].([]any); status != 200 || len(items) != 2 {
		t.Fatalf("stock: %d %v", status, m)
	}
}

// listen receives its session first and then events, for longer than a heartbeat,
// until it is ended.
func (r *readme) listen(t *testing.T) {
	c := r.command(t, "listen", "sh", "-eu", "-c", r.block(t, "listen"))
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its curl ends with it
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c.Stdout, c.Stderr = in, in
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close() // the process has its own
	defer func() {
		_ = c.Cancel() // it may have ended
		_ = c.Wait()   // ended by us
	}()
	lines := bufio.NewReader(out)
	receive := func(what string, is func(line string) bool) string {
		t.Helper()
		for {
			line, err := lines.ReadString('\n')
			t.Logf("%s", line)
			if is(line) {
				return line
			}
			if err != nil {
				rest, _ := io.ReadAll(lines)
				t.Fatalf("%s was not received: %v %s", what, err, rest)
			}
		}
	}
	if s := receive("session", func(line string) bool {
		return strings.Contains(line,
			`["session",`)
	}); !strings.Contains(s, `"role":"STORE_MANAGER"`) ||
		!strings.Contains(s, `"tenantId":"budapest"`) {
		t.Fatal("another session")
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(r.testServer.command("apikey", "add", "--tenant", "budapest", "--name",
		"listen")), 0o600); err != nil {
		t.Fatal(err)
	}
	event := strings.TrimSpace(r.output(t, "bin/harang", "emit", "--url", r.URL(), "--key-file", key, "--type",
		"rental_created",
		"--data",
		`{"rentalId":"heard","partnerId":"p","partnerName":"P","equipmentCount":1,"totalValue":1,"currency":"HUF"}`))
	receive("the event", func(line string) bool { return strings.Contains(line, event) })
	// A second ping comes only after the first was answered.
	for range 2 {
		receive("a ping", func(line string) bool { return line == "2\n" })
	}
}

// TestOperations_Metrics: docs/operations.md lists the metrics that exist.
func TestOperations_Metrics(t *testing.T) {
	name := regexp.MustCompile(`Name: +"(harang_[a-z_]+)"`)
	defined := map[string]bool{}
	for _, pattern := range []string{"../../internal/*/*.go", "../../internal/*/*/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range name.FindAllSubmatch(text, -1) {
				defined[string(m[1])] = true
			}
		}
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("`(harang_[a-z_]+)").FindAllSubmatch(page, -1) {
		documented[string(m[1])] = true
	}
	for n := range defined {
		if !documented[n] {
			t.Errorf("%s is not in docs/operations.md", n)
		}
	}
	for n := range documented {
		if !defined[n] {
			t.Errorf("docs/operations.md has %s, which does not exist", n)
		}
	}
	if len(defined) < 40 {
		t.Errorf("only %d metrics were found", len(defined))
	}
}
