package engineio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"harang.dev/harang/engineio/enginetest"
)

// wireCase is what a client sends on a WebSocket and what it receives for it.
type wireCase struct {
	name string
	send []byte
	want []string // frames: 'T', 'B' or 'P' for text, binary and pong, and the payload
	code int      // of the close frame that follows, 0 if the connection stays open
}

// raw frames of the client
func text(payload string) []byte {
	return enginetest.AppendFrame(nil, true, enginetest.Text, []byte(payload))
}
func first(op byte, payload string) []byte {
	return enginetest.AppendFrame(nil, false, op, []byte(payload))
}
func middle(payload string) []byte { return first(enginetest.Continuation, payload) }
func last(payload string) []byte {
	return enginetest.AppendFrame(nil, true, enginetest.Continuation, []byte(payload))
}
func ping(payload string) []byte {
	return enginetest.AppendFrame(nil, true, enginetest.Ping, []byte(payload))
}
func closing(body string) []byte {
	return enginetest.AppendFrame(nil, true, enginetest.Close, []byte(body))
}
func frames(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// bare returns a masked empty frame whose first byte is given.
func bare(b byte) []byte { return []byte{b, 0x80, 1, 2, 3, 4} }

// sized returns a header that announces a length in a chosen form, with a mask and no payload.
func sized(form byte, length uint64) []byte {
	b := []byte{0x81, 0x80 | form}
	switch form {
	case 126:
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	case 127:
		b = binary.BigEndian.AppendUint64(b, length)
	}
	return append(b, 1, 2, 3, 4)
}

const maxPayload = 70_000

// sections are the requirements of RFC 6455 on what a server receives.
var sections = map[string][]wireCase{
	"5.1 masking": {
		{"not masked", []byte("\x81\x024a"), nil, 1002},
		{"not masked, control", []byte("\x89\x00"), nil, 1002},
		{"key of zeroes", []byte("\x81\x82\x00\x00\x00\x004a"), []string{"T4a"}, 0},
	},
	"5.2 framing": {
		{"RSV1, as of permessage-deflate", bare(0xc1), nil, 1002},
		{"RSV2", bare(0xa1), nil, 1002},
		{"RSV3", bare(0x91), nil, 1002},
		{"RSV1 of a control frame", bare(0xc9), nil, 1002},
		{"RSV1 of a continuation", frames(first(enginetest.Text, "4a"), bare(0xc0)), nil, 1002},
		{"all three", bare(0xf1), nil, 1002},
		{"opcode 3", bare(0x83), nil, 1002},
		{"opcode 7", bare(0x87), nil, 1002},
		{"opcode 11", bare(0x8b), nil, 1002},
		{"opcode 15", bare(0x8f), nil, 1002},
		{"length 125", text("4" + strings.Repeat("x", 124)), []string{"T4" + strings.Repeat("x", 124)}, 0},
		{"length 126", text("4" + strings.Repeat("x", 125)), []string{"T4" + strings.Repeat("x", 125)}, 0},
		{"length 65,535", text("4" + strings.Repeat("x", 65534)), []string{"T4" + strings.Repeat("x", 65534)}, 0},
		{"length 65,536", text("4" + strings.Repeat("x", 65535)), []string{"T4" + strings.Repeat("x", 65535)}, 0},
		{"16 bits for 125", sized(126, 125), nil, 1002},
		{"64 bits for 65,535", sized(127, 65535), nil, 1002},
		{"most significant bit", sized(127, 1<<63), nil, 1002},
	},
	"5.4 fragmentation": {
		{"two fragments", frames(first(enginetest.Text, "4a"), last("b")), []string{"T4ab"}, 0},
		{"empty fragments", frames(first(enginetest.Text, ""), middle(""), middle("4a"), last("")), []string{"T4a"}, 0},
		{"binary", frames(first(enginetest.Binary, "a"), middle("b"), last("c")), []string{"Babc"}, 0},
		{"ping between", frames(first(enginetest.Text, "4a"), ping("?"), last("b")), []string{"P?", "T4ab"}, 0},
		{"pong between", frames(first(enginetest.Text, "4a"), bare(0x8a), last("b")), []string{"T4ab"}, 0},
		{"two pings between", frames(first(enginetest.Text, "4a"), ping("1"), middle("b"), ping("2"), last("c")),
			[]string{"P1", "P2", "T4abc"}, 0},
		{"close between", frames(first(enginetest.Text, "4a"), closing("\x03\xe8")), nil, 1000},
		{"two messages", frames(first(enginetest.Text, "4a"), last("b"), text("4c")), []string{"T4ab", "T4c"}, 0},
		{"message in a message", frames(first(enginetest.Text, "4a"), text("4b")), nil, 1002},
		{"first fragment in a message", frames(first(enginetest.Text, "4a"), first(enginetest.Text, "b")), nil, 1002},
		{"continuation of nothing", last("4a"), nil, 1002},
		{"continuation after the last", frames(first(enginetest.Text, "4a"), last(""), last("b")),
			[]string{"T4a"}, 1002},
	},
	"5.5 control frames": {
		{"ping", ping("ping"), []string{"Pping"}, 0},
		{"empty ping", ping(""), []string{"P"}, 0},
		{"ping of 125 bytes", ping(strings.Repeat("x", 125)), []string{"P" + strings.Repeat("x", 125)}, 0},
		{"ping that is not UTF-8", ping("\xff\x00"), []string{"P\xff\x00"}, 0},
		{"two pings", frames(ping("1"), ping("2")), []string{"P1", "P2"}, 0},
		{"ping of 126 bytes", ping(strings.Repeat("x", 126)), nil, 1002},
		{"fragmented ping", first(enginetest.Ping, "x"), nil, 1002},
		{"fragmented close", first(enginetest.Close, "\x03\xe8"), nil, 1002},
		{"unsolicited pong", bare(0x8a), nil, 0},
	},
	"5.5.1 close": {
		{"no body", closing(""), nil, 1005},
		{"code", closing("\x03\xe8"), nil, 1000},
		{"code and reason", closing("\x0f\xa0bye é"), nil, 4000},
		{"body of one byte", closing("\x03"), nil, 1002},
		{"reason that is not UTF-8", closing("\x03\xe8\xc3\x28"), nil, 1007},
		{"longest reason", closing("\x03\xe8" + strings.Repeat("x", 123)), nil, 1000},
		{"data after it", frames(closing("\x03\xe8"), text("4late")), nil, 1000},
	},
	"8.1 UTF-8": {
		{"of one to four bytes", text("4aé€🎉"), []string{"T4aé€🎉"}, 0},
		{"split over fragments", frames(first(enginetest.Text, "4\xf0"), middle("\x9f"), ping(""), middle("\x8e"),
			last("\x89")), []string{"P", "T4🎉"}, 0},
		{"noncharacter", text("4\xef\xbf\xbf"), []string{"T4\xef\xbf\xbf"}, 0},
		{"continuation byte alone", text("4\x80"), nil, 1007},
		{"overlong", text("4\xc0\x80"), nil, 1007},
		{"surrogate", text("4\xed\xa0\x80"), nil, 1007},
		{"above U+10FFFF", text("4\xf4\x90\x80\x80"), nil, 1007},
		{"incomplete at the end", text("4\xe2\x82"), nil, 1007},
		{"invalid in a middle fragment", frames(first(enginetest.Text, "4a"), middle("\xff"), last("b")), nil, 1007},
		{"incomplete at the end of the fragments", frames(first(enginetest.Text, "4\xe2"), last("\x82")), nil, 1007},
		{"other bytes in binary", enginetest.AppendFrame(nil, true, enginetest.Binary, []byte("\xff\x80")),
			[]string{"B\xff\x80"}, 0},
	},
	"10.4 limits": {
		{"longest message", text("4" + strings.Repeat("x", maxPayload-1)),
			[]string{"T4" + strings.Repeat("x", maxPayload-1)}, 0},
		{"one byte more", text("4" + strings.Repeat("x", maxPayload)), nil, 1009},
		{"announced only, 64 bits", sized(127, 1<<62), nil, 1009},
		{"longest in fragments", frames(first(enginetest.Binary, strings.Repeat("x", maxPayload-1)), last("x")),
			[]string{"B" + strings.Repeat("x", maxPayload)}, 0},
		{"one byte more in fragments", frames(first(enginetest.Binary, strings.Repeat("x", maxPayload)), last("x")),
			nil, 1009},
	},
}

func TestRFC6455(t *testing.T) {
	for section, cases := range sections {
		t.Run(section, func(t *testing.T) {
			f := serve(t, &Options{MaxPayload: maxPayload}, Handler{})
			for _, c := range cases {
				client, _ := f.dial()
				t.Run(c.name, func(t *testing.T) {
					client.Write(c.send)
					c.check(t, client)
				})
				if len(c.send) > 1000 {
					continue
				}
				client, _ = f.dial()
				t.Run(c.name+", byte by byte", func(t *testing.T) {
					for i := range c.send {
						client.Write(c.send[i : i+1])
					}
					c.check(t, client)
				})
			}
		})
	}
}

// Valid codes are repeated in the answer, others are violations (RFC 6455, sections 7.4.1 and 7.4.2).
func TestRFC6455_CloseCodes(t *testing.T) {
	f := serve(t, nil, Handler{})
	valid := map[int]bool{}
	for _, r := range [][2]int{{1000, 1003}, {1007, 1014}, {3000, 4999}} {
		for code := r[0]; code <= r[1]; code++ {
			valid[code] = true
		}
	}
	codes := []int{0, 1, 999, 1015, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535}
	for code := 1000; code < 1015; code++ {
		codes = append(codes, code)
	}
	for _, code := range codes {
		want := 1002
		if valid[code] {
			want = code
		}
		client, _ := f.dial()
		body := binary.BigEndian.AppendUint16(nil, uint16(code))
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			c := wireCase{send: closing(string(body)), code: want}
			client.Write(c.send)
			c.check(t, client)
		})
	}
}

