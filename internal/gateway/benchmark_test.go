package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/sioclient"
)

// openMany opens n connections in each of the tenants. The caller must read them.
func openMany(b *testing.B, env *testEnv, tenants, n int) []*sioclient.Client {
	b.Helper()
	var clients []*sioclient.Client
	for i := range tenants {
		tenant := fmt.Sprintf("shop-%d", i)
		env.must(env.store.CreateTenant(b.Context(), harang.Tenant{ID: tenant, Name: tenant}))
		token, err := env.auth.IssueToken(b.Context(), tenant, harang.RoleOperator, "", time.Hour)
		env.must(err)
		for range n {
			c, err := sioclient.Dial(b.Context(), env.url)
			env.must(err)
			b.Cleanup(func() { _ = c.Conn().Close() })
			env.must(c.Connect(b.Context(), gateway.Namespace, handshake{Token: token}))
			_, err = c.Next(b.Context())
			env.must(err)
			clients = append(clients, c)
		}
	}
	return clients
}

// BenchmarkFanout commits 400 events a second to 50 listeners each, 2,000
// connections in all, clients in the same process. It reports the time from the
// beginning of the transaction until a client has the event, and the CPU of the
// process, clients included.
func BenchmarkFanout(b *testing.B) {
	const tenants, listeners, rate = 40, 50, 400
	env := open(b)
	clients := openMany(b, env, tenants, listeners)
	began := make([]time.Time, b.N)
	took := make([][]time.Duration, len(clients))
	var readers sync.WaitGroup
	mark := []byte(`"productId":"product-`)
	for i, c := range clients {
		tenant := i / listeners
		expected := (b.N - tenant + tenants - 1) / tenants
		readers.Go(func() {
			for range expected {
				_, body, err := c.NextPacket(context.Background())
				if err != nil {
					b.Error(err)
					return
				}
				now := time.Now()
				at := bytes.Index(body, mark) + len(mark)
				n, err := strconv.Atoi(string(body[at : at+bytes.IndexByte(body[at:], '"')]))
				if err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], now.Sub(began[n]))
			}
		})
	}
	b.ResetTimer()
	cpu := cpuTime()
	start, due := time.Now(), time.NewTimer(0)
	for i := range b.N {
		due.Reset(time.Until(start.Add(time.Duration(i) * time.Second / rate)))
		<-due.C
		began[i] = time.Now()
		env.append(fmt.Sprintf("shop-%d", i%tenants), harang.StockAlertType, payloadOf(harang.StockAlertType, i))
	}
	readers.Wait()
	cpu = cpuTime() - cpu
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	at := func(q float64) float64 { return all[int(q*float64(len(all)-1))].Seconds() * 1000 }
	b.ReportMetric(at(.5), "ms/p50")
	b.ReportMetric(at(.99), "ms/p99")
	b.ReportMetric(at(1), "ms/max")
	b.ReportMetric(float64(cpu.Microseconds())/float64(len(all)), "µs-cpu/delivery")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkIdle opens 2,000 connections and reports the memory of the process per connection, clients included. With
// HARANG_HEAP_PROFILE it writes a heap profile, which shows the memory of each package.
func BenchmarkIdle(b *testing.B) {
	env := open(b)
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		clients := openMany(b, env, 40, 50)
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		grown := after.HeapAlloc - before.HeapAlloc + after.StackInuse - before.StackInuse
		b.ReportMetric(float64(grown)/float64(len(clients)), "B/connection")
		if path := os.Getenv("HARANG_HEAP_PROFILE"); path != "" {
			f, err := os.Create(path)
			env.must(err)
			env.must(pprof.Lookup("heap").WriteTo(f, 0))
			env.must(f.Close())
		}
	}
}

// BenchmarkReturn reconnects a client that has missed 50 events: token verified, seat taken over, 50 replayed. It
// reports the CPU of the process, client included.
func BenchmarkReturn(b *testing.B) {
	env := open(b)
	token := env.token("budapest", harang.RoleOperator)
	keeper := env.connect(handshake{Token: token})
	at := keeper.offset
	env.commit("budapest", harang.StockAlertType, 50)
	cpu := cpuTime()
	for b.Loop() {
		c, err := sioclient.Dial(b.Context(), env.url)
		env.must(err)
		env.must(c.Connect(b.Context(), gateway.Namespace, handshake{Token: token, PID: "came-back", Offset: at}))
		for range 51 {
			_, _, err := c.NextPacket(b.Context())
			env.must(err)
		}
		env.must(c.Close())
	}
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(b.N), "µs-cpu/return")
}
