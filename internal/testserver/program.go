package testserver

import (
	"os"
	"syscall"
	"testing"
)

// Program is any other program under the same guard as the servers. Its methods
// fail the test that calls them.
type Program struct {
	process *process
	ready   func() error
}

// StartProgram starts a program in a temporary directory of its own and waits
// until ready returns nil. env is added to the environment. It ends with the
// test.
func StartProgram(tb testing.TB, name string, args, env []string, ready func() error) *Program {
	tb.Helper()
	dir, err := directory(nil)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Program{process: &process{name: name, dir: dir, args: args, env: env}, ready: ready}
	tb.Cleanup(p.process.end)
	p.Start(tb)
	return p
}

// FreePort returns a port of 127.0.0.1 that is not in use.
func FreePort(tb testing.TB) int {
	tb.Helper()
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

// Start starts the program again after Kill or Stop.
func (p *Program) Start(tb testing.TB) {
	tb.Helper()
	if err := p.process.start(p.ready); err != nil {
		tb.Fatal(err)
	}
}

// Kill ends the program at once, as kill -9 does.
func (p *Program) Kill(tb testing.TB) {
	tb.Helper()
	if err := p.process.stop(syscall.SIGKILL); err != nil {
		tb.Fatal(err)
	}
}

// Stop asks the program to end and waits until it has.
func (p *Program) Stop(tb testing.TB) {
	tb.Helper()
	if err := p.process.stop(syscall.SIGTERM); err != nil {
		tb.Fatal(err)
	}
}

// Pause stops the program where it is, until Resume.
func (p *Program) Pause(tb testing.TB) {
	tb.Helper()
	if err := p.process.signal(syscall.SIGSTOP); err != nil {
		tb.Fatal(err)
	}
}

// Resume ends a Pause.
func (p *Program) Resume(tb testing.TB) {
	tb.Helper()
	if err := p.process.signal(syscall.SIGCONT); err != nil {
		tb.Fatal(err)
	}
}

// Log returns everything that the program has written; "" when it never
// started.
func (p *Program) Log() string {
	text, err := os.ReadFile(p.process.logFile())
	if err != nil {
		return ""
	}
	return string(text)
}
