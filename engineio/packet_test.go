package engineio

import (
	"bytes"
	"errors"
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harang.dev/harang/engineio/internal/ws"
)

func TestPacket_Decode(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Packet
		err  error
	}{
		{in: "4hello", want: Packet{Type: PacketMessage, Data: []byte("hello")}},
		{in: "4", want: Packet{Type: PacketMessage, Data: []byte{}}},
		{in: "2probe", want: Packet{Type: PacketPing, Data: []byte("probe")}},
		{in: "bAQIDBA==", want: Packet{Type: PacketMessage, Data: []byte{1, 2, 3, 4}, Binary: true}},
		{in: "b", want: Packet{Type: PacketMessage, Data: []byte{}, Binary: true}},
		{in: "", err: ErrPacket},
		{in: "abc", err: ErrPacket},
		{in: "7", err: ErrPacket},
		{in: "b!", err: ErrPacket},
		{in: "4\xff", err: ErrPacket},
	} {
		got, err := DecodePacket([]byte(c.in))
		if !errors.Is(err, c.err) {
			t.Errorf("%q: error %v, want %v", c.in, err, c.err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q:\n%s", c.in, diff)
		}
	}
}

// message draws a message that can be sent.
func message(t *rapid.T) Packet {
	if rapid.Bool().Draw(t, "binary") {
		return Packet{Type: PacketMessage, Binary: true,
			Data: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")}
	}
	text := rapid.StringOfN(rapid.RuneFrom([]rune("abcűŐ€🎉{}[]\",\n")), 0, 300, -1).Draw(t, "text")
	return Packet{Type: PacketMessage, Data: []byte(text)}
}

func collect(b []byte) ([]Packet, error) {
	var all []Packet
	err := DecodePayload(b, func(p Packet) error {
		all = append(all, Packet{Type: p.Type, Data: bytes.Clone(p.Data), Binary: p.Binary})
		return nil
	})
	return all, err
}

func TestPayload_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 10).Draw(t, "n")
		var want []Packet
		var frames []*Frame
		var payload []byte
		for i := range n {
			p := message(t)
			want = append(want, p)
			if i > 0 {
				payload = append(payload, separator)
			}
			payload = AppendPacket(payload, p)
			if p.Binary {
				frames = append(frames, Binary(p.Data))
			} else {
				frames = append(frames, Text(p.Data))
			}
		}
		got, err := collect(payload)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		// The response to a poll is built from the WebSocket form of the same messages.
		if fromFrames := appendPayload(nil, Join(frames...).b); !bytes.Equal(fromFrames, payload) {
			t.Fatalf("from frames %q, want %q", fromFrames, payload)
		}
	})
}

func TestPayload_SkipsControlFrames(t *testing.T) {
	b := ws.AppendClose(append([]byte(nil), Text([]byte("a")).b...), ws.CloseNormal)
	b = append(b, Text([]byte("b")).b...)
	if got := string(appendPayload(nil, b)); got != "4a\x1e4b" {
		t.Errorf("%q", got)
	}
}

func FuzzDecodePacket(f *testing.F) {
	for _, s := range []string{"", "0", "4hello", "b", "bAQIDBA==", "bAQ=", "9", "4\x1e", "4\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := DecodePacket(b)
		if err != nil {
			return
		}
		again, err := DecodePacket(AppendPacket(nil, p))
		if err != nil || again.Type != p.Type || again.Binary != p.Binary || !bytes.Equal(again.Data, p.Data) {
			t.Fatalf("%q decodes to %+v, its encoding to %+v, %v", b, p, again, err)
		}
	})
}

func FuzzDecodePayload(f *testing.F) {
	for _, s := range []string{"", "4a\x1e4b", "\x1e", "4a\x1e", "b\x1ebAA==", "4a\x1e4b\x1e\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		packets, err := collect(b)
		if want := bytes.Count(b, []byte{separator}) + 1; err == nil && len(packets) != want {
			t.Fatalf("%d packets, want %d", len(packets), want)
		}
		for _, p := range packets {
			if !p.Binary && (bytes.IndexByte(p.Data, separator) >= 0 || !utf8.Valid(p.Data)) {
				t.Fatalf("packet %q", p.Data)
			}
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{
		"", "EIO=4&transport=polling", "EIO=4&transport=websocket&sid=a%20b", "sid=%zz", "a;b", "EIO=4&EIO=3",
		"b64=1&x=50%",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := parseQuery(raw)
		if err != nil {
			return
		}
		values := url.Values{"EIO": {q.version}, "transport": {string(q.transport)}, "sid": {q.sid}}
		if q.base64 {
			values.Set("b64", "1")
		}
		encoded := values.Encode()
		again, err := parseQuery(encoded)
		if err != nil || again != q {
			t.Fatalf("%q: %+v, then %+v, %v", raw, q, again, err)
		}
	})
}
