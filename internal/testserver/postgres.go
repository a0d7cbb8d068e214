package testserver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresServer is a running PostgreSQL. Its methods fail the test that calls
// them.
type PostgresServer struct {
	process  *process
	port     int
	database atomic.Int64
}

var sharedPostgres shared[*PostgresServer]

// Postgres returns the PostgreSQL that the test process shares.
func Postgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	return sharedPostgres.get(tb, func() (*PostgresServer, error) { return startPostgres() })
}

// StartPostgres starts a PostgreSQL for this test alone, with these settings
// ("name=value"); it ends with the test.
func StartPostgres(tb testing.TB, settings ...string) *PostgresServer {
	tb.Helper()
	s, err := startPostgres(settings...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.process.end)
	return s
}

// OpenPostgres starts a PostgreSQL for a program that is no test, such as a
// benchmark. Close ends it, as does the end of the program.
func OpenPostgres(settings ...string) (*PostgresServer, error) { return startPostgres(settings...) }

// Close ends the server and removes its data.
func (s *PostgresServer) Close() { s.process.end() }

// PID is the process id of the postmaster, the parent of all other processes.
func (s *PostgresServer) PID() int { return s.process.id() }

func startPostgres(settings ...string) (*PostgresServer, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	var cred *syscall.Credential
	if os.Getuid() == 0 {
		if cred, err = userCredential("postgres"); err != nil {
			return nil, err
		}
	}
	for try := 0; ; try++ {
		s, err := launchPostgres(bin, cred, settings)
		if err == nil || try == 4 {
			return s, err
		}
	}
}

func launchPostgres(bin string, cred *syscall.Credential, settings []string) (*PostgresServer, error) {
	dir, err := directory(cred)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	//nolint:noctx // it ends by itself
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=hu", "--no-sync", "--no-instructions")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := initdb.CombinedOutput(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &PostgresServer{port: port, process: &process{name: "PostgreSQL", dir: dir, cred: cred, args: []string{
		filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-k", dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB",
		"-c", "log_min_messages=fatal",
	}}}
	for _, setting := range settings { // the last one of a name counts
		s.process.args = append(s.process.args, "-c", setting)
	}
	if err := s.process.start(s.ping); err != nil {
		s.process.end()
		return nil, err
	}
	return s, nil
}

func (s *PostgresServer) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// URL returns the address of one database of the server.
func (s *PostgresServer) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User("postgres"), Host: "127.0.0.1:" + strconv.Itoa(s.port),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Database makes an empty database and returns its address. It is dropped with
// the server.
func (s *PostgresServer) Database(tb testing.TB) string {
	tb.Helper()
	name := "t" + strconv.FormatInt(s.database.Add(1), 10)
	s.Exec(tb, "postgres", "CREATE DATABASE "+name)
	return s.URL(name)
}

// Copy makes a database that has what another one has, and returns its address. Nobody
// may be connected to the other one.
func (s *PostgresServer) Copy(tb testing.TB, of string) string {
	tb.Helper()
	config, err := pgx.ParseConfig(of)
	if err != nil {
		tb.Fatal(err)
	}
	name := "t" + strconv.FormatInt(s.database.Add(1), 10)
	s.Exec(tb, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+config.Database)
	return s.URL(name)
}

// Exec runs a statement in one database of the server.
func (s *PostgresServer) Exec(tb testing.TB, database, statement string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// Kill ends every process of the server at once, as a crash does.
func (s *PostgresServer) Kill(tb testing.TB) {
	tb.Helper()
	// SIGQUIT ends the children too and leaves recovery for the next start.
	s.stop(tb, syscall.SIGQUIT)
}

// Stop ends the server and cuts its clients.
func (s *PostgresServer) Stop(tb testing.TB) {
	tb.Helper()
	s.stop(tb, syscall.SIGINT)
}

func (s *PostgresServer) stop(tb testing.TB, sig syscall.Signal) {
	tb.Helper()
	if err := s.process.stop(sig); err != nil {
		tb.Fatal(err)
	}
}

// Start starts a stopped server again, on the same port and data.
func (s *PostgresServer) Start(tb testing.TB) {
	tb.Helper()
	if err := s.process.start(s.ping); err != nil {
		tb.Fatal(err)
	}
}

// postgresBin finds the folder with PostgreSQL's programs, the newest version
// first.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int {
		version := func(p string) int {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p))))
			return n
		}
		return version(b) - version(a)
	})
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errors.New("PostgreSQL is not installed: run make deps")
}

func userCredential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and there is no user %s: run make deps", name)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
