package engineio

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// The outbox returns what was pushed, once and in order, whichever way it is taken out; bytes is its size.
func TestOutbox_Model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o outbox
		var model [][]byte // what is in the outbox
		writing := 0       // segments of the batch
		number := byte(0)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1:
				number++
				f := Binary(bytes.Repeat([]byte{number}, rapid.IntRange(0, batchSize).Draw(t, "size")))
				o.push(f.b, int64(number))
				model = append(model, f.b)
			case 2:
				batch := o.begin(nil)
				size := 0
				for i, b := range batch {
					if !bytes.Equal(b, model[writing+i]) {
						t.Fatalf("segment %d of the batch is another", i)
					}
					size += len(b)
				}
				rest := len(model) - writing
				if rest > 0 && (len(batch) == 0 || size < batchSize && len(batch) < rest) {
					t.Fatalf("a batch of %d segments and %d bytes of %d", len(batch), size, rest)
				}
				writing += len(batch)
			case 3:
				o.written()
				model, writing = model[writing:], 0
			case 4:
				o.dropUnwritten()
				model = model[:writing]
			case 5:
				if writing > 0 {
					continue // polling has no batch
				}
				var want []byte
				for _, b := range model {
					want = appendPayload(want, b)
				}
				if got := o.takePayload(); !bytes.Equal(got, want) {
					t.Fatalf("payload of %d bytes, want %d", len(got), len(want))
				}
				model = nil
			}
			size := 0
			for _, b := range model {
				size += len(b)
			}
			if o.bytes != size || len(o.segments) != len(model) || o.inflight != writing {
				t.Fatalf("%d bytes, %d segments, %d in flight; want %d, %d, %d",
					o.bytes, len(o.segments), o.inflight, size, len(model), writing)
			}
			if at, ok := o.oldest(); ok != (len(model) > 0) || ok && !bytes.Equal(o.segments[0].b, model[0]) {
				t.Fatalf("the oldest is %d, %t", at, ok)
			}
		}
	})
}

func TestOutbox_Full(t *testing.T) {
	var o outbox
	if o.full(1000, 10) {
		t.Error("an empty outbox refuses a long frame")
	}
	o.push(make([]byte, 8), 1)
	if o.full(2, 10) || !o.full(3, 10) {
		t.Error("the limit is not exact")
	}
}

// A partly written segment is never dropped: the client would receive half a frame.
func TestOutbox_DropKeepsPartial(t *testing.T) {
	var o outbox
	o.partial = true
	o.push([]byte("rest"), 1)
	o.push([]byte("next"), 2)
	o.dropUnwritten()
	if len(o.segments) != 1 || string(o.segments[0].b) != "rest" || o.bytes != 4 {
		t.Errorf("%d segments, %d bytes", len(o.segments), o.bytes)
	}
	o.begin(nil)
	o.written()
	if o.partial || o.bytes != 0 || o.segments != nil {
		t.Errorf("%+v", o)
	}
}

// On an upgrade the age of the segments starts over, and binary messages are converted for a client with b64.
func TestOutbox_Upgraded(t *testing.T) {
	var o outbox
	o.push(Text([]byte("a")).b, 1)
	o.push(Join(Binary([]byte("abc")), Text([]byte("b"))).b, 2)
	before := o.takePayload()
	o.push(Text([]byte("a")).b, 1)
	o.push(Join(Binary([]byte("abc")), Text([]byte("b"))).b, 2)
	o.upgraded(true, 7)
	if at, ok := o.oldest(); !ok || at != 7 {
		t.Errorf("oldest %d, %t", at, ok)
	}
	if bytes.Contains(o.segments[1].b, []byte("abc")) {
		t.Error("a binary message was not converted")
	}
	if after := o.takePayload(); !bytes.Equal(before, after) || o.bytes != 0 {
		t.Errorf("payload %q, want %q; %d bytes", after, before, o.bytes)
	}
}
