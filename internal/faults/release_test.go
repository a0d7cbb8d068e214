package faults

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testserver"
)

// The users of a recorded database, by role, and their password.
const recordedPassword = "correct horse battery"

var recordedUsers = map[string]string{
	"OPERATOR":      "operator@budapest.example",
	"STORE_MANAGER": "manager@budapest.example",
	"ADMIN":         "admin@budapest.example",
}

// recordedAnswer is what a release answered to a GET.
type recordedAnswer struct {
	Role string          `json:"role"`
	Path string          `json:"path"`
	Body json.RawMessage `json:"body"`
}

// recordedRelease is what the recorded database must still give.
type recordedRelease struct {
	Answers []recordedAnswer `json:"answers"`
	// Heads are the positions of a first connection, by role.
	Heads map[string]string `json:"heads"`
}

// startOne starts one node of a binary on the cluster's database.
func (c *cluster) startOne(t *testing.T, binary string, flags ...string) *node {
	t.Helper()
	n := &node{base: "http://127.0.0.1:" + strconv.Itoa(testserver.FreePort(t))}
	c.startAt(t, n, binary, flags...)
	c.nodes = append(c.nodes, n)
	return n
}

// startAt starts a binary at the address of a node, which must have stopped.
func (c *cluster) startAt(t *testing.T, n *node, binary string, flags ...string) {
	t.Helper()
	args := append([]string{binary, "serve", "--listen", strings.TrimPrefix(n.base, "http://"),
		"--admin-listen", "127.0.0.1:0", "--drain-timeout", "3s"}, flags...)
	n.Program = testserver.StartProgram(t, "harang", args, c.env(), func() error { return c.ready(n) })
}

// commandOf runs a command of a binary and returns what it prints.
func (c *cluster) commandOf(t *testing.T, binary string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), c.env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("harang %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// request makes one call and returns the answer; it fails unless the status is want.
func (c *cluster) request(t *testing.T, n *node, token, method, path string, body any, want int) []byte {
	t.Helper()
	status, got := c.send(t, n, token, method, path, body)
	if status != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, status, want, got)
	}
	return got
}

// send makes one call and returns the status and the body of the answer.
func (c *cluster) send(t *testing.T, n *node, token, method, path string, body any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, n.base+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if method == http.MethodPost && (path == "/rentals" || path == "/payments") {
		r.Header.Set("Idempotency-Key", rand.Text())
	}
	answer, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, got
}

// logIn returns an access token of a recorded user, of a browser that is new each time.
func (c *cluster) logIn(t *testing.T, n *node, role string) string {
	t.Helper()
	return c.logInWith(t, n, role, nil)
}

// logInWith is logIn with the cookies of a browser.
func (c *cluster) logInWith(t *testing.T, n *node, role string, browser http.CookieJar) string {
	t.Helper()
	with := *c
	with.http = &http.Client{Timeout: c.http.Timeout, Transport: c.http.Transport, Jar: browser}
	var in struct{ AccessToken string }
	answer := with.request(t, n, "", "POST", "/auth/login",
		map[string]string{"email": recordedUsers[role], "password": recordedPassword}, 200)
	if err := json.Unmarshal(answer, &in); err != nil {
		t.Fatal(err)
	}
	return in.AccessToken
}

// connectOnce connects, with an offset or "" for a first connection, and returns
// the client and its session event.
func (c *cluster) connectOnce(t *testing.T, n *node, token, offset string) (*sioclient.Client, sioclient.Event) {
	t.Helper()
	client, err := sioclient.Dial(t.Context(), n.base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Cut() })
	auth := map[string]string{"token": token}
	if offset != "" {
		auth["pid"], auth["offset"] = rand.Text(), offset // of a node that is gone
	}
	if err := client.Connect(t.Context(), "/ws/dashboard", auth); err != nil {
		t.Fatal(err)
	}
	session, err := client.Next(t.Context())
	if err != nil || session.Name != "session" {
		t.Fatal(session.Name, err)
	}
	return client, session
}

