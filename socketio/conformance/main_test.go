package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Run("SocketIO", func(t *testing.T) { run(t, false) })
	t.Run("EngineOnly", func(t *testing.T) { run(t, true) })
}

// timings are those of the servers that the suite uses, so that a client on a slow machine
// is late for none of them, unless its test is about that.
var timings = map[string]timing{
	"PROMPT":   prompt,
	"PINGING":  {prompt.pingInterval, time.Minute, time.Minute},
	"PATIENT":  {time.Minute, time.Minute, time.Minute},
	"ONE_WAIT": {time.Minute, time.Minute, prompt.connect},
}

// run starts the servers on free ports and runs the suite in Node.js.
func run(t *testing.T, engineOnly bool) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node not found: the conformance tests need Node.js 20 or later; run `make test`")
	}
	const dir = "../interop"
	if _, err := os.Stat("../../node_modules/ws"); err != nil {
		if _, err := os.Stat(filepath.Join(dir, "node_modules/ws")); err != nil {
			t.Fatal("node_modules/ws not found: run `make test` (or `npm ci`) at the root of the repository")
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	env := os.Environ()
	for name, waits := range timings {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, "HARANG_INTEROP_"+name+"=http://"+listener.Addr().String())
		done := make(chan error, 1)
		go func() { done <- serve(ctx, listener, engineOnly, waits) }()
		defer func() {
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}()
	}
	limit, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(limit, node,
		"--test", "--test-force-exit", "--test-reporter=spec", "conformance.test.mjs")
	cmd.Dir = dir
	if engineOnly {
		env = append(env, "HARANG_INTEROP_ENGINE_ONLY=1")
	}
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
