package ws

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harang.dev/harang/engineio/enginetest"
)

// visited is one call of the Assembler's visit function.
type visited struct {
	Op   Opcode
	Data string
}

// assemble pushes b in pieces that end at the given offsets.
func assemble(b []byte, limit int, cuts ...int) ([]visited, error) {
	a := Assembler{Limit: limit}
	var all []visited
	start := 0
	for _, cut := range append(cuts, len(b)) {
		err := a.Push(bytes.Clone(b[start:cut]), func(op Opcode, data []byte) error {
			all = append(all, visited{op, string(data)})
			return nil
		})
		if err != nil {
			return all, err
		}
		start = cut
	}
	if len(a.carry) == 0 && a.carry != nil {
		return all, errors.New("carry is not nil between messages")
	}
	return all, nil
}

func TestAssembler_Violations(t *testing.T) {
	frame := func(fin bool, op byte, payload string) []byte {
		return enginetest.AppendFrame(nil, fin, op, []byte(payload))
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"reserved bit":                {[]byte{0xc1, 0x80, 0, 0, 0, 0}, errReservedBits},
		"reserved data Opcode":        {[]byte{0x83, 0x80, 0, 0, 0, 0}, errOpcode},
		"reserved control Opcode":     {[]byte{0x8b, 0x80, 0, 0, 0, 0}, errOpcode},
		"not masked":                  {[]byte{0x81, 0x00}, errUnmasked},
		"fragmented ping":             {frame(false, enginetest.Ping, ""), errControl},
		"long ping":                   {frame(true, enginetest.Ping, string(make([]byte, 126))), errControl},
		"length 16 bit, not shortest": {[]byte{0x81, 0x80 | 126, 0, 125}, errLength},
		"length 64 bit, not shortest": {[]byte{0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, errLength},
		"length with the top bit":     {[]byte{0x81, 0x80 | 127, 0x80, 0, 0, 0, 0, 1, 0, 0}, errLength},
		"too long":                    {[]byte{0x81, 0x80 | 126, 0x10, 0x01, 0, 0, 0, 0}, errTooBig},
		"too long in fragments": {join(frame(false, enginetest.Text, string(make([]byte, 4000))),
			frame(true, enginetest.Continuation, string(make([]byte, 97)))), errTooBig},
		"continuation of nothing": {frame(true, enginetest.Continuation, "x"), errContinuation},
		"message inside another": {join(frame(false, enginetest.Text, "x"),
			frame(true, enginetest.Text, "y")), errContinuation},
		"text that is not UTF-8": {frame(true, enginetest.Text, "\xff"), errNotUTF8},
		"fragments not UTF-8": {join(frame(false, enginetest.Text, "\xc5"),
			frame(true, enginetest.Continuation, "x")), errNotUTF8},
		"close of one byte":      {frame(true, enginetest.Close, "x"), errCloseBody},
		"close 999":              {frame(true, enginetest.Close, "\x03\xe7"), errCloseBody},
		"close 1005":             {frame(true, enginetest.Close, "\x03\xed"), errCloseBody},
		"close 2999":             {frame(true, enginetest.Close, "\x0b\xb7"), errCloseBody},
		"close 5000":             {frame(true, enginetest.Close, "\x13\x88"), errCloseBody},
		"close reason not UTF-8": {frame(true, enginetest.Close, "\x03\xe8\xff"), errNotUTF8},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := assemble(c.in, 4096); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestAssembler_AnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []visited
		var wire []byte
		for range rapid.IntRange(1, 6).Draw(t, "messages") {
			kind, data := Text, []byte(nil)
			if rapid.Bool().Draw(t, "binary") {
				kind, data = Binary, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")
			} else {
				runes := rapid.RuneFrom([]rune("abcűŐ€🎉{}[]\",\n"))
				data = []byte(rapid.StringOfN(runes, 0, 300, -1).Draw(t, "text"))
			}
			op := byte(kind)
			if rapid.Bool().Draw(t, "long") {
				data = bytes.Repeat(data, 300)
			}
			rest := data
			for rapid.Bool().Draw(t, "fragment") {
				n := rapid.IntRange(0, len(rest)).Draw(t, "size")
				wire = enginetest.AppendFrame(wire, false, op, rest[:n])
				rest, op = rest[n:], byte(Continuation)
				if rapid.Bool().Draw(t, "ping between") {
					wire = enginetest.AppendFrame(wire, true, byte(Ping), []byte("?"))
					want = append(want, visited{Ping, "?"})
				}
			}
			wire = enginetest.AppendFrame(wire, true, op, rest)
			want = append(want, visited{kind, string(data)})
		}
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(wire)), 0, 8).Draw(t, "cuts")
		start := 0
		for i := range cuts { // sorted
			cuts[i] = max(cuts[i], start)
			start = cuts[i]
		}
		all, err := assemble(wire, 1<<20, cuts...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestUnmask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "data")
		key := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
		want := bytes.Clone(data)
		for i := range want {
			want[i] ^= key[i%4]
		}
		unmask(data, key)
		if !bytes.Equal(data, want) {
			t.Fatalf("%x, want %x", data, want)
		}
	})
}

