package loadtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// killAfter is how long Stop waits for a server to end by itself.
const killAfter = 10 * time.Second

// ServerOptions describe a server to start.
type ServerOptions struct {
	// Binary is the program, Database its --database.
	Binary, Database     string
	ConnectionsPerTenant int
	DrainTimeout         time.Duration
	// SigningKeyFile and Redis are needed with PostgreSQL; empty with SQLite.
	SigningKeyFile, Redis string
	// Log gets the server's log, nil discards what follows its start.
	Log io.Writer
}

// Server is `harang serve` in a process of its own, on free ports of 127.0.0.1.
type Server struct {
	URL, AdminURL string

	command *exec.Cmd
}

// StartServer starts a server and returns when it listens. It ends with ctx or
// by Stop.
func StartServer(ctx context.Context, o ServerOptions) (*Server, error) {
	args := []string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--database", o.Database, "--connections-per-tenant", strconv.Itoa(o.ConnectionsPerTenant),
		"--log-format", "json", "--drain-timeout", o.DrainTimeout.String()}
	if o.SigningKeyFile != "" {
		args = append(args, "--signing-key-file", o.SigningKeyFile)
	}
	if o.Redis != "" {
		args = append(args, "--redis", o.Redis)
	}
	command := exec.CommandContext(ctx, o.Binary, args...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = killAfter
	log, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &Server{command: command}
	output := o.Log
	if output == nil {
		output = io.Discard
	}
	lines := bufio.NewScanner(log)
	var last string
	for lines.Scan() {
		var line struct {
			Message string `json:"msg"`
			URL     string `json:"url"`
			Admin   string `json:"admin"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "listening" {
			s.URL, s.AdminURL = line.URL, line.Admin
			go func() { _, _ = io.Copy(output, log) }() // ends with the process
			return s, nil
		}
		last = lines.Text()
		fmt.Fprintln(output, last)
	}
	s.Stop()
	return nil, fmt.Errorf("%s did not start: %w", o.Binary, errors.New(last))
}

// PID is the process's id.
func (s *Server) PID() int { return s.command.Process.Pid }

// Stop ends the server and waits until it has ended. After ten seconds it is
// killed.
func (s *Server) Stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM) // it may have ended
	killer := time.AfterFunc(killAfter, func() { _ = s.command.Process.Kill() })
	defer killer.Stop()
	_ = s.command.Wait() // how it ended is of no interest
}
