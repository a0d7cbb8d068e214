package engineio

import (
	"net/http"
	"net/netip"
	"sync"
)

// pending counts the sessions whose client has not proved itself: see Options.PendingPerAddress.
type pending struct {
	perAddress, all int // limits; negative means none

	mu        sync.Mutex
	count     int                  // guarded by mu
	addresses map[netip.Prefix]int // guarded by mu; no entry is 0
}

// addressPrefix returns the part of an address that one client cannot easily change: an IPv4 address, or the first 64
// bits of an IPv6 address. It is invalid for a remote that is not an IP address; PendingPerAddress does not apply then.
func addressPrefix(remote string) netip.Prefix {
	ip, err := netip.ParseAddr(remote)
	if err != nil {
		withPort, err := netip.ParseAddrPort(remote)
		if err != nil {
			return netip.Prefix{}
		}
		ip = withPort.Addr()
	}
	bits := 32
	if ip = ip.Unmap(); ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.WithZone("").Prefix(bits) // bits fit the address
	return prefix
}

// acquire counts a session that is being opened. It returns 0, or the status with which to refuse the session.
func (p *pending) acquire(remote string) (refused int) {
	prefix := addressPrefix(remote)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.all >= 0 && p.count >= p.all:
		return http.StatusServiceUnavailable
	case p.perAddress >= 0 && prefix.IsValid() && p.addresses[prefix] >= p.perAddress:
		return http.StatusTooManyRequests
	}
	p.addLocked(prefix, 1)
	return 0
}

// release undoes acquire.
func (p *pending) release(remote string) { p.add(remote, -1) }

// add changes the count by n, whatever the limits.
func (p *pending) add(remote string, n int) {
	prefix := addressPrefix(remote)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addLocked(prefix, n)
}

func (p *pending) addLocked(prefix netip.Prefix, n int) {
	p.count += n
	if !prefix.IsValid() {
		return
	}
	if p.addresses[prefix] += n; p.addresses[prefix] == 0 {
		delete(p.addresses, prefix)
	}
}

// setPendingLocked sets whether the session counts as pending.
func (s *Session) setPendingLocked(yes bool) {
	if s.timers.pending == yes {
		return
	}
	s.timers.pending = yes
	n := 1
	if !yes {
		n = -1
	}
	s.srv.pending.add(s.peer.remote, n)
}

// Pending returns the number of pending sessions: see Options.PendingPerAddress.
func (s *Server) Pending() int {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	return s.pending.count
}
