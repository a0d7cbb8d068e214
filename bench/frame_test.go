package main

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func serverFrame(op byte, payload string) []byte {
	b := []byte{0x80 | op}
	switch {
	case len(payload) < 126:
		b = append(b, byte(len(payload)))
	case len(payload) < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(len(payload)))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(len(payload)))
	}
	return append(b, payload...)
}

// TestFrames_Push cuts a stream at every place and with every length of chunk.
func TestFrames_Push(t *testing.T) {
	want := []string{"", "short", strings.Repeat("m", 126), "2", strings.Repeat("l", 300), strings.Repeat("x", 70_000)}
	var stream []byte
	for _, payload := range want {
		stream = append(stream, serverFrame(opText, payload)...)
	}
	for _, chunk := range []int{1, 2, 3, 7, 100, 4096, len(stream)} {
		var f frames
		var got []string
		for rest := stream; len(rest) > 0; {
			n := min(chunk, len(rest))
			f.push(rest[:n], func(op byte, payload []byte) {
				if op != opText {
					t.Fatalf("opcode %d", op)
				}
				got = append(got, string(payload))
			})
			rest = rest[n:]
		}
		if strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Errorf("in chunks of %d: %d frames", chunk, len(got))
		}
		if f.partial != nil {
			t.Errorf("in chunks of %d: %d bytes are left", chunk, len(f.partial))
		}
	}
}

func TestClientFrame(t *testing.T) {
	for _, n := range []int{0, 125, 126, 1000} {
		b := clientFrame(opText, bytes.Repeat([]byte("a"), n))
		if b[0] != 0x81 || b[1]&0x80 == 0 {
			t.Fatalf("%d bytes: % x", n, b[:2])
		}
		b[1] &^= 0x80 // a mask of zeroes leaves the payload as it is
		masked, rest := b[:len(b)-n-4], b[len(b)-n:]
		_, payload, left, ok := nextFrame(append(masked[:len(masked):len(masked)], rest...))
		if !ok || len(payload) != n || len(left) != 0 {
			t.Errorf("%d bytes: %d came back, %d left, %t", n, len(payload), len(left), ok)
		}
	}
}

func FuzzFrames_Push(f *testing.F) {
	f.Add([]byte("\x81\x05hello\x81\x7e\x00\x80"), 3)
	f.Add([]byte("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, chunk int) {
		if chunk < 1 || len(stream) > 1<<16 {
			return
		}
		var whole, cut frames
		var a, b bytes.Buffer
		whole.push(stream, func(op byte, payload []byte) { a.WriteByte(op); a.Write(payload) })
		for rest := stream; len(rest) > 0; {
			n := min(chunk, len(rest))
			cut.push(rest[:n], func(op byte, payload []byte) { b.WriteByte(op); b.Write(payload) })
			rest = rest[n:]
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) || !bytes.Equal(whole.partial, cut.partial) {
			t.Errorf("chunks of %d are read otherwise than the whole", chunk)
		}
	})
}
