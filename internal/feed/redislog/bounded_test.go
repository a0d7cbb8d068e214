package redislog

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/redis/rueidis"

	"harang.dev/harang"
	"harang.dev/harang/internal/testserver"
)

// TestAnswers_Refused: what makes the client allocate without bound, recurse without
// bound, panic, or read other lengths than those measured.
func TestAnswers_Refused(t *testing.T) {
	for name, text := range map[string]string{
		"array":               "*2000000000\r\n",
		"map":                 "%100000\r\n",
		"set":                 "~131073\r\n",
		"push":                ">99999999999999999999\r\n",
		"attribute":           "|2147483647\r\n",
		"string":              "$67108864\r\n",
		"error":               "!9223372036854775807\r\n",
		"verbatim":            "=100000000\r\n",
		"strings together":    "*2\r\n$1\r\nx\r\n$67108862\r\n",
		"arrays together":     "*2\r\n*131071\r\n",
		"nested":              strings.Repeat("*1\r\n", 17),
		"attributes":          strings.Repeat("|0\r\n", 17),
		"negative":            "*-2\r\n",
		"negative string":     "$-2\r\n",
		"absent map":          "%-1\r\n",
		"in pieces":           "$?\r\n",
		"array in pieces":     "*?\r\n",
		"piece":               ";4\r\n",
		"signed":              "*+2\r\n",
		"no number":           "*\r\n",
		"no carriage return":  "*20\n",
		"letters":             "*2x\r\n",
		"long number":         "*000000000000000000000001\r\n",
		"long line":           "+" + strings.Repeat("x", maxAnswerLine) + "\r\n",
		"long line unended":   "+" + strings.Repeat("x", maxAnswerLine),
		"hidden behind null":  "_ab*2000000000\r\n",
		"hidden behind a bit": "#ab*2000000000\r\n",
		"hidden behind end":   ".ab*2000000000\r\n",
		"no kind":             "hello\r\n",
		"empty line":          "\r\n",
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			var a answers
			accepted := true
			for rest := "+OK\r\n" + text; rest != "" && accepted; {
				n := min(size, len(rest))
				accepted, rest = a.accept([]byte(rest[:n])), rest[n:]
			}
			if accepted {
				t.Errorf("%s: accepted in pieces of %d", name, size)
			}
		}
	}
}

// TestAnswers_Accepted: an answer counts alone, however many came before, and however
// they are cut.
func TestAnswers_Accepted(t *testing.T) {
	entry := "*2\r\n$16\r\n0123456789abcdef\r\n$16384\r\n" + strings.Repeat("\n", 16<<10) + "\r\n"
	window := "*50\r\n" + strings.Repeat(entry, 50)
	text := window + "*-1\r\n$-1\r\n_\r\n#t\r\n:-1\r\n,1.5\r\n(123\r\n-ERR no\r\n*0\r\n%0\r\n$0\r\n\r\n" +
		"%2\r\n+a\r\n*2\r\n:1\r\n_\r\n+b\r\n~1\r\n=5\r\ntxt:x\r\n" +
		"|1\r\n+ttl\r\n:3\r\n>2\r\n+message\r\n$1\r\n|\r\n"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(strings.Repeat(text, 100)), "halves": iotest.HalfReader(strings.NewReader(text)),
		"bytes": iotest.OneByteReader(strings.NewReader(text)),
	} {
		var a answers
		buffer := make([]byte, 64<<10)
		for {
			n, err := r.Read(buffer)
			if !a.accept(buffer[:n]) {
				t.Fatalf("%s: refused", name)
			}
			if err != nil {
				break
			}
		}
		if a.skip != 0 || a.line != 0 || len(a.remaining) != 0 || a.bytes != 0 || a.elements != 0 {
			t.Errorf("%s: something is still to come: %+v", name, a)
		}
	}
}

// TestDial_HostileServer: a server that announces more than it may ends its connection
// and nothing else.
func TestDial_HostileServer(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprint(conn, "*2000000000\r\n")
			_, _ = io.Copy(io.Discard, conn) // until the client ends it
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-ended })
	client, err := Dial(t.Context(), "redis://"+listener.Addr().String())
	if err == nil {
		client.Close()
	}
	if harang.ErrorCode(err) != harang.CodeUnavailable || !strings.Contains(err.Error(), errTooLarge.Error()) {
		t.Errorf("%v", err)
	}
}

// TestDial_LargeAnswers: real answers up to the limit are read, one above it ends the
// connection, and the next call has a new one.
func TestDial_LargeAnswers(t *testing.T) {
	client := dial(t, testserver.StartRedis(t).URL())
	ask := func(script string) (int, error) {
		answer, err := client.Do(t.Context(), client.B().Eval().Script(script).Numkeys(0).Build()).ToArray()
		return len(answer), err
	}
	const array = "local a = {} for i = 1, %d do a[i] = i end return a"
	for range 3 {
		if n, err := ask(fmt.Sprintf(array, maxAnswerElements)); n != maxAnswerElements || err != nil {
			t.Errorf("%d elements, %v", n, err)
		}
		if _, err := ask(fmt.Sprintf(array, maxAnswerElements+1)); err == nil || rueidis.IsRedisNil(err) {
			t.Errorf("an answer above the limit: %v", err)
		}
	}
}
