package store

// Waiting returns how many transactions wait for the turn.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	n := 0
	for _, waiting := range s.queue.waiting {
		n += len(waiting)
	}
	return n
}

// The keys by which lists are ordered and searched.
var (
	SortKey      = sortKey
	SearchKey    = searchKey
	LikePatterns = likePatterns
)
