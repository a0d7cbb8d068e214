package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/loadtest"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/postgres"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/testserver"
)

// program is `harang serve` on a temporary database. Each room is a
// tenant with one manager, and each listener is a session of theirs with a
// token of its own.
type program struct {
	// server is the node of the listeners; publisher takes the events, and is another node when there are two.
	server, publisher *loadtest.Server
	postgres          *testserver.PostgresServer // nil with SQLite
	redis             *testserver.RedisServer    // nil with SQLite
	folder            string
	at                netip.AddrPort
	tenants           []tenant
	poster            *loadtest.Poster
	posting           sync.WaitGroup
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
	p := &program{folder: folder}
	options := loadtest.ServerOptions{
		Binary: s.Harang, Database: "sqlite:" + filepath.Join(folder, "harang.db"),
		ConnectionsPerTenant: roomSize + 1, DrainTimeout: time.Second,
	}
	st, err := sqlite.Open(ctx, options.Database, p.storeOptions())
	if err == nil {
		err = p.prepare(ctx, st, plan)
	}
	if err == nil {
		p.server, err = loadtest.StartServer(ctx, options)
	}
	if err == nil {
		p.publisher = p.server
		err = p.ready()
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// startHarangCluster starts two nodes on PostgreSQL and Redis. A commit is
// flushed to the disk, as in production.
func startHarangCluster(ctx context.Context, s settings, plan scenario) (p *program, err error) {
	p = &program{}
	defer func() {
		if err != nil {
			p.stop()
			p = nil
		}
	}()
	if p.folder, err = os.MkdirTemp("", "harang-race-"); err != nil {
		return p, err
	}
	if p.postgres, err = testserver.OpenPostgres("fsync=on"); err != nil {
		return p, err
	}
	if p.redis, err = testserver.OpenRedis(); err != nil {
		return p, err
	}
	options := loadtest.ServerOptions{
		Binary: s.Harang, Database: p.postgres.URL("postgres"), Redis: p.redis.URL(),
		SigningKeyFile: p.keyFile(), ConnectionsPerTenant: roomSize + 1, DrainTimeout: time.Second,
	}
	st, err := postgres.Open(ctx, options.Database, p.storeOptions())
	if err == nil {
		err = p.prepare(ctx, st, plan)
	}
	if err == nil {
		p.server, err = loadtest.StartServer(ctx, options)
	}
	if err == nil {
		p.publisher, err = loadtest.StartServer(ctx, options)
	}
	if err == nil {
		err = p.ready()
	}
	return p, err
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (p *program) storeOptions() store.Options { return store.Options{Clock: time.Now, NewID: newID} }

func (p *program) keyFile() string { return filepath.Join(p.folder, "signing.key") }

// prepare fills the database before the program opens it, and closes it.
func (p *program) prepare(ctx context.Context, st *store.Store, plan scenario) (err error) {
	defer func() { err = errors.Join(err, st.Close()) }()
	key, err := auth.FindOrCreateKey(p.keyFile())
	if err != nil {
		return err
	}
	service, err := auth.New(st, key, auth.Options{
		NewID: newID,
		// no login
		HashParams: argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
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
		if _, t.key, err = service.CreateAPIKey(ctx, admin, auth.NewAPIKey{Name: "race"}); err != nil {
			return err
		}
		user, err := service.CreateUser(ctx, admin, auth.NewUser{
			Email: "manager@" + id + ".example", Name: "Race", Role: harang.RoleStoreManager,
			Password: "race-" + newID(),
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

// ready notes the addresses of what was started.
func (p *program) ready() error {
	u, err := url.Parse(p.server.URL)
	if err != nil {
		return err
	}
	p.at, err = netip.ParseAddrPort(u.Host)
	p.poster = loadtest.NewPoster(p.publisher.URL, posters)
	return err
}

func (p *program) pid() int                { return p.server.PID() }
func (p *program) address() netip.AddrPort { return p.at }

func (p *program) others() []part {
	var all []part
	if p.publisher != p.server {
		all = append(all, processPart("publishing node", p.publisher.PID()))
	}
	if p.postgres != nil {
		pid := p.postgres.PID()
		all = append(all, part{"PostgreSQL", func() (time.Duration, error) { return cpuOfTree(pid) }})
	}
	if p.redis != nil {
		all = append(all, processPart("Redis", p.redis.PID()))
	}
	return all
}

func (p *program) stop() {
	p.posting.Wait()
	if p.publisher != nil && p.publisher != p.server {
		p.publisher.Stop()
	}
	if p.server != nil {
		p.server.Stop()
	}
	if p.postgres != nil {
		p.postgres.Close()
	}
	if p.redis != nil {
		p.redis.Close()
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
	// The events to replay.
	for room := range p.tenants {
		for range replay {
			if err := p.post(ctx, room); err != nil {
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
	p.posting.Go(func() {
		loadtest.Pace(ctx, rate, 0, posters, func(_, n int) {
			if err := p.post(ctx, n%len(p.tenants)); err != nil && ctx.Err() == nil {
				text := err.Error()
				p.refused.CompareAndSwap(nil, &text)
			}
		})
	})
	return nil
}

// post sends one event to a tenant, its time of sending inside.
func (p *program) post(ctx context.Context, room int) error {
	return p.poster.Post(ctx, p.tenants[room].key, time.Now())
}

func (p *program) memory(ctx context.Context) (int64, error) {
	if _, err := loadtest.ReadGauges(ctx, p.server.AdminURL); err != nil { // two collections, as the other peers
		return 0, err
	}
	gauges, err := loadtest.ReadGauges(ctx, p.server.AdminURL)
	return gauges.InUse, err
}

func (p *program) profile(ctx context.Context, seconds int, file string) func() error {
	done := make(chan error, 1)
	go func() {
		text, err := loadtest.Get(ctx, p.server.AdminURL+"/debug/pprof/profile?seconds="+strconv.Itoa(seconds))
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		done <- err
	}()
	return func() error { return <-done }
}
