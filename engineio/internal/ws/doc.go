// Package ws is the server side of the WebSocket protocol (RFC 6455) without connections: the opening handshake, frames
// and their assembly to messages. It has no extensions. Nothing in it reads, writes or waits.
//
// Handshake validates a request and builds the response. An Assembler turns received bytes, in pieces of any size, into
// messages and control frames. AppendHeader and AppendClose encode frames of the server, which Next decodes again. A
// violation by the client is an *Error with the code of the close frame that answers it.
package ws
