// Package store keeps everything durable in a SQL database: tenants and their
// users, stock, rentals, payments, events with their numbers, read state, claims.
//
// # Overview
//
// One SQL text serves SQLite and PostgreSQL. Every query is a constant made with
// define, its parameters $1, $2 … numbered by first appearance, and a test prepares
// each one on each engine. What differs is in Engine: opening, the table of error
// codes, the number that reveals commits of other processes, the check of the
// database's files. store/sqlite and store/postgres open an engine; migrations are
// one text, too.
//
// All writing goes through Within. A use case locks the rows on which it decides
// (Lock…, an UPDATE … RETURNING), in key order, decides, writes, and appends events
// with Tx.Append. The events are written at the end, in one place (appendPending).
// Reads outside a transaction use the pool of readers.
//
// # Invariants
//
//  1. A feed's numbers are 1, 2, 3 … without holes, and commit order is number
//     order: the tenant's row in heads is locked from the first number to the
//     commit, and a rollback returns the numbers.
//  2. A change and its events commit together or not at all; hooks (OnCommit) run
//     only after the commit.
//  3. A second event of one (tenant, source, source id) is never written; its
//     result names the first.
//  4. An event is in a feed exactly when its type has that audience; its row has
//     NULL for every other feed.
//  5. The managers' number orders all of a tenant's events that users may see,
//     because each of them has one. Read state refers to it.
//  6. The tenant is an argument of every query about a tenant's data.
//  7. No result of a transaction is returned before the database's files were
//     verified: a commit into a file that was removed or replaced is UNAVAILABLE.
//
// # Concurrency
//
// All methods of Store may be called from any goroutine; a Tx belongs to its
// closure. On SQLite one connection writes. Transactions that wait for it share a
// commit (commitQueue): the open SQL transaction passes from one to the next, each
// behind a savepoint, on its own caller's goroutine; sixteen at most, and none waits
// for others to join. Other processes are excluded by BEGIN IMMEDIATE. On PostgreSQL
// every transaction has its own connection and waits only for rows. Each pool has a
// limit; a query or transaction waits for a free connection for five seconds at most.
//
// # Lifecycle
//
// An engine package opens, migrates and calls New. Close waits for running
// transactions and closes every connection. Sweep deletes old rows in small batches;
// the program calls it at intervals. Probe tests whether the database can be written;
// the program calls it for readiness.
//
// # Failure
//
// Every returned error is a *harang.Error: the engine's table gives a driver's error
// a Class, and the class a code. Busy databases, serialization failures and deadlocks
// are retried, five tries in all with a jittered pause, and are UNAVAILABLE after
// that. A member of a shared commit that fails rolls back its own part; if the commit
// itself fails, all its members fail. Once a file of a SQLite database was removed or
// replaced, every call is UNAVAILABLE until the store is opened again.
//
// # Dependencies
//
// The root package and the types of the ports that it serves (ingest, outbox,
// shop), database/sql, golang.org/x/text for order and search, prometheus, uuid,
// go-retry, golang.org/x/sync for the limits. No driver: the engine packages import
// those.
package store
