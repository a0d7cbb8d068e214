package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
)

// program is `harang serve` on a database that is thrown away. Each room is a
// tenant with one manager, and each listener is a session of theirs with a
// token of its own.
type program struct {
	command    *exec.Cmd
	folder     string
	at         netip.AddrPort
	url, admin string
	tenants    []tenant
	http       *http.Client
	posting    sync.WaitGroup
	posted     atomic.Int64
	// refused is the first answer that was not 202.
	refused atomic.Pointer[string]
}

type tenant struct {
	key    string
	tokens []string
}

func startHarang(ctx context.Context, s settings, plan scenario) (runner, error) {
	folder, err := os.MkdirTemp("", "harang-race-")
	if err != nil {
		return nil, err
	}
	p := &program{folder: folder, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: posters}}}
	database := filepath.Join(folder, "harang.db")
	if err := p.prepare(ctx, database, plan); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := p.serve(ctx, s.Harang, database); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s did not start: %w", s.Harang, err)
	}
	return p, nil
}

// prepare fills the database before the program opens it.
func (p *program) prepare(ctx context.Context, database string, plan scenario) (err error) {
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	key, err := auth.FindOrCreateKey(filepath.Join(p.folder, "signing.key"))
	if err != nil {
		return err
	}
	st, err := sqlite.Open(ctx, "sqlite:"+database, store.Options{Clock: time.Now, NewID: newID})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	service, err := auth.New(st, key, auth.Options{
		NewID:      newID,
		HashParams: argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}, // nobody logs in
	})
	if err != nil {
		return err
	}
	for i := range plan.rooms {
		id := "race-" + strconv.Itoa(i+1)
		if err := st.CreateTenant(ctx, harang.Tenant{ID: id, Name: "Race " + strconv.Itoa(i+1)}); err != nil {
			return err
		}
		admin := harang.Identity{Tenant: id, UserID: "cli:ADMIN", Name: "race", Role: harang.RoleAdmin}
		var t tenant
		if _, t.key, err = service.CreateAPIKey(ctx, admin, "race"); err != nil {
			return err
		}
		user, err := service.CreateUser(ctx, admin, auth.NewUser{
			Email: "manager@" + id + ".example", Name: "Race", Role: harang.RoleStoreManager, Password: "race-" + newID(),
		})
		if err != nil {
			return err
		}
		for range (plan.connections + plan.rooms - 1) / plan.rooms {
			token, err := service.IssueToken(ctx, id, harang.RoleStoreManager, user.ID, time.Hour)
			if err != nil {
				return err
			}
			t.tokens = append(t.tokens, token)
		}
		p.tenants = append(p.tenants, t)
	}
	return nil
}