func FuzzAssembler(f *testing.F) {
	f.Add(enginetest.AppendFrame(nil, true, enginetest.Text, []byte("4hello")), 3)
	fragments := enginetest.AppendFrame(nil, false, enginetest.Text, []byte("4he"))
	f.Add(enginetest.AppendFrame(fragments, true, enginetest.Continuation, []byte("llo")), 5)
	f.Add(enginetest.AppendFrame(nil, true, enginetest.Close, []byte("\x03\xe8bye")), 1)
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 2)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		whole, err := assemble(b, 1000)
		cut = min(max(cut, 0), len(b))
		parts, perr := assemble(b, 1000, cut)
		if !errors.Is(perr, err) || !cmp.Equal(whole, parts) {
			t.Fatalf("in one piece %v, %v; in two %v, %v", whole, err, parts, perr)
		}
		var violation *Error
		if err != nil && !errors.As(err, &violation) {
			t.Fatalf("error %v", err)
		}
	})
}

// A message that arrives byte by byte takes linear time. Quadratic time was 20 s.
func TestAssembler_SingleBytes(t *testing.T) {
	const size = 1_000_000
	wire := enginetest.AppendFrame(nil, true, enginetest.Text, bytes.Repeat([]byte("4"), size))
	a := Assembler{Limit: size}
	messages := 0
	start := time.Now()
	for i := range wire {
		err := a.Push(wire[i:i+1], func(_ Opcode, data []byte) error {
			messages++
			if len(data) != size {
				t.Errorf("%d bytes", len(data))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if messages != 1 {
		t.Errorf("%d messages", messages)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// Next decodes what AppendHeader and AppendClose have encoded.
func TestNext(t *testing.T) {
	var wire []byte
	var want []visited
	for _, n := range []int{0, 1, 125, 126, 65535, 65536, 70_000} {
		data := bytes.Repeat([]byte{byte(n)}, n)
		wire = append(AppendHeader(wire, Binary, n), data...)
		wire = AppendClose(wire, CloseNormal)
		want = append(want, visited{Binary, string(data)}, visited{Close, "\x03\xe8"})
	}
	wire = AppendClose(wire, CloseNoStatus)
	want = append(want, visited{Close, ""})
	for _, w := range want {
		op, data, size := Next(wire)
		if op != w.Op || string(data) != w.Data {
			t.Fatalf("%x, %d bytes, want %x, %d bytes", op, len(data), w.Op, len(w.Data))
		}
		wire = wire[size:]
	}
	if len(wire) != 0 {
		t.Errorf("%d bytes remain", len(wire))
	}
}
