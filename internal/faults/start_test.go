package faults

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang/internal/testserver"
)

// TestStart_Refused: a wrong configuration fails at start with status 2 and one
// line that names the flag, without the password.
func TestStart_Refused(t *testing.T) {
	postgres, redis := testserver.Postgres(t), testserver.Redis(t)
	locked := testserver.StartRedis(t, testserver.WithPassword("s3cret"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	newer := postgres.Database(t)
	key := filepath.Join(t.TempDir(), "signing.key")
	migrate := exec.CommandContext(t.Context(), binary, "migrate", "--database", newer, "--signing-key-file", key)
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	postgres.Exec(t, newer[strings.LastIndexByte(newer, '/')+1:strings.IndexByte(newer, '?')],
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	good := postgres.Database(t)
	sqlite := "sqlite:" + filepath.Join(t.TempDir(), "harang.db")
	for name, c := range map[string]struct {
		args     []string
		flag     string
		contains string
	}{
		"no server at the database's address": {[]string{"--database", "postgres://u:s3cret@" + nobody + "/d"},
			"--database", "refused"},
		"no such database":    {[]string{"--database", postgres.URL("absent")}, "--database", "does not exist"},
		"an unknown database": {[]string{"--database", "mysql://u:s3cret@h/d"}, "--database", "mysql"},
		"a newer schema":      {[]string{"--database", newer}, "--database", "99999"},
		"no server at Redis's address": {[]string{"--database", good, "--redis", "redis://:s3cret@" + nobody},
			"--redis", "refused"},
		"not Redis's address": {[]string{"--database", good, "--redis", "http://127.0.0.1"}, "--redis",
			"redis://"},
		"Redis's password missing": {[]string{"--database", good, "--redis", "redis://" + locked.Addr()},
			"--redis", "NOAUTH"},
		"Redis's password wrong": {[]string{"--database", good, "--redis", "redis://:wr0ng@" + locked.Addr()},
			"--redis", "WRONGPASS"},
		"SQLite with several nodes": {[]string{"--database", sqlite, "--redis", redis.URL()}, "--redis", "SQLite"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), binary, append([]string{
				"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--signing-key-file", key,
			}, c.args...)...)
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			err := cmd.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Fatalf("it ended with %v, want status 2\n%s", err, &errOut)
			}
			output := errOut.String()
			if strings.Count(output, "\n") != 1 || !strings.HasPrefix(output, "harang: "+c.flag+": ") ||
				!strings.Contains(output, c.contains) {
				t.Errorf("output\n%swant one line that begins with %s and contains %q", output, c.flag, c.contains)
			}
			if strings.Contains(output, "s3cret") || strings.Contains(output, "wr0ng") {
				t.Errorf("the password is in the output: %s", output)
			}
			if out.Len() > 0 {
				t.Errorf("it prints %q", &out)
			}
		})
	}
	if _, err := os.Stat(strings.TrimPrefix(sqlite, "sqlite:")); err == nil {
		t.Error("the refused SQLite file was created")
	}
}

// TestStart_SecretsInFiles: addresses with passwords can come from files.
func TestStart_SecretsInFiles(t *testing.T) {
	dir := t.TempDir()
	redis := testserver.StartRedis(t, testserver.WithPassword("s3cret"))
	files := map[string]string{"database": testserver.Postgres(t).Database(t), "redis": redis.URL()}
	args := []string{binary, "serve", "--admin-listen", "127.0.0.1:0", "--signing-key-file",
		filepath.Join(dir, "signing.key")}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--"+name+"-file", path)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	c := newCluster(t)
	n := &node{base: "http://" + address}
	testserver.StartProgram(t, "harang", append(args, "--listen", address), nil, func() error { return c.ready(n) })
}
