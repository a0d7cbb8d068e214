package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
)

func TestMain(m *testing.M) {
	// Under the race detector a real hash takes a second; package auth tests the real parameters.
	auth.DefaultHashParams.Memory, auth.DefaultHashParams.Iterations = 64, 1
	testscript.Main(m, map[string]func(){"harang": main})
}

// process returns this program as a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Args = append([]string{"harang"}, args...)
	c.Dir = t.TempDir()
	return c
}

// served is a server that runs as a process of its own.
type served struct {
	*exec.Cmd
	URL, Admin string
	log        io.ReadCloser
	lines      *bufio.Scanner // of the log, after the one that says where it listens
}

// serveProcess starts a server, in a folder of its own, and returns when it listens. The
// shell command first runs before it in the same process; "" for none.
func serveProcess(t *testing.T, first string, flags ...string) *served {
	t.Helper()
	s := &served{Cmd: process(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--log-format", "json"}, flags...)...)}
	if first != "" {
		program := filepath.Join(s.Dir, "harang") // a shell names a program by its file
		if err := os.Symlink(s.Path, program); err != nil {
			t.Fatal(err)
		}
		s.Path, s.Args = "/bin/sh", append([]string{"sh", "-c", first + ` && exec "$0" "$@"`, program}, s.Args[1:]...)
	}
	var err error
	if s.log, err = s.StderrPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.Process.Kill(), s.Wait() })
	s.lines = bufio.NewScanner(s.log)
	var listening struct{ URL, Admin string }
	for listening.URL == "" && s.lines.Scan() {
		_ = json.Unmarshal(s.lines.Bytes(), &listening)
	}
	s.URL, s.Admin = listening.URL, listening.Admin
	return s
}

// count sends how many further lines of the log have a text, when the log has ended.
func (s *served) count(text string) <-chan int {
	counted := make(chan int, 1)
	go func() {
		n := 0
		for s.lines.Scan() {
			if strings.Contains(s.lines.Text(), text) {
				n++
			}
		}
		counted <- n
	}()
	return counted
}

// TestCommand_Interrupted: a signal ends a command that waits for its input.
func TestCommand_Interrupted(t *testing.T) {
	c := process(t, "emit", "--key-file", "key", "--type", "stock_alert", "--data", "@-")
	if err := os.WriteFile(filepath.Join(c.Dir, "key"), []byte("hk_x"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	c.Stderr = &output
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// More than a pipe holds: the program is reading, so it catches signals by now.
	if _, err := in.Write(make([]byte, 256<<10)); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = c.Wait()
	if c.ProcessState.ExitCode() != cli.ExitFailed || output.String() != "harang: interrupted before it was done\n" {
		t.Errorf("%v: %q", err, output.String())
	}
}

// TestServe_LogReaderGone: the server continues when the reader of the log has gone.
func TestServe_LogReaderGone(t *testing.T) {
	c := serveProcess(t, "", "--log-level", "DEBUG")
	if err := c.log.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // each is a line of the log
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", answer, err)
		}
		_ = answer.Body.Close()
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// TestScripts runs the command line. Besides testscript's own commands there are
// "status N COMMAND…", which requires that exit status, "try COMMAND…", which
// requires none, and "mode M FILE".
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: status N COMMAND…")
				}
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				err = ts.Exec(args[1], args[2:]...)
				got := 0
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					got = exit.ExitCode()
				} else {
					ts.Check(err)
				}
				if got != want {
					ts.Fatalf("exit status %d, want %d", got, want)
				}
			},
			// Doctor reports a page that is not built, which is no fault in this test.
			"try": func(ts *testscript.TestScript, _ bool, args []string) { _ = ts.Exec(args[0], args[1:]...) },
			"mode": func(ts *testscript.TestScript, neg bool, args []string) {
				info, err := os.Stat(ts.MkAbs(args[1]))
				ts.Check(err)
				if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[0] || neg {
					ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
				}
			},
		},
	})
}
