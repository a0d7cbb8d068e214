// Package budget keeps the cost of the steps of an event's way in budgets.json:
// allocations and bytes per operation, database statements and round trips per
// event. TestBudgets measures each step and fails when one costs more; its
// benchmarks measure the same steps in time. A step that became cheaper fails
// nothing: `go test ./internal/budget -update` writes what was measured, and the
// difference belongs into the same commit as its reason.
//
// The race detector changes allocations, so the tests are built without it only.
package budget
