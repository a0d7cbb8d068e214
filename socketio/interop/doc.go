// Package interop tests the Go servers with the real engine.io-client and
// socket.io-client. The clients run in Node.js, started by the Go test with the
// addresses of servers it made; `make test` installs them.
package interop
