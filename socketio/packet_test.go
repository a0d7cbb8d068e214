package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harang.dev/harang/engineio"
)

func TestPacket_Decode(t *testing.T) {
	args := func(values ...string) []json.RawMessage {
		all := []json.RawMessage{}
		for _, v := range values {
			all = append(all, raw(v))
		}
		return all
	}
	for in, want := range map[string]packet{
		`0`:                       {kind: '0', namespace: "/"},
		`0{"token":"x"}`:          {kind: '0', namespace: "/", auth: raw(`{"token":"x"}`)},
		`0/admin,`:                {kind: '0', namespace: "/admin"},
		`0/admin`:                 {kind: '0', namespace: "/admin"},
		`0/ws/dashboard,{}`:       {kind: '0', namespace: "/ws/dashboard", auth: raw(`{}`)},
		`1`:                       {kind: '1', namespace: "/"},
		`1/admin,`:                {kind: '1', namespace: "/admin"},
		`2["foo"]`:                {kind: '2', namespace: "/", name: "foo", args: args()},
		`2["foo",1,{"a":[null]}]`: {kind: '2', namespace: "/", name: "foo", args: args(`1`, `{"a":[null]}`)},
		`2[7,"x"]`:                {kind: '2', namespace: "/", name: "7", args: args(`"x"`)},
		`2/admin,13["foo"]`:       {kind: '2', namespace: "/admin", id: 13, hasID: true, name: "foo", args: args()},
		`20["foo"]`:               {kind: '2', namespace: "/", hasID: true, name: "foo", args: args()},
		`3/admin,13["bar"]`:       {kind: '3', namespace: "/admin", id: 13, hasID: true, args: args(`"bar"`)},
		`312[]`:                   {kind: '3', namespace: "/", id: 12, hasID: true, args: args()},
		`51-14["foo",{"_placeholder":true,"num":0}]`: {
			kind: '5', attachments: 1, namespace: "/", id: 14, hasID: true, name: "foo",
			args: args(`{"_placeholder":true,"num":0}`),
		},
		`62-/a,1[]`:  {kind: '6', attachments: 2, namespace: "/a", id: 1, hasID: true, args: args()},
		`50-["foo"]`: {kind: '5', namespace: "/", name: "foo", args: args()},
	} {
		got, err := decodePacket([]byte(in), 10)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(packet{})); diff != "" {
			t.Errorf("%s:\n%s", in, diff)
		}
	}
	for _, in := range []string{
		"", "abc", "7", "0[]", `0"x"`, "0{", "0null", "1{}", "1[]",
		"2", "2{}", "2[]", "2[", "2null", "2[null]", "2[{}]",
		`2["connect"]`, `2["disconnect"]`, `2["connect_error"]`, `2abc["x"]`, `299999999999999999999["x"]`, "3{}", "3",
		`4{"message":"x"}`, `5["x"]`, `5-["x"]`, `51["x"]`, `511-["x"]`, `599999999999999999999-["x"]`,
		`51-["x",{"_placeholder":true,"num":1}]`, `51-["x",{"_placeholder":true,"num":-1}]`,
		`51-["x",{"_placeholder":true,"num":0.5}]`,
		`51-["x",{"_placeholder":true}]`, `51-["x",[{"a":{"_placeholder":true,"num":"0"}}]]`, "51-",
	} {
		if p, err := decodePacket([]byte(in), 10); !errors.Is(err, errPacket) {
			t.Errorf("%s: %+v, %v", in, p, err)
		}
	}
}

// value draws a JSON value.
func value(t *rapid.T) json.RawMessage {
	v := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }),
		rapid.Map(rapid.MapOfN(rapid.String(), rapid.Int32(), 0, 3), func(m map[string]int32) any { return m }),
		rapid.Map(rapid.SliceOfN(rapid.Bool(), 0, 3), func(b []bool) any { return b }),
		rapid.Just[any](nil),
	).Draw(t, "value")
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPacket_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Filter(func(s string) bool { return !reserved[s] }).Draw(t, "name")
		want := packet{kind: typeEvent, namespace: "/", args: []json.RawMessage{}}
		prefix := ""
		if rapid.Bool().Draw(t, "in a namespace") {
			want.namespace, prefix = "/ws/dashboard", "/ws/dashboard,"
		}
		if want.hasID = rapid.Bool().Draw(t, "ack"); want.hasID {
			want.id = rapid.Uint64Range(0, 1<<53).Draw(t, "id")
		}
		if rapid.Bool().Draw(t, "binary") {
			want.kind, want.attachments = typeBinaryEvent, rapid.IntRange(1, 5).Draw(t, "attachments")
			want.args = append(want.args, Placeholder(rapid.IntRange(0, want.attachments-1).Draw(t, "num")))
		}
		for range rapid.IntRange(0, 4).Draw(t, "args") {
			want.args = append(want.args, value(t))
		}
		if rapid.Bool().Draw(t, "acknowledgement") {
			want.kind++
		} else {
			b, _ := json.Marshal(name)
			json.Unmarshal(b, &want.name) // invalid UTF-8 becomes U+FFFD
		}
		b, err := appendPacket(nil, want.kind, want.attachments, prefix, want.id, want.hasID, name, want.args)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodePacket(b, 5)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(packet{})); diff != "" {
			t.Fatalf("%s:\n%s", b, diff)
		}
	})
}