// check reads the wanted frames and then the close frame, or an echo that shows that the connection is open.
func (c wireCase) check(t *testing.T, client *enginetest.Client) {
	t.Helper()
	want := c.want
	if c.code == 0 {
		client.Send("4open")
		want = append(want[:len(want):len(want)], "T4open")
	}
	kinds := map[byte]string{0x80 | enginetest.Text: "T", 0x80 | enginetest.Binary: "B", 0x80 | enginetest.Pong: "P"}
	for _, w := range want {
		op, payload, err := client.Read()
		if got := kinds[op] + string(payload); err != nil || got != w {
			t.Fatalf("frame %#x %.60q %v, want %.60q", op, got, err, w)
		}
	}
	if c.code == 0 {
		return
	}
	op, payload, err := client.Read()
	if err != nil || op != 0x80|enginetest.Close {
		t.Fatalf("frame %#x %.60q %v instead of a close frame", op, payload, err)
	}
	code := 1005
	if len(payload) >= 2 {
		code = int(binary.BigEndian.Uint16(payload))
	}
	if code != c.code {
		t.Errorf("close code %d, want %d", code, c.code)
	}
	client.Conn.(*net.TCPConn).CloseWrite() // or the server waits for a second
	if op, payload, err := client.Read(); err == nil {
		t.Errorf("frame %#x %.60q after the close frame", op, payload)
	}
}

