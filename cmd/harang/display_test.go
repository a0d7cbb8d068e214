package main

import (
	"bytes"
	"strings"
	"testing"

	"harang.dev/harang/internal/cli"
)

// TestDisplay_CommandLine: a display is added, opened, listed and revoked beside a running server.
func TestDisplay_CommandLine(t *testing.T) {
	s := newServer(t, "sqlite:"+t.TempDir()+"/harang.db", withDemo)
	add := func(args ...string) string {
		t.Helper()
		return s.command(append([]string{"display", "add", "--tenant", "budapest", "--name", "Bejárat"}, args...)...)
	}
	if link := add(); !strings.HasPrefix(link, "http://127.0.0.1:8080/counter#d=hd_") || strings.Contains(link, "\n") {
		t.Errorf("%q", link)
	}
	link := add("--public-url", "https://Harang.Example.com/", "--location", "vaci-ut")
	_, secret, ok := strings.Cut(link, "https://harang.example.com/counter#d=")
	if !ok {
		t.Fatalf("%q", link)
	}
	status, screen := s.call("", "POST", "/api/v1/auth/display", `{"secret":"`+secret+`"}`)
	token, _ := screen["accessToken"].(string)
	if status != 200 {
		t.Fatalf("%d %v", status, screen)
	}
	c := s.connect(token)
	admin := s.login("admin@budapest.demo")
	_, list := s.call(admin, "GET", "/api/v1/admin/displays", "")
	items, _ := list["items"].([]any)
	if len(items) != 2 || items[0].(map[string]any)["connected"] != false ||
		items[1].(map[string]any)["connected"] != true || items[1].(map[string]any)["locationId"] != "vaci-ut" {
		t.Errorf("%v", list)
	}
	table := strings.Split(s.command("display", "list", "--tenant", "budapest"), "\n")
	if len(table) != 3 || !strings.Contains(table[1], "never") || !strings.Contains(table[2], "vaci-ut") ||
		strings.Contains(strings.Join(table, ""), secret) {
		t.Fatalf("%q", table)
	}
	s.command("display", "revoke", strings.Fields(table[2])[0])
	if e := s.next(c); e.Name != "goodbye" || !strings.Contains(string(e.Args[0]), "LOGGED_OUT") {
		t.Errorf("%s %s", e.Name, e.Args)
	}
	if status, _ := s.call(token, "GET", "/api/v1/counter", ""); status != 401 {
		t.Errorf("the token of a revoked display: %d", status)
	}

	for want, args := range map[string][]string{
		"--location":   {"display", "add", "--tenant", "budapest", "--name", "Bejárat", "--location", "unknown"},
		"--name":       {"display", "add", "--tenant", "budapest", "--name", " "},
		"--tenant":     {"display", "add", "--tenant", "unknown", "--name", "Bejárat"},
		"--public-url": {"display", "add", "--tenant", "budapest", "--name", "B", "--public-url", "harang.example.com"},
		"display list": {"display", "revoke", "unknown"},
	} {
		var out, errOut bytes.Buffer
		status := run(append(args, "--database", s.database), strings.NewReader(""), &out, &errOut)
		if status != cli.ExitUsage || !strings.Contains(errOut.String(), want) || out.Len() > 0 {
			t.Errorf("%v: %d %q %q", args, status, out.String(), errOut.String())
		}
	}
}