func TestEncode_Refuses(t *testing.T) {
	ns := &Namespace{name: "/"}
	for name, arg := range map[string]string{
		"not JSON": "{", "empty": "", "two values": "1 2", "not UTF-8": "\"\xff\"",
	} {
		if _, err := ns.Encode("x", raw(arg)); err == nil {
			t.Errorf("an argument was encoded: %s", name)
		}
	}
	if _, err := ns.Encode("disconnect"); err == nil {
		t.Error("a reserved name was encoded")
	}
}

func TestBytes(t *testing.T) {
	e := &Event{Args: []json.RawMessage{raw(`1`), Placeholder(0), raw(`{"_placeholder":true}`), Placeholder(1)},
		Attachments: [][]byte{{7}}}
	for i, want := range map[int]bool{-1: false, 0: false, 1: true, 2: false, 3: false, 4: false} {
		b, ok := e.Bytes(i)
		if ok != want || ok && !bytes.Equal(b, []byte{7}) {
			t.Errorf("argument %d: %v, %v", i, b, ok)
		}
	}
}

func FuzzDecodePacket(f *testing.F) {
	for _, s := range []string{
		`0{"token":"x"}`, `0/admin,`, `1/a`, `2/a,13["foo",{"b":1}]`, `312[]`,
		`52-7["x",{"_placeholder":true,"num":1}]`,
		`2["a"`, `51-`, `5-`, `2/,[1]`, `0/x,1{}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePacket(b, 10)
		if err != nil || p.kind == typeConnect || p.kind == typeDisconnect {
			return
		}
		prefix := ""
		if p.namespace != "/" {
			prefix = p.namespace + ","
		}
		again, err := appendPacket(nil, p.kind, p.attachments, prefix, p.id, p.hasID, p.name, p.args)
		if err != nil {
			return // not UTF-8, which the transport does not pass on
		}
		q, err := decodePacket(again, 10)
		if err != nil || len(q.args) != len(p.args) {
			t.Fatalf("%q decodes to %+v, its encoding %q to %+v, %v", b, p, again, q, err)
		}
		if q.name != p.name || q.id != p.id || q.namespace != p.namespace {
			t.Fatalf("%q decodes to %+v, its encoding %q to %+v", b, p, again, q)
		}
	})
}

func FuzzRecovery(f *testing.F) {
	for _, s := range []string{"", "{}", `{"pid":"p","offset":"o"}`, `{"pid":7,"offset":null}`, `{"pid":{}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		pid, offset := recovery(b)
		if (pid != "" || offset != "") && !json.Valid(b) {
			t.Fatalf("%q: %q %q", b, pid, offset)
		}
	})
}

// FuzzReconstruction passes text and binary messages to a session: the input is split at zero bytes, and a part that
// begins with 'b' is binary.
func FuzzReconstruction(f *testing.F) {
	for _, s := range []string{
		"0\x002[\"x\"]", "0\x0051-[\"x\",{\"_placeholder\":true,\"num\":0}]\x00babc", "51-[\"x\"]\x002[\"y\"]", "bx",
		"0\x0062-1[]\x00b\x00b", "0\x001\x000\x002[\"x\"]",
	} {
		f.Add([]byte(s))
	}
	server := New(&Options{MaxAttachments: 4, Engine: engineio.Options{MaxPayload: 1000}})
	server.Namespace("/", Handler{Event: func(_ context.Context, s *Socket, e *Event) {
		for _, arg := range e.Args {
			if n, ok := placeholder(arg); ok && (n < 0 || n >= len(e.Attachments)) {
				panic("placeholder out of range")
			}
		}
		e.Ack()
	}})
	f.Cleanup(func() { server.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		sessions := make(chan *engineio.Session, 1)
		engine := engineio.New(engineio.Handler{Open: func(s *engineio.Session) { sessions <- s }}, nil)
		defer engine.Close()
		engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
		c := &conn{srv: server, session: <-sessions}
		for piece := range bytes.SplitSeq(b, []byte{0}) {
			var err error
			if len(piece) > 0 && piece[0] == 'b' {
				err = c.receive(piece[1:], true)
			} else {
				err = c.receive(piece, false)
			}
			if err != nil && !errors.Is(err, errPacket) {
				t.Fatal(err)
			}
			if c.pending != nil && len(c.attachments) >= c.pending.attachments {
				t.Fatal("a complete packet was not dispatched")
			}
		}
		for _, s := range c.close() {
			s.close(ReasonTransportClose)
		}
		c.session.Abort(ReasonTransportClose) // so that Close does not wait for a poll
	})
}
