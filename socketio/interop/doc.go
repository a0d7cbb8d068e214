// Package interop tests the servers with the official engine.io-client and socket.io-client. The Go test starts the
// servers and runs the clients in Node.js; `make test` installs them.
package interop
