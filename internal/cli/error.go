package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"harang.dev/harang"
)

// The exit statuses.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitUsage  = 2
)

// UsageError is wrong usage or configuration: status 2.
type UsageError struct {
	flag, problem, cure string
	cause               error
}

// Usagef builds a UsageError about a flag, "" when it is about none. The format
// is as for fmt.Errorf.
func Usagef(flag, format string, args ...any) *UsageError {
	err := fmt.Errorf(format, args...)
	return &UsageError{flag: flag, problem: err.Error(), cause: errors.Unwrap(err)}
}

// Cure adds what the user can do about it.
func (u *UsageError) Cure(format string, args ...any) *UsageError {
	u.cure = fmt.Sprintf(format, args...)
	return u
}

// Problem returns what is wrong, without the cure.
func (u *UsageError) Problem() string {
	if u.flag != "" {
		return u.flag + ": " + u.problem
	}
	return u.problem
}

// Remedy returns what the user can do about it.
func (u *UsageError) Remedy() string { return u.cure }

// Error is "flag: problem: cure".
func (u *UsageError) Error() string {
	text := u.Problem()
	if u.cure != "" {
		text += ": " + u.cure
	}
	return text
}

// Unwrap returns the cause.
func (u *UsageError) Unwrap() error { return u.cause }

// Refused turns the refusal of a command's input into a UsageError about a flag.
// Other errors stay as they are.
func Refused(flag string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err // by a signal, whatever it was about
	}
	switch harang.ErrorCode(err) {
	case harang.CodeInvalidRequest, harang.CodeConflict, harang.CodeNotFound, harang.CodeForbidden,
		harang.CodeLastAdmin:
		return Usagef(flag, "%s", OneLine(err))
	}
	return err
}

// Report prints an error on one line and returns the exit status for it.
func Report(w io.Writer, err error) int {
	if err == nil {
		return ExitDone
	}
	if errors.Is(err, context.Canceled) { // by a signal
		fmt.Fprintln(w, "harang: interrupted before it was done")
		return ExitFailed
	}
	fmt.Fprintln(w, "harang: "+OneLine(err))
	var u *UsageError
	if errors.As(err, &u) {
		return ExitUsage
	}
	return ExitFailed
}

// mostFields is how many errors of fields a line shows.
const mostFields = 20

// OneLine returns an error's message, fields and cause on one line.
func OneLine(err error) string {
	text := err.Error()
	var coded *harang.Error
	var u *UsageError
	if errors.As(err, &coded) && !errors.As(err, &u) {
		text = coded.Message
		if len(coded.Fields) > 1 {
			text = "" // the fields say it all
		}
		for _, f := range coded.Fields[:min(len(coded.Fields), mostFields)] {
			if !strings.Contains(text, f.Field) {
				text += "; " + f.Field + ": " + f.Detail
			}
		}
		text = strings.TrimPrefix(text, "; ")
		if more := len(coded.Fields) - mostFields; more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
		if coded.Err != nil && coded.Err.Error() != text {
			text += " (" + coded.Err.Error() + ")"
		}
	}
	return strings.Join(strings.Fields(text), " ")
}
