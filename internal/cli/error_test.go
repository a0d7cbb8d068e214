package cli

import (
	"errors"
	"testing"
)

func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("a\nb"), "a b"},
		{Usagef("--x", "is %d", 1).Cure("use %s", "y"), "--x: is 1: use y"},
	} {
		if got := OneLine(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
