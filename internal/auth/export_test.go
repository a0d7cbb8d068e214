package auth

// LimitSessions replaces how many sessions a user has at most and returns the number before.
func (s *Service) LimitSessions(most int) int {
	before := s.maxSessions
	s.maxSessions = most
	return before
}
