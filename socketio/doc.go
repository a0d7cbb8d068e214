// Package socketio is a Socket.IO server: protocol 5 on package engineio.
package socketio
