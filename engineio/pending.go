package engineio

import (
	"net/http"
	"net/netip"
	"sync"
)

// pending counts the sessions that have a time to end, because their client has yet to
// prove itself: see Options.PendingPerAddress.
type pending struct {
	perAddress, all int // limits; negative is none

	mu    sync.Mutex
	count int                  // guarded by mu
	hosts map[netip.Prefix]int // guarded by mu; no entry is 0
}

// hostOf is what one client can hardly change: an IPv4 address, or the first 64 bits of
// an IPv6 one. It is zero for what is no address, of which clients are not told apart.
func hostOf(remote string) netip.Prefix {
	ip, err := netip.ParseAddr(remote)
	if err != nil {
		both, err := netip.ParseAddrPort(remote)
		if err != nil {
			return netip.Prefix{}
		}
		ip = both.Addr()
	}
	bits := 32
	if ip = ip.Unmap(); ip.Is6() {
		bits = 64
	}
	host, _ := ip.WithZone("").Prefix(bits) // the bits are there
	return host
}

// begin counts a session that wants to begin. It answers 0, or the status to refuse it
// with.
func (p *pending) begin(remote string) (refused int) {
	host := hostOf(remote)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.all >= 0 && p.count >= p.all:
		return http.StatusServiceUnavailable
	case p.perAddress >= 0 && host.IsValid() && p.hosts[host] >= p.perAddress:
		return http.StatusTooManyRequests
	}
	p.addLocked(host, 1)
	return 0
}

// add counts a session that began before, or no longer.
func (p *pending) add(remote string, n int) {
	host := hostOf(remote)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addLocked(host, n)
}

func (p *pending) addLocked(host netip.Prefix, n int) {
	p.count += n
	if !host.IsValid() {
		return
	}
	if p.hosts[host] += n; p.hosts[host] == 0 {
		delete(p.hosts, host)
	}
}

// setPendingLocked counts the session as pending, or no longer.
func (s *Session) setPendingLocked(yes bool) {
	if s.pending == yes {
		return
	}
	s.pending = yes
	n := 1
	if !yes {
		n = -1
	}
	s.srv.pending.add(s.remote, n)
}

// Pending is the number of sessions that have a time to end: see
// Options.PendingPerAddress.
func (s *Server) Pending() int {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	return s.pending.count
}
