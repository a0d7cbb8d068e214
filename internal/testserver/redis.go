package testserver

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// RedisServer is a running Redis (or Valkey). It keeps nothing on disk, so a
// restart finds it empty. Its methods fail the test that calls them.
type RedisServer struct {
	process  *process
	port     int
	password string
	scheme   string
}

// RedisOption changes how a Redis is started.
type RedisOption func(*redisConfig)

type redisConfig struct {
	password  string
	cert, key string
	cluster   bool
}

// WithPassword has the server ask for a password.
func WithPassword(password string) RedisOption {
	return func(c *redisConfig) { c.password = password }
}

// WithTLS has the server speak TLS only, with this certificate and key.
func WithTLS(certFile, keyFile string) RedisOption {
	return func(c *redisConfig) { c.cert, c.key = certFile, keyFile }
}

// WithCluster has the server be a Redis Cluster of one node, which refuses
// commands whose keys do not belong together.
func WithCluster() RedisOption {
	return func(c *redisConfig) { c.cluster = true }
}

var sharedRedis shared[*RedisServer]

// Redis returns the Redis that the test process shares. Tests keep apart by
// their keys.
func Redis(tb testing.TB) *RedisServer {
	tb.Helper()
	return sharedRedis.get(tb, func() (*RedisServer, error) { return startRedis() })
}

// StartRedis starts a Redis for this test alone; it ends with the test.
func StartRedis(tb testing.TB, options ...RedisOption) *RedisServer {
	tb.Helper()
	s, err := startRedis(options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.process.end)
	return s
}

// OpenRedis starts a Redis for a program that is no test, such as a benchmark.
// Close ends it, as does the end of the program.
func OpenRedis(options ...RedisOption) (*RedisServer, error) { return startRedis(options...) }

// Close ends the server.
func (s *RedisServer) Close() { s.process.end() }

// PID is the server's process id.
func (s *RedisServer) PID() int { return s.process.id() }

func startRedis(options ...RedisOption) (*RedisServer, error) {
	var c redisConfig
	for _, o := range options {
		o(&c)
	}
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		if bin, err = exec.LookPath("valkey-server"); err != nil {
			return nil, errors.New("Redis is not installed: run make deps")
		}
	}
	for try := 0; ; try++ {
		s, err := launchRedis(bin, c)
		if err == nil || try == 4 {
			return s, err
		}
	}
}

func launchRedis(bin string, c redisConfig) (*RedisServer, error) {
	dir, err := directory(nil)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := []string{bin, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--daemonize", "no",
		"--loglevel", "warning"}
	if c.cluster {
		args = append(args, "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1", "--cluster-port",
			strconv.Itoa(port+10_000))
	}
	scheme := "redis"
	if c.cert != "" {
		scheme = "rediss"
		args = append(args, "--port", "0", "--tls-port", strconv.Itoa(port), "--tls-cert-file", c.cert,
			"--tls-key-file", c.key, "--tls-ca-cert-file", c.cert, "--tls-auth-clients", "no")
	} else {
		args = append(args, "--port", strconv.Itoa(port))
	}
	if c.password != "" {
		args = append(args, "--requirepass", c.password)
	}
	s := &RedisServer{port: port, password: c.password, scheme: scheme,
		process: &process{name: "Redis", dir: dir, args: args}}
	if err := s.process.start(s.ping); err != nil {
		s.process.end()
		return nil, err
	}
	if c.cluster {
		if err := s.join(); err != nil {
			s.process.end()
			return nil, err
		}
	}
	return s, nil
}

// join gives the one node of a cluster all slots and waits until it serves.
func (s *RedisServer) join() error {
	answer, err := s.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	if err != nil || answer != "+OK" {
		return fmt.Errorf("CLUSTER ADDSLOTSRANGE: %s %w", answer, err)
	}
	if !testtime.Within(startLimit, func() bool {
		answer, err = s.command("EXISTS", "x")
		return err != nil || answer == ":0"
	}) || err != nil {
		return fmt.Errorf("the cluster does not serve: %s %w", answer, err)
	}
	return nil
}

// ping asks the server whether it serves; over TLS an open port has to do.
func (s *RedisServer) ping() error {
	if s.scheme == "rediss" {
		conn, err := net.DialTimeout("tcp", s.Addr(), time.Second) //nolint:noctx // a second at most
		if err != nil {
			return err
		}
		return conn.Close()
	}
	answer, err := s.command("PING")
	if err != nil {
		return err
	}
	if answer != "+PONG" {
		return errors.New(answer)
	}
	return nil
}

// command sends one command past the program and returns the first line of the
// answer.
func (s *RedisServer) command(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second) //nolint:noctx // a second at most
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(startLimit)); err != nil {
		return "", err
	}
	reader := bufio.NewReader(conn)
	if s.password != "" {
		if answer, err := exchange(conn, reader, "AUTH", s.password); err != nil || answer != "+OK" {
			return answer, errors.Join(err, errors.New("AUTH was refused"))
		}
	}
	return exchange(conn, reader, args...)
}

func exchange(conn net.Conn, reader *bufio.Reader, args ...string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := conn.Write([]byte(b.String())); err != nil {
		return "", err
	}
	line, err := reader.ReadString('\n')
	return strings.TrimSpace(line), err
}

// Addr is host and port.
func (s *RedisServer) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL returns the server's address, password included.
func (s *RedisServer) URL() string {
	auth := ""
	if s.password != "" {
		auth = ":" + s.password + "@"
	}
	return s.scheme + "://" + auth + s.Addr()
}

// Do sends one command past the program; an error answer fails the test. It
// returns the first line of the answer.
func (s *RedisServer) Do(tb testing.TB, args ...string) string {
	tb.Helper()
	answer, err := s.command(args...)
	if err != nil {
		tb.Fatalf("%s: %v", args[0], err)
	}
	if strings.HasPrefix(answer, "-") {
		tb.Fatalf("%s: %s", args[0], answer)
	}
	return answer
}

// Kill ends the server at once.
func (s *RedisServer) Kill(tb testing.TB) {
	tb.Helper()
	if err := s.process.stop(syscall.SIGKILL); err != nil {
		tb.Fatal(err)
	}
}

// Start starts a killed server again on the same port, empty.
func (s *RedisServer) Start(tb testing.TB) {
	tb.Helper()
	if err := s.process.start(s.ping); err != nil {
		tb.Fatal(err)
	}
}

// Pause stops the server from answering, as a stalled machine does, until
// Resume.
func (s *RedisServer) Pause(tb testing.TB) {
	tb.Helper()
	if err := s.process.signal(syscall.SIGSTOP); err != nil {
		tb.Fatal(err)
	}
}

// Resume ends a Pause.
func (s *RedisServer) Resume(tb testing.TB) {
	tb.Helper()
	if err := s.process.signal(syscall.SIGCONT); err != nil {
		tb.Fatal(err)
	}
}
