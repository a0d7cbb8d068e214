package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// listener is the user of a connection.
type listener struct {
	// Room is the room, or the tenant's number.
	Room int
	// Token, PID and Offset are for Harang alone; with an offset the connection
	// is one that comes back.
	Token, PID, Offset string
}

// protocol is how a peer is spoken to.
type protocol struct {
	// join brings a fresh connection into its room and returns the server's
	// last answer, after which the listener has joined.
	join func(o *opening, client listener) (string, error)
	// ping is the server's heartbeat message, pong the answer; nil for none.
	ping, pong []byte
}

var bareProtocol = protocol{join: func(o *opening, client listener) (string, error) {
	if _, err := o.rw.Write(binary.BigEndian.AppendUint16(nil, uint16(client.Room))); err != nil {
		return "", err
	}
	return o.frame()
}}

// socketIOProtocol is Socket.IO 5 on the main namespace, the room in CONNECT.
var socketIOProtocol = protocol{
	join: func(o *opening, client listener) (string, error) {
		return joinSocketIO(o, "40", `40{"room":`+strconv.Itoa(client.Room)+`}`)
	},
	ping: []byte("2"), pong: []byte("3"),
}

// harangProtocol signs in; the tenant is in the token. The answer is the
// session's, so that its head can be read.
var harangProtocol = protocol{
	join: func(o *opening, client listener) (string, error) {
		connect := harangNamespace + `,{"token":"` + client.Token + `"`
		if client.Offset != "" {
			connect += `,"pid":"` + client.PID + `","offset":"` + client.Offset + `"`
		}
		if _, err := joinSocketIO(o, "40"+harangNamespace+",", "40"+connect+"}"); err != nil {
			return "", err
		}
		return expect(o, "42"+harangNamespace+`,["session"`)
	},
	ping: []byte("2"), pong: []byte("3"),
}

const harangNamespace = "/ws/dashboard"

// centrifugeProtocol is the JSON protocol of Centrifugo, the room as the
// connect command's data.
var centrifugeProtocol = protocol{
	join: func(o *opening, client listener) (string, error) {
		if err := upgrade(o, "/"); err != nil {
			return "", err
		}
		if err := o.send(`{"id":1,"connect":{"data":` + strconv.Itoa(client.Room) + `}}`); err != nil {
			return "", err
		}
		return expect(o, `{"id":1,"connect":`)
	},
	ping: []byte("{}"), pong: []byte("{}"),
}

func joinSocketIO(o *opening, accepted, connect string) (string, error) {
	if err := upgrade(o, "/socket.io/?EIO=4&transport=websocket"); err != nil {
		return "", err
	}
	if _, err := expect(o, "0{"); err != nil {
		return "", err
	}
	if err := o.send(connect); err != nil {
		return "", err
	}
	return expect(o, accepted)
}

// expect waits for a message that begins so.
func expect(o *opening, beginning string) (string, error) {
	message, err := o.frame()
	if err == nil && !strings.HasPrefix(message, beginning) {
		err = fmt.Errorf("%.200q came instead of %s", message, beginning)
	}
	return message, err
}

// upgrade makes the connection a WebSocket.
func upgrade(o *opening, path string) error {
	request := "GET " + path + " HTTP/1.1\r\nHost: race\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := o.rw.Write([]byte(request)); err != nil {
		return err
	}
	for {
		if head, rest, ok := bytes.Cut(o.buf, []byte("\r\n\r\n")); ok {
			o.buf = rest
			if line, _, _ := bytes.Cut(head, []byte("\r\n")); !bytes.Contains(line, []byte(" 101 ")) {
				return fmt.Errorf("the upgrade was answered %s", line)
			}
			return nil
		}
		if err := o.more(); err != nil {
			return err
		}
	}
}
