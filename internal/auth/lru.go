package auth

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// lru is a map of bounded size for concurrent use that drops the least recently used entry. It has no goroutine and
// reads no clock: entries that age carry a time of the service's clock.
type lru[K comparable, V any] struct {
	// mu guards entries.
	mu      sync.Mutex
	entries *simplelru.LRU[K, V]
}

func newLRU[K comparable, V any](size int) *lru[K, V] {
	entries, err := simplelru.NewLRU[K, V](size, nil)
	if err != nil {
		panic(err) // size is a constant above 0
	}
	return &lru[K, V]{entries: entries}
}

func (c *lru[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries.Get(key)
}

func (c *lru[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Add(key, value)
}

// putUnless puts the value unless keep reports true for the present one.
func (c *lru[K, V]) putUnless(keep func(V) bool, key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if present, ok := c.entries.Get(key); ok && keep(present) {
		return
	}
	c.entries.Add(key, value)
}

// getOrPut returns the present value, or puts and returns that of make.
func (c *lru[K, V]) getOrPut(key K, make func() V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.entries.Get(key)
	if !ok {
		value = make()
		c.entries.Add(key, value)
	}
	return value
}

func (c *lru[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries.Len()
}
