//go:build !race

package httpapi_test

// raceFactor is how much more a race detector allocates.
const raceFactor = 1
