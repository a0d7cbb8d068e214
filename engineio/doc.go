// Package engineio is an Engine.IO server: protocol 4 over HTTP long-polling and
// WebSocket.
package engineio
