package engineio

import "errors"

// errFlood ends a session whose client has exceeded Options.FrameRate again while the session was closing.
var errFlood = errors.New("engineio: the client exceeds FrameRate")

// meter is a token bucket for received frames. Guarded by the session's mu.
type meter struct {
	tokens float64
	at     int64 // time of the last take, nanoseconds of Server.now
}

func newMeter(o *Options, now int64) meter { return meter{tokens: float64(o.FrameBurst), at: now} }

// take removes n tokens and reports whether there were as many.
func (m *meter) take(n int, o *Options, now int64) bool {
	elapsed := float64(max(now-m.at, 0)) / 1e9
	m.tokens, m.at = min(m.tokens+elapsed*o.FrameRate, float64(o.FrameBurst)), now
	if m.tokens < float64(n) {
		return false
	}
	m.tokens -= float64(n)
	return true
}

// charge counts n received frames. A client that exceeds the limit is sent the frame of Options.RateLimited and the
// close, and its further packets are ignored. It fails when the limit is exceeded once more after that.
func (s *Session) charge(n int) error {
	o := &s.srv.opts
	if o.FrameRate <= 0 {
		return nil
	}
	s.mu.Lock()
	now := s.srv.now()
	allowed, open := s.meter.take(n, o, now), s.state == stateOpen
	transport := s.transportLocked()
	if !allowed && open {
		s.state, s.meter = stateClosing, newMeter(o, now)
	}
	s.mu.Unlock()
	switch {
	case allowed:
		return nil
	case !open:
		return errFlood
	}
	if o.Observer.RateLimited != nil {
		o.Observer.RateLimited(transport)
	}
	s.closeWithLast(transport, o.RateLimited, ReasonRateLimited)
	return nil
}
