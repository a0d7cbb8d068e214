// Package peer has the compared servers that are written in Go. Each joins
// connections to rooms and sends events to them. They are started as processes of
// their own, execute Serve's commands from standard input, and end with it.
package peer
