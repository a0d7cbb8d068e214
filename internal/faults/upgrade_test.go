package faults

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // to age a recorded database

	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
)

// A release is recorded once, by its own binary, and stays in testdata:
//
//	go test ./internal/faults -run TestUpgrade_RecordedNow -record 0.2.0 [-record.binary FILE]
var (
	recordFlag   = flag.String("record", "", "keep the record of this release under testdata")
	recordBinary = flag.String("record.binary", "", "the release's binary; without it the present program")
)

// oldCommit is the commit of version 0.1.0, whose binary the present one must work beside.
const oldCommit = "c3e30f8f4e6c02a447ab2f669fc71b6116105792"

// TestUpgrade_RecordedNow: what the present program records is read back by it.
func TestUpgrade_RecordedNow(t *testing.T) {
	dir, program := filepath.Join(t.TempDir(), "record"), binary
	if *recordFlag != "" {
		dir = filepath.Join("testdata", *recordFlag)
	}
	if *recordBinary != "" {
		program = *recordBinary
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	recordRelease(t, program, dir)
	t.Run("upgrade", func(t *testing.T) { checkRelease(t, dir) })
}

// TestUpgrade_Database: the present program opens the databases of every recorded release, and lists,
// positions and replays are what they were.
func TestUpgrade_Database(t *testing.T) {
	releases, err := filepath.Glob("testdata/*/sqlite.json")
	if err != nil || len(releases) == 0 {
		t.Fatalf("no recorded release: %v", err)
	}
	for _, file := range releases {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) { checkRelease(t, dir) })
	}
}

// checkRelease upgrades the databases of a recorded release and compares the answers.
func checkRelease(t *testing.T, dir string) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		c := newCluster(t)
		path := filepath.Join(t.TempDir(), "harang.db")
		c.database, c.keyFile = "sqlite:"+path, path+".key"
		unpack(t, filepath.Join(dir, "harang.db.gz"), path)
		heads, err := os.ReadFile(filepath.Join(dir, "harang.db.heads"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, path+".heads", heads)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), makeRecent, time.Now().Add(-time.Minute).UnixMilli()); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		c.checkAnswers(t, filepath.Join(dir, "sqlite.json"))
	})
	t.Run("postgres", func(t *testing.T) {
		c := newCluster(t)
		c.postgres, c.keyFile = testserver.Postgres(t), filepath.Join(t.TempDir(), "signing.key")
		c.database = c.postgres.Database(t)
		dump, err := os.ReadFile(filepath.Join(dir, "postgres.sql"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
		defer cancel()
		conn, err := pgx.Connect(ctx, c.database)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.PgConn().Exec(ctx, string(dump)).ReadAll(); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, makeRecent, time.Now().Add(-time.Minute).UnixMilli()); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(ctx); err != nil {
			t.Fatal(err)
		}
		c.checkAnswers(t, filepath.Join(dir, "postgres.json"))
	})
}

// makeRecent moves all events so that the newest has the time $1: old ones are neither replayed nor kept.
const makeRecent = `UPDATE events SET at = at + $1 - (SELECT max(at) FROM events)`

// moved are the members that makeRecent changes, and the last use of the key that the check may itself use.
var moved = []string{"timestamp", "since", "lastUsedAt"}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, text)
}

