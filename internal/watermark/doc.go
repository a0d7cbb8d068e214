// Package watermark records, beside a SQLite database, how far the numbers of
// every tenant's feeds were delivered.
//
// # Overview
//
// A database that is behind its watermark when a server starts is an older copy
// that was put back, or it lost its last commits in a power cut. Its numbers
// would be assigned a second time, to other events, and a client that returns
// with such a number would miss events without a gap. Such a tenant begins a new
// epoch instead. Several nodes need no file: the log that they share is ahead of
// the database in the same way.
//
// # Format
//
// DATABASE.heads holds JSON: one line with an array of the heads of all
// tenants, then one line for each time that the heads of one tenant advanced.
// The latest heads of a tenant count.
//
// # Invariants
//
// Heads are appended before anybody receives the entries that they cover, so a
// killed process has delivered nothing that the file does not cover. Every half
// second the heads of tenants whose feeds nobody reads are appended and the file
// is synced; every five seconds also those that other processes have advanced.
// When its lines are many more than the tenants, it is replaced by a compact one,
// synced before its rename. So an update writes what has changed, however many
// tenants there are.
//
// # Failure
//
// A missing, torn or unreadable file counts as ahead of every tenant that has
// numbers, so those tenants begin a new epoch. A failing write is logged once,
// tried again every half second, and stops nothing else.
package watermark
