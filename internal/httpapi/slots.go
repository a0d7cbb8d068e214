package httpapi

import "sync"

// slots bound how many calls of a kind a node carries out at once, and how many of one
// tenant.
type slots struct {
	most, mostOfTenant int

	mu      sync.Mutex
	running map[string]int // by tenant
	all     int
}

func newSlots(most, mostOfTenant int) *slots {
	return &slots{most: most, mostOfTenant: mostOfTenant, running: map[string]int{}}
}

// acquire takes a slot that release gives back, however often it is called. ok is false when
// there is none.
func (s *slots) acquire(tenant string) (release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[tenant] >= s.mostOfTenant || s.all >= s.most {
		return nil, false
	}
	s.running[tenant]++
	s.all++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.running[tenant]--; s.running[tenant] == 0 {
			delete(s.running, tenant)
		}
	}), true
}
