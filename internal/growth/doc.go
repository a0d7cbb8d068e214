// Package growth shows how the cost of the program grows with what it has to do:
// connections, listeners of one feed, tenants, and the events behind a list.
//
// `make growth` measures it and writes the tables and plots of docs/performance.md
// (BenchmarkGrowth). The tests are its small twins: they count what a statement reads,
// so they fail when a cost gets another shape, on any machine and beside any load.
package growth
