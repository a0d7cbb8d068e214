package testserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"harang.dev/harang/internal/testtime"
)

func TestRedis_StartKillStart(t *testing.T) {
	s := StartRedis(t, WithPassword("s3cret"))
	s.Do(t, "SET", "a", "1")
	s.Kill(t)
	if err := s.ping(); err == nil {
		t.Fatal("a killed server answers")
	}
	s.Start(t)
	if got := s.Do(t, "EXISTS", "a"); got != ":0" {
		t.Errorf("a restarted server still holds a key: %s", got)
	}
	if want := "redis://:s3cret@" + s.Addr(); s.URL() != want {
		t.Errorf("URL %s, want %s", s.URL(), want)
	}
}

func TestPostgres_StartKillStart(t *testing.T) {
	s := StartPostgres(t)
	s.Database(t)
	s.Exec(t, "t1", "CREATE TABLE kept (id int)")
	s.Kill(t)
	if err := s.ping(); err == nil {
		t.Fatal("a killed server answers")
	}
	s.Start(t)
	s.Exec(t, "t1", "INSERT INTO kept VALUES (1)")
	s.Stop(t)
	s.Start(t)
	if a, b := s.Database(t), s.Database(t); a == b {
		t.Errorf("two databases have one address: %s", a)
	}
}

// TestGuard_EndsWithTheTest starts a second test process, kills it, and
// expects its servers to be gone.
func TestGuard_EndsWithTheTest(t *testing.T) {
	if os.Getenv("TESTSERVER_CHILD") != "" {
		s := Redis(t)
		if _, err := os.Stdout.WriteString("server " + s.process.dir + "\n"); err != nil {
			t.Fatal(err)
		}
		select {} // until killed
	}
	child := exec.Command(os.Args[0], "-test.run=^TestGuard_EndsWithTheTest$", "-test.timeout=1m")
	child.Env = append(os.Environ(), "TESTSERVER_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	buf := make([]byte, 512)
	for !strings.Contains(said.String(), "\n") {
		n, err := out.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		said.Write(buf[:n])
	}
	_, dir, _ := strings.Cut(strings.TrimSpace(said.String()), "server ")
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the child's server has no directory: %v", err)
	}
	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	testtime.Eventually(t, testtime.Limit, dir+" is removed", func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	})
}

// TestMissing: a program that is not installed is named, with the cure.
func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := startRedis()
	if err == nil || !strings.Contains(err.Error(), "run make deps") {
		t.Errorf("without Redis: %v", err)
	}
	if _, err := userCredential("nobody-has-this-name"); err == nil || !strings.Contains(err.Error(), "run make deps") {
		t.Errorf("without the user postgres: %v", err)
	}
}

// TestProgram: any program is started, paused, killed and started again, and
// one that ends at once is reported with its output.
func TestProgram(t *testing.T) {
	sign := filepath.Join(t.TempDir(), "sign")
	ready := func() error { _, err := os.Stat(sign); return err }
	p := StartProgram(t, "sleeper", []string{"/bin/sh", "-c", "echo $WORD; : >" + sign + "; exec sleep 600"},
		[]string{"WORD=hello"}, ready)
	p.Pause(t)
	p.Resume(t)
	p.Kill(t)
	p.Start(t)
	p.Stop(t)
	if err := p.process.signal(syscall.SIGCONT); err == nil {
		t.Error("a program that has ended takes a signal")
	}
	if got := p.Log(); !strings.HasPrefix(got, "hello\n") {
		t.Errorf("its log is %q", got)
	}
	failing := &process{name: "failing", dir: t.TempDir(), args: []string{"/bin/sh", "-c", "echo too bad; exit 3"}}
	err := failing.start(func() error { return os.ErrNotExist })
	if err == nil || !strings.Contains(err.Error(), "too bad") {
		t.Errorf("a program that ends at once: %v", err)
	}
	if port := FreePort(t); port < 15_000 || port > 32_000 {
		t.Errorf("port %d may be given to an outgoing connection", port)
	}
}