// serve starts the program and waits until it listens.
func (p *program) serve(ctx context.Context, binary, database string) error {
	p.command = exec.CommandContext(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--database", "sqlite:"+database, "--connections-per-tenant", strconv.Itoa(roomSize+1), "--log-format", "json", "--drain-timeout", "1s")
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 5 * time.Second
	log, err := p.command.StderrPipe()
	if err != nil {
		return err
	}
	if err := p.command.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct {
			Message string `json:"msg"`
			URL     string `json:"url"`
			Admin   string `json:"admin"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Message != "listening" {
			fmt.Fprintln(os.Stderr, lines.Text())
			continue
		}
		p.url, p.admin = line.URL, line.Admin
		go func() { _, _ = io.Copy(io.Discard, log) }() // the ends of connections
		u, err := url.Parse(p.url)
		if err != nil {
			return err
		}
		p.at, err = netip.ParseAddrPort(u.Host)
		return err
	}
	return errors.New("it ended")
}

func (p *program) pid() int                { return p.command.Process.Pid }
func (p *program) address() netip.AddrPort { return p.at }

func (p *program) stop() {
	p.posting.Wait()
	if p.command != nil && p.command.Process != nil {
		_ = p.command.Process.Signal(syscall.SIGTERM)
		killer := time.AfterFunc(10*time.Second, func() { _ = p.command.Process.Kill() })
		_ = p.command.Wait() // how it ended does not matter any more
		killer.Stop()
	}
	_ = os.RemoveAll(p.folder) // in the system's temporary folder
}

var headForm = regexp.MustCompile(`"head":"([0-9a-f]{20}:m:)(\d+)"`)

func (p *program) listeners(ctx context.Context, n, replay int) ([]listener, error) {
	all := make([]listener, n)
	for i := range all {
		room := i % len(p.tenants)
		all[i] = listener{Room: room, Token: p.tenants[room].tokens[i/len(p.tenants)]}
	}
	if replay == 0 {
		return all, nil
	}
	// The past that they come back to.
	for room := range p.tenants {
		for range replay {
			if err := p.post(ctx, room, time.Now()); err != nil {
				return nil, err
			}
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	l, err := newLoad(ctx, harangProtocol, p.at)
	if err != nil {
		cancel()
		return nil, err
	}
	defer l.close()
	defer cancel()
	for room := range p.tenants {
		session, err := l.open(all[room])
		if err != nil {
			return nil, err
		}
		head := headForm.FindStringSubmatch(session)
		if head == nil {
			return nil, fmt.Errorf("no head in %.400s", session)
		}
		number, err := strconv.Atoi(head[2])
		if err != nil {
			return nil, err
		}
		for i := room; i < n; i += len(p.tenants) {
			all[i].PID = "race-" + strconv.Itoa(i)
			all[i].Offset = head[1] + strconv.Itoa(number-replay)
		}
	}
	return all, nil
}

// posters is how many applications post at the same time.
const posters = 32

func (p *program) produce(ctx context.Context, rate int) error {
	began := time.Now()
	var next atomic.Int64
	for range posters {
		p.posting.Go(func() {
			timer := time.NewTimer(0)
			defer timer.Stop()
			for {
				n := int(next.Add(1)) - 1
				due := began.Add(time.Duration(n) * time.Second / time.Duration(rate))
				timer.Reset(time.Until(due))
				select {
				case <-timer.C:
				case <-ctx.Done():
					return
				}
				if err := p.post(ctx, n%len(p.tenants), time.Now()); err != nil && ctx.Err() == nil {
					text := err.Error()
					p.refused.CompareAndSwap(nil, &text)
				}
			}
		})
	}
	return nil
}

// post sends one event to a tenant, its time of sending inside.
func (p *program) post(ctx context.Context, room int, at time.Time) error {
	sent := strconv.FormatInt(at.UnixNano(), 10)
	body := `{"specversion":"1.0","id":"` + sent + "-" + strconv.FormatInt(p.posted.Add(1), 36) +
		`","source":"/race","type":"rental_created","data":{"rentalId":"` + sent +
		`","partnerId":"alfa-epito","partnerName":"Alfa Építő és Felújító Kft.","equipmentCount":3,"totalValue":42000,"currency":"HUF"}}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/v1/events", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("Authorization", "Bearer "+p.tenants[room].key)
	answer, err := p.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("an event was answered %d: %.200s", answer.StatusCode, text)
	}
	return err
}

func (p *program) get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.admin+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

func (p *program) memory(ctx context.Context) (int64, error) {
	for range 2 { // as the other peers
		if _, err := p.get(ctx, "/debug/pprof/heap?gc=1"); err != nil {
			return 0, err
		}
	}
	text, err := p.get(ctx, "/metrics")
	return inUse(string(text)), err
}

// inUse is what heap and stacks take, of the metrics of a Go program.
func inUse(metrics string) int64 {
	var sum float64
	for line := range strings.SplitSeq(metrics, "\n") {
		name, value, _ := strings.Cut(line, " ")
		if name == "go_memstats_heap_inuse_bytes" || name == "go_memstats_stack_inuse_bytes" {
			if n, err := strconv.ParseFloat(value, 64); err == nil {
				sum += n
			}
		}
	}
	return int64(sum)
}

func (p *program) profile(ctx context.Context, seconds int, file string) func() error {
	done := make(chan error, 1)
	go func() {
		text, err := p.get(ctx, "/debug/pprof/profile?seconds="+strconv.Itoa(seconds))
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		done <- err
	}()
	return func() error { return <-done }
}