// checkAnswers starts the present program on the database and compares it with what the release answered.
func (c *cluster) checkAnswers(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var release recordedRelease
	if err := json.Unmarshal(text, &release); err != nil {
		t.Fatal(err)
	}
	n := c.startOne(t, binary)
	tokens := map[string]string{}
	for role := range recordedUsers {
		tokens[role] = c.logIn(t, n, role)
	}
	for _, a := range release.Answers {
		var want, got any
		if err := json.Unmarshal(a.Body, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.request(t, n, tokens[a.Role], "GET", a.Path, nil, 200), &got); err != nil {
			t.Fatal(err)
		}
		for _, difference := range differences("", want, got) {
			t.Errorf("%s as %s: %s", a.Path, a.Role, difference)
		}
	}
	// Positions and replays: at the head, and three entries before it. What is written now follows the head.
	written := false
	for _, role := range []string{"OPERATOR", "STORE_MANAGER"} {
		head := release.Heads[role]
		var s struct {
			Recovered bool
			Replayed  int
			Head      string
		}
		client, session := c.connectOnce(t, n, tokens[role], head)
		if err := json.Unmarshal(session.Args[0], &s); err != nil || !s.Recovered || s.Replayed != 0 || s.Head != head {
			t.Errorf("%s at the head: %s, %v", role, session.Args[0], err)
		}
		back, session := c.connectOnce(t, n, tokens[role], before(head, 3))
		if err := json.Unmarshal(session.Args[0], &s); err != nil || !s.Recovered || s.Replayed != 3 || s.Head != head {
			t.Errorf("%s three entries before the head: %s, %v", role, session.Args[0], err)
		}
		for i := range int64(3) {
			if e := nextEvent(t, back); e.Offset() != before(head, 2-i) {
				t.Errorf("%s: replayed %s, want %s", role, e.Offset(), before(head, 2-i))
			}
		}
		if !written {
			written = true
			for _, delta := range []int{8, -9} { // only the second raises an alert
				c.request(t, n, tokens["OPERATOR"], "POST", "/inventory/adjustments", map[string]any{
					"productId": "furo", "locationId": "raktar", "delta": delta, "reason": "leltár"}, 200)
			}
			if e := nextEvent(t, client); e.Name != "stock_alert" || e.Offset() != before(head, -1) {
				t.Errorf("%s: %s at %s, want the number after %s", role, e.Name, e.Offset(), head)
			}
			release.Heads["STORE_MANAGER"] = before(release.Heads["STORE_MANAGER"], -1)
		}
	}
}

// nextEvent returns the next event of a connection.
func nextEvent(t *testing.T, client *sioclient.Client) sioclient.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	e, err := client.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// differences lists where got lacks or changes what want has. Members that want lacks are newer ones.
func differences(path string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		members, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, was an object", path, got)}
		}
		var all []string
		for name, value := range want {
			present, ok := members[name]
			switch {
			case slices.Contains(moved, name):
			case !ok:
				all = append(all, path+"."+name+" is gone")
			case name == "version": // the check's own logins are control entries
				was, _ := value.(float64)
				if is, _ := present.(float64); is < was {
					all = append(all, fmt.Sprintf("%s.%s is %v, was %v", path, name, present, value))
				}
			default:
				all = append(all, differences(path+"."+name, value, present)...)
			}
		}
		return all
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return []string{fmt.Sprintf("%s is %v, was %v", path, got, want)}
		}
		var all []string
		for i := range want {
			all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), want[i], items[i])...)
		}
		return all
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s is %v, was %v", path, got, want)}
	}
	return nil
}

// buildOld builds the program of oldCommit from the history of this repository.
func buildOld(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tree, archive := filepath.Join(dir, "tree"), filepath.Join(dir, "tree.tar")
	root, err := exec.CommandContext(t.Context(), "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Fatalf("no git repository, from whose history the old program is built: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "-C", strings.TrimSpace(string(root)), "archive",
		"--format=tar", "--output="+archive, oldCommit).CombinedOutput(); err != nil {
		t.Fatalf("commit %s is not in the history of this clone (git fetch --unshallow completes a shallow one): "+
			"%v\n%s", oldCommit, err, out)
	}
	if err := os.Mkdir(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "tar", "-xf", archive, "-C", tree).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "harang"), "./cmd/harang")
	build.Dir = tree
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build of %s: %v\n%s", oldCommit, err, out)
	}
	return filepath.Join(dir, "harang")
}

