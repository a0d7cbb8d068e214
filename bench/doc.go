// Bench compares Harang with other servers, its peers, in one run on one machine:
// the ratios are comparable between machines, the absolute figures are not.
//
//	make race                                   # everything, about a quarter of an hour
//	go run . --scenario programs                # whole programs, each event from POST to its listeners
//	go run . --scenario steady --peers bare,feed --seconds 5
//	go run . --profile /tmp/profiles --scenario steady --peers bare,harang
//	go run . --write ../docs/performance.md     # also puts the tables there
//
// There are two comparisons. The whole programs are what users choose between:
// each event comes by HTTP from one of 32 applications, and Centrifugo, the
// story's plan on Node.js and `harang serve` send it to its listeners, on one
// node and on two. They run by turns, several rounds. The libraries show what
// fan-out alone costs: events are made inside the peers, so that the protocol of
// a producer costs them nothing.
//
// Each peer is a process of its own (package peer, node/, and the programs
// themselves); load.go is the listener of all of them.
//
// The files in the order of a run: main.go (flags); programs.go (a program in
// one scenario), centrifugo.go, story.go and harang.go (starting them),
// programs_table.go; measure.go (a library in one scenario), peers.go (starting
// them), table.go, aims.go; for both protocol.go (joining a room), frame.go
// (reading frames), load.go (connections and their reader), process.go (/proc).
//
// It is a module of its own: no peer is a dependency of the program, and ./...
// of the program does not enter it. Linux only (epoll, /proc). Everything is on
// 127.0.0.1.
package main
