//go:build race

package httpapi_test

// raceFactor: under the race detector a sync.Pool forgets part of what it is given, so
// more is allocated.
const raceFactor = 4
