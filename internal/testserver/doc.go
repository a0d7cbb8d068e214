// Package testserver starts real PostgreSQL and Redis servers for tests.
//
// A server lives in a short temporary directory of its own and listens on a
// free port of 127.0.0.1. Postgres and Redis return the one server that a test
// process shares; StartPostgres and StartRedis start one that a test may kill,
// stop and start again on the same port and data.
//
// Every server has a guard with a pipe from the test process: when that process ends,
// however it ends, a small shell beside the server kills the server by its pid
// and removes the directory. A program that is not installed fails the test
// with a sentence that says how to install it; nothing is ever skipped.
//
// PostgreSQL refuses to run as root; as root it runs as the user postgres. Its
// databases sort by Hungarian rules unless a column says otherwise, so that a
// test fails for a column without a collation.
package testserver
