package faults

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// TestDisplay_OtherNode: a display connected to one node is taken over and revoked through the other one: its
// connection ends and its token is refused at both within a second, and each node lists it as connected.
func TestDisplay_OtherNode(t *testing.T) {
	c := startCluster(t, nil)
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, []byte(recordedPassword+"\n"))
	c.command(t, "user", "add", recordedUsers["ADMIN"], "--tenant", tenant, "--name", "ADMIN", "--role", "ADMIN",
		"--password-file", password)
	here, there := c.nodes[0], c.nodes[1]
	admin := c.logIn(t, here, "ADMIN")
	link := c.command(t, "display", "add", "--tenant", tenant, "--name", "Bejárat")
	_, secret, _ := strings.Cut(link, "#d=")
	open := func(n *node) (token string) {
		t.Helper()
		var screen struct{ AccessToken string }
		answer := c.request(t, n, "", "POST", "/auth/display", map[string]string{"secret": secret}, 200)
		if err := json.Unmarshal(answer, &screen); err != nil {
			t.Fatal(err)
		}
		return screen.AccessToken
	}
	type display struct {
		ID        string
		Connected bool
	}
	list := func(n *node) (displays []display) {
		t.Helper()
		var page struct{ Items []display }
		if err := json.Unmarshal(c.request(t, n, admin, "GET", "/admin/displays", nil, 200), &page); err != nil {
			t.Fatal(err)
		}
		return page.Items
	}

	first := open(there)
	for end, change := range []func(){
		func() { open(here) },
		func() { c.request(t, here, admin, "DELETE", "/admin/displays/"+list(here)[0].ID, nil, 204) },
	} {
		token := first
		if end > 0 {
			token = open(there)
		}
		screen, _ := c.connectOnce(t, there, token, "")
		for _, n := range []*node{here, there} {
			if all := list(n); len(all) != 1 || !all[0].Connected {
				t.Errorf("%+v", all)
			}
		}
		began := time.Now()
		change()
		if e := nextEvent(t, screen); e.Name != "goodbye" || !strings.Contains(string(e.Args[0]), "LOGGED_OUT") {
			t.Errorf("%s %s", e.Name, e.Args)
		}
		for _, n := range []*node{here, there} {
			c.request(t, n, token, "GET", "/counter", nil, 401)
		}
		testtime.Promise(t, "the display ends", time.Since(began), time.Second)
	}
	if all := list(there); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	c.request(t, there, "", "POST", "/auth/display", map[string]string{"secret": secret}, 401)
}
