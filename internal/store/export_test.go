package store

// Waiting is how many transactions wait for the turn.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting)
}

// The keys that lists are ordered and searched by.
var (
	SortKey      = sortKey
	SearchKey    = searchKey
	LikePatterns = likePatterns
)
