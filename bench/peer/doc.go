// Package peer has the servers of the race that are written in Go: each joins
// connections to rooms and sends the events of a Producer to them. They are
// started as processes of their own, obey Serve's commands on standard input,
// and end with it.
package peer
