package cli

import (
	"errors"
	"slices"
	"testing"

	"harang.dev/harang"
)

func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("a\nb"), "a b"},
		{Usagef("--x", "is %d", 1).Cure("use %s", "y"), "--x: is 1: use y"},
		{harang.Invalid(slices.Repeat([]harang.FieldError{{Field: "line 2, x", Detail: "d"}}, 23)...),
			"line 2, x: d; and 3 more"},
	} {
		if got := OneLine(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