// TestUpgrade_TwoVersions: a node of version 0.1.0 and one of the present version serve one shop at the
// same time, then the old one is replaced, too. Events are sent and users revoked through both: nothing
// is lost, and every revocation ends connections on both nodes.
func TestUpgrade_TwoVersions(t *testing.T) {
	old := buildOld(t)
	c := newCluster(t)
	c.postgres, c.redis, c.keyFile = testserver.StartPostgres(t), testserver.StartRedis(t),
		filepath.Join(t.TempDir(), "signing.key")
	c.database = c.postgres.Database(t)
	c.commandOf(t, old, "tenant", "add", tenant, "--name", "Budapest")
	c.apiKey = c.commandOf(t, old, "apikey", "add", "--tenant", tenant, "--name", "faults")
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, []byte(recordedPassword+"\n"))
	for role, email := range recordedUsers {
		c.commandOf(t, old, "user", "add", email, "--tenant", tenant, "--name", role, "--role", role,
			"--password-file", password)
	}
	flags := append([]string{"--redis", c.redis.URL()}, pings...)
	before, after := c.startOne(t, old, flags...), c.startOne(t, old, flags...)
	p := newProducer(c)
	token := c.commandOf(t, old, "token", "--tenant", tenant, "--role", "STORE_MANAGER")
	var clients []*testClient
	for i := range 4 {
		clients = append(clients, open(t, fmt.Sprint("client ", i), token, c.nodes[i%2].base, c.nodes[(i+1)%2].base))
	}
	stop := p.stream(t, 0, 20*time.Millisecond)
	// Each person has a browser, with which both versions are signed in to.
	browsers := map[string]http.CookieJar{}
	for role := range recordedUsers {
		browsers[role], _ = cookiejar.New(nil) // never fails
	}

	after.Stop(t)
	c.startAt(t, after, binary, flags...)
	after.Kill(t)
	after.Start(t)
	for range count(3, 20) {
		for _, by := range []*node{before, after} {
			c.revokeEverywhere(t, browsers, by, before, after)
		}
	}
	checkLog(t, before)
	before.Stop(t)
	c.startAt(t, before, binary, flags...)
	c.revokeEverywhere(t, browsers, before, before, after)
	stop()
	c.finish(t, p, clients)
	for _, n := range c.nodes {
		checkLog(t, n)
	}
}

// checkLog fails for what no log of either version may contain.
func checkLog(t *testing.T, n *node) {
	t.Helper()
	log := n.Log()
	for _, bad := range []string{"panic:", "DATA RACE", "isolation violation", "crossing blocked", "control entry"} {
		if at := strings.Index(log, bad); at >= 0 {
			t.Errorf("the log of a node contains %q:\n%s", bad, log[max(0, at-500):min(len(log), at+2000)])
		}
	}
}

// revokeEverywhere logs out, changes the role of and disables a user through one node, while the user is
// connected to each node. Each connection must end with its reason.
func (c *cluster) revokeEverywhere(t *testing.T, browsers map[string]http.CookieJar, by *node, nodes ...*node) {
	t.Helper()
	admin := c.logInWith(t, by, "ADMIN", browsers["ADMIN"])
	var users struct {
		Items []struct{ ID, Email string }
	}
	if err := json.Unmarshal(c.request(t, by, admin, "GET", "/admin/users", nil, 200), &users); err != nil {
		t.Fatal(err)
	}
	id := ""
	for _, u := range users.Items {
		if u.Email == recordedUsers["OPERATOR"] {
			id = u.ID
		}
	}
	set := func(change map[string]any) {
		t.Helper()
		c.request(t, by, admin, "PATCH", "/admin/users/"+id, change, 200)
	}
	for _, revocation := range []struct {
		code   string
		revoke func(token string)
		undo   map[string]any
	}{
		{"LOGGED_OUT", func(token string) { c.request(t, by, token, "POST", "/auth/logout", nil, 204) }, nil},
		{"ROLE_CHANGED", func(string) { set(map[string]any{"role": "STORE_MANAGER"}) },
			map[string]any{"role": "OPERATOR"}},
		{"USER_DISABLED", func(string) { set(map[string]any{"disabled": true}) }, map[string]any{"disabled": false}},
	} {
		token := c.logInWith(t, by, "OPERATOR", browsers["OPERATOR"])
		var open []*sioclient.Client
		for _, n := range nodes {
			client, _ := c.connectOnce(t, n, token, "")
			open = append(open, client)
		}
		revocation.revoke(token)
		for i, client := range open {
			code := ""
			for code == "" {
				e := nextEvent(t, client)
				if e.Name != "goodbye" {
					continue
				}
				var bye struct{ Code string }
				if err := json.Unmarshal(e.Args[0], &bye); err != nil {
					t.Fatal(err)
				}
				code = bye.Code
			}
			if code != revocation.code {
				t.Errorf("node %d: goodbye %s, want %s", i, code, revocation.code)
			}
			_ = client.Cut()
		}
		if revocation.undo != nil {
			set(revocation.undo)
		}
	}
}
