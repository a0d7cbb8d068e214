package store

// Waiting returns how many transactions wait for the turn.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting)
}

// The keys by which lists are ordered and searched.
var (
	SortKey      = sortKey
	SearchKey    = searchKey
	LikePatterns = likePatterns
)