// The opening handshake: RFC 6455, sections 4.2.1, 4.2.2 and 4.4. Extensions, such as those of RFC 7692, are declined.
func TestRFC6455_Handshake(t *testing.T) {
	f := serve(t, nil, Handler{})
	for name, c := range map[string]struct {
		method  string
		change  http.Header
		status  int
		version string // Sec-WebSocket-Version of the response
	}{
		"minimal":        {"GET", nil, 101, ""},
		"list of tokens": {"GET", http.Header{"Connection": {"keep-alive, Upgrade"}}, 101, ""},
		"upper case":     {"GET", http.Header{"Upgrade": {"WebSocket"}}, 101, ""},
		"extensions":     {"GET", http.Header{"Sec-Websocket-Extensions": {"permessage-deflate"}}, 101, ""},
		"extension parameters": {"GET", http.Header{"Sec-Websocket-Extensions": {
			"permessage-deflate; client_max_window_bits; server_no_context_takeover"}}, 101, ""},
		"several extensions": {"GET", http.Header{"Sec-Websocket-Extensions": {
			"permessage-deflate; server_max_window_bits=10, permessage-deflate", "x-webkit-deflate-frame"}}, 101, ""},
		"POST":                {"POST", nil, 400, ""},
		"no Upgrade":          {"GET", http.Header{"Upgrade": nil}, 400, ""},
		"no Connection":       {"GET", http.Header{"Connection": nil}, 400, ""},
		"other protocol":      {"GET", http.Header{"Upgrade": {"h2c"}}, 400, ""},
		"no version":          {"GET", http.Header{"Sec-Websocket-Version": nil}, 400, "13"},
		"version 8":           {"GET", http.Header{"Sec-Websocket-Version": {"8"}}, 400, "13"},
		"no key":              {"GET", http.Header{"Sec-Websocket-Key": nil}, 400, ""},
		"key of 15 bytes":     {"GET", http.Header{"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAA"}}, 400, ""},
		"key that isn't text": {"GET", http.Header{"Sec-Websocket-Key": {"!!!!!!!!!!!!!!!!!!!!!!=="}}, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{
				"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
				"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, // of section 1.3
			}
			for name, values := range c.change {
				if header[name] = values; values == nil {
					delete(header, name)
				}
			}
			r, err := http.NewRequest(c.method, f.web.URL+"/engine.io/?EIO=4&transport=websocket", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			response, err := f.web.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			h, status := response.Header, response.StatusCode
			if version := h.Get("Sec-Websocket-Version"); status != c.status || version != c.version {
				t.Errorf("%d, version %q, want %d %q", status, version, c.status, c.version)
			}
			if ext := h.Get("Sec-Websocket-Extensions"); ext != "" {
				t.Errorf("extensions %q", ext)
			}
			if accept := h.Get("Sec-Websocket-Accept"); c.status == 101 && accept != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Errorf("Sec-WebSocket-Accept %q", accept)
			}
		})
	}
}