// recordRelease records a release in a folder: what a shop does in a day, on each
// database, and what the release answers about it.
func recordRelease(t *testing.T, program, dir string) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		c := newCluster(t)
		path := filepath.Join(t.TempDir(), "harang.db")
		c.database, c.keyFile = "sqlite:"+path, path+".key"
		n := recordDay(t, c, program, filepath.Join(dir, "sqlite.json"))
		n.Stop(t)
		whole := path + ".whole" // with what the write-ahead log still has
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "VACUUM INTO $1", whole); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(whole)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(file); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		heads, err := os.ReadFile(path + ".heads")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "harang.db.gz"), packed.Bytes())
		write(t, filepath.Join(dir, "harang.db.heads"), heads)
	})
	t.Run("postgres", func(t *testing.T) {
		c := newCluster(t)
		c.postgres, c.keyFile = testserver.Postgres(t), filepath.Join(t.TempDir(), "signing.key")
		c.database = c.postgres.Database(t)
		n := recordDay(t, c, program, filepath.Join(dir, "postgres.json"))
		n.Stop(t)
		dumps, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
		if err != nil || len(dumps) == 0 {
			t.Fatal("pg_dump is not installed")
		}
		out, err := exec.CommandContext(t.Context(), dumps[len(dumps)-1], "--inserts", "--no-owner", "--no-privileges",
			c.database).Output()
		if err != nil {
			t.Fatal(err)
		}
		// Comments, settings and commands of psql depend on the version of
		// PostgreSQL; the statements do not.
		var dump strings.Builder
		for line := range strings.Lines(string(out)) {
			isPrefix := func(prefix string) bool { return strings.HasPrefix(line, prefix) }
			if !slices.ContainsFunc([]string{"\n", "--", "SET ", `\`, "SELECT pg_catalog.set_config"}, isPrefix) {
				dump.WriteString(line)
			}
		}
		write(t, filepath.Join(dir, "postgres.sql"), []byte(dump.String()))
	})
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// recordDay starts a node of a binary, does what a shop does in a day, and writes
// down what the node answers. Nothing that it leaves changes with time.
func recordDay(t *testing.T, c *cluster, program, path string) *node {
	t.Helper()
	c.commandOf(t, program, "tenant", "add", tenant, "--name", "Budapest")
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, []byte(recordedPassword+"\n"))
	for role, email := range recordedUsers {
		c.commandOf(t, program, "user", "add", email, "--tenant", tenant, "--name", "Kovács "+role, "--role", role,
			"--password-file", password)
	}
	key := c.commandOf(t, program, "apikey", "add", "--tenant", tenant, "--name", "erp")
	n := c.startOne(t, program)

	for _, put := range []struct {
		path string
		body map[string]any
	}{
		{"/locations/raktar", map[string]any{"name": "Raktár"}},
		{"/partners/epito", map[string]any{"name": "Építő Kft."}},
		{"/products/furo", map[string]any{"name": "Fúrógép", "dailyPrice": 3500}},
		{"/products/keverő", map[string]any{"name": "Betonkeverő", "dailyPrice": 8000}},
		{"/inventory/stock/furo/raktar", map[string]any{"quantity": 10, "warningThreshold": 5, "criticalThreshold": 2}},
		{"/inventory/stock/keverő/raktar",
			map[string]any{"quantity": 3, "warningThreshold": 2, "criticalThreshold": 1}},
	} {
		c.request(t, n, key, "PUT", put.path, put.body, 200)
	}
	operator, manager, admin := c.logIn(t, n, "OPERATOR"), c.logIn(t, n, "STORE_MANAGER"), c.logIn(t, n, "ADMIN")
	adjust := func(product string, delta int) {
		c.request(t, n, operator, "POST", "/inventory/adjustments",
			map[string]any{"productId": product, "locationId": "raktar", "delta": delta, "reason": "leltár"}, 200)
	}
	adjust("furo", -6)   // WARNING
	adjust("furo", -3)   // CRITICAL
	adjust("keverő", -2) // WARNING
	adjust("keverő", 6)
	rent := func(token string, payment map[string]any) string {
		body := map[string]any{"partnerId": "epito", "locationId": "raktar",
			"dueAt": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339),
			"lines": []map[string]any{{"productId": "keverő", "quantity": 1}}}
		if payment != nil {
			body["payment"] = payment
		}
		var rental struct{ ID string }
		if err := json.Unmarshal(c.request(t, n, token, "POST", "/rentals", body, 201), &rental); err != nil {
			t.Fatal(err)
		}
		return rental.ID
	}
	cash := rent(operator, map[string]any{"method": "CASH"})
	declined := rent(operator, map[string]any{"method": "CARD", "cardToken": "tok_insufficient_funds"})
	later := rent(manager, nil)
	c.request(t, n, manager, "POST", "/payments",
		map[string]any{"rentalId": later, "amount": 1000, "method": "CARD", "cardToken": "tok_ok"}, 201)
	c.request(t, n, operator, "POST", "/rentals/"+declined+"/cancel", nil, 200)
	c.request(t, n, operator, "POST", "/rentals/"+cash+"/return", nil, 200)
	c.request(t, n, operator, "POST", "/rentals/"+later+"/return", nil, 200)
	data := map[string]any{
		"transactionId": "tx-1", "errorCode": "iso:51", "errorMessage": "Nincs fedezet", "partnerId": "epito",
		"partnerName": "Építő Kft.", "amount": 4200, "currency": "HUF",
	}
	event := map[string]any{
		"specversion": "1.0", "id": "1", "source": "/erp", "type": "payment_error", "data": data,
	}
	c.request(t, n, key, "POST", "/events", event, 202)
	c.request(t, n, key, "POST", "/events", event, 202)

	var list struct{ Items []struct{ EventID string } }
	err := json.Unmarshal(c.request(t, n, operator, "GET", "/notifications", nil, 200), &list)
	if err != nil || len(list.Items) < 3 {
		t.Fatalf("%d notifications, %v", len(list.Items), err)
	}
	c.request(t, n, operator, "POST", "/notifications/read",
		map[string]any{"eventIds": []string{list.Items[1].EventID}}, 200)
	c.request(t, n, operator, "POST", "/notifications/"+list.Items[0].EventID+"/claim", nil, 200)
	c.request(t, n, c.logIn(t, n, "OPERATOR"), "POST", "/auth/logout", nil, 204)

	release := recordedRelease{Heads: map[string]string{}}
	for _, a := range []struct{ role, token string }{{"OPERATOR", operator}, {"STORE_MANAGER", manager}} {
		_, session := c.connectOnce(t, n, a.token, "")
		release.Heads[a.role] = session.Offset()
		paths := []string{"/me", "/locations", "/partners", "/products", "/inventory/stock", "/inventory/alerts",
			"/rentals", "/rentals/" + cash, "/rentals/" + declined, "/notifications",
			"/notifications?unread=true&limit=2",
			"/notifications?since=" + url.QueryEscape(before(session.Offset(), 3))}
		if a.role == "STORE_MANAGER" {
			paths = append(paths, "/payments", "/payments?status=DECLINED")
		}
		for _, path := range paths {
			body := c.request(t, n, a.token, "GET", path, nil, 200)
			release.Answers = append(release.Answers, recordedAnswer{a.role, path, body})
		}
	}
	for _, path := range []string{"/admin/users", "/admin/api-keys"} {
		body := c.request(t, n, admin, "GET", path, nil, 200)
		release.Answers = append(release.Answers, recordedAnswer{"ADMIN", path, body})
	}
	text, err := json.MarshalIndent(release, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, append(text, '\n'))
	return n
}

// before is the position n entries before another.
func before(position string, n int64) string {
	i := strings.LastIndexByte(position, ':') + 1
	return position[:i] + strconv.FormatInt(max(0, numberOf(position)-n), 10)
}
