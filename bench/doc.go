// Bench compares Harang with other servers, its peers, in one run on one machine:
// the ratios are comparable between machines, the absolute figures are not.
//
//	make race                                   # everything, about seven minutes
//	go run . --scenario steady --peers bare,feed --seconds 5
//	go run . --profile /tmp/profiles --peers bare,harang
//	go run . --write ../docs/performance.md     # also puts the tables there
//
// Each peer is a process of its own (package peer, node/server.mjs, and the
// program itself) that sends events to rooms of 50 connections; load.go is the
// listener of all of them. Events are made inside the peers, so that the protocol
// of a producer costs them nothing; only `harang serve` receives them as in
// production, by POST /api/v1/events, and commits each before it is sent.
//
// The files in the order of a run: main.go (flags), measure.go (one peer in one
// scenario), peers.go and harang.go (starting them), protocol.go (joining a
// room), frame.go (reading frames), load.go (connections and their reader),
// process.go (/proc), table.go (Markdown), aims.go.
//
// It is a module of its own: no peer is a dependency of the program, and ./...
// of the program does not enter it. Linux only (epoll, /proc). Everything is on
// 127.0.0.1.
package main
