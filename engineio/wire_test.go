package engineio

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harang.dev/harang/engineio/enginetest"
)

// visited is one call of the assembler's visit function.
type visited struct {
	Op   opcode
	Data string
}

// assemble pushes b in pieces that end at the given offsets.
func assemble(b []byte, limit int, cuts ...int) ([]visited, error) {
	a := assembler{limit: limit}
	var all []visited
	start := 0
	for _, cut := range append(cuts, len(b)) {
		err := a.push(bytes.Clone(b[start:cut]), func(op opcode, data []byte) error {
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
		"reserved data opcode":        {[]byte{0x83, 0x80, 0, 0, 0, 0}, errOpcode},
		"reserved control opcode":     {[]byte{0x8b, 0x80, 0, 0, 0, 0}, errOpcode},
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
			p := message(t)
			op := byte(opText)
			if p.Binary {
				op = byte(opBinary)
			}
			data := p.Data
			if rapid.Bool().Draw(t, "long") {
				data = bytes.Repeat(data, 300)
			}
			rest := data
			for rapid.Bool().Draw(t, "fragment") {
				n := rapid.IntRange(0, len(rest)).Draw(t, "size")
				wire = enginetest.AppendFrame(wire, false, op, rest[:n])
				rest, op = rest[n:], byte(opContinuation)
				if rapid.Bool().Draw(t, "ping between") {
					wire = enginetest.AppendFrame(wire, true, byte(opPing), []byte("?"))
					want = append(want, visited{opPing, "?"})
				}
			}
			wire = enginetest.AppendFrame(wire, true, op, rest)
			kind := opText
			if p.Binary {
				kind = opBinary
			}
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
		var violation *protocolError
		if err != nil && !errors.As(err, &violation) {
			t.Fatalf("error %v", err)
		}
	})
}
