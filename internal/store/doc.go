// Package store keeps everything that must survive in a SQL database: tenants
// and their people, stock, events with their numbers, read state, claims.
//
// # Overview
//
// One SQL text serves SQLite and PostgreSQL. Every query is a constant made
// with define, its parameters $1, $2 … numbered by first appearance, and a
// test prepares each one on each engine. What differs stands in Engine:
// opening, the table of error codes, the number that tells of other processes'
// commits. store/sqlite opens such an engine; migrations are one text, too.
//
// All writing goes through Within. A use case takes the rows it decides upon
// by UPDATE … RETURNING, in key order, decides, writes, and appends events with
// Tx.Append. The events are written in one place at the end (appendPending).
// Reading outside a transaction uses the pool of readers.
//
// # Invariants
//
//  1. A feed's numbers are 1, 2, 3 … without holes, and commit order is number
//     order: the tenant's row in heads is locked from the first number given
//     out to the commit, and a rollback gives the numbers back.
//  2. The change and its events commit together or not at all; hooks
//     (OnCommit) run after the commit only.
//  3. A second event of one (tenant, source, source id) is never written; its
//     result names the first.
//  4. An event is in a feed exactly when its type's audiences say so; its row
//     holds NULL for every other feed.
//  5. The managers' number orders all of a tenant's events that people may
//     see, because every one of them takes it. Read state is kept in it.
//  6. The tenant is an argument of every query about a tenant's things.
//
// # Concurrency
//
// All methods of Store may be called from any goroutine; a Tx belongs to its
// closure. On SQLite one connection writes. Transactions that wait for it share
// a commit: the open transaction is handed from one to the next, each behind a
// savepoint, on its own caller's goroutine; sixteen at most, and nobody waits
// for company. Other processes are kept out by BEGIN IMMEDIATE. On PostgreSQL
// every transaction has its own connection and waits for rows only.
//
// # Lifecycle
//
// An engine package opens, migrates and calls New. Close waits for the
// transaction under way and ends every connection. Sweep removes what is too
// old, in small batches; the program calls it now and then. Numbers go on after
// a sweep.
//
// # Failure
//
// Every error that leaves the package is a *harang.Error: the engine's table
// gives a driver's error a Class, and the class a code. Busy databases,
// serialization failures and deadlocks are run again, five times in all with a
// jittered pause, and are UNAVAILABLE after that. A member of a shared commit
// that fails takes back its own part; if the commit itself fails, all its
// members fail.
//
// # Dependencies
//
// The root package for its words, database/sql, golang.org/x/text for order
// and search, prometheus for counting, uuid for ids. No driver: the engine
// packages import those.
package store
