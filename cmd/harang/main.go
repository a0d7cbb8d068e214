// Command harang is the whole program: the server with the dashboard inside it,
// and the commands to set it up and look after it. This package is the only
// place where the technologies meet.
//
// Exit status: 0 done, 1 failed while running, 2 wrong usage or configuration.
// What fails says so in one line on standard error; with status 2 that line
// names the flag and the cure.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	_ "time/tzdata" // days are days in Budapest, on machines without a zone table too

	"github.com/alecthomas/kong"

	"harang.dev/harang"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// interruptible is a reader that a signal ends, which a terminal is not.
type interruptible struct {
	ctx context.Context //nolint:containedctx // a reader has no other way to know of it
	in  io.Reader
}

// Read reads, or fails with the context's error.
func (r interruptible) Read(b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buffer, done := make([]byte, len(b)), make(chan result, 1) // b is not ours once we have returned
	go func() {
		n, err := r.in.Read(buffer)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return copy(b, buffer[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// command is the program's line. Every flag has a variable HARANG_NAME.
type command struct {
	Serve    serveCommand    `cmd:"" help:"Serve the dashboard, its interface and its socket."`
	Migrate  migrateCommand  `cmd:"" help:"Create the database or bring its schema up to date."`
	Backup   backupCommand   `cmd:"" help:"Copy the SQLite database as it is now, beside a running server."`
	Restored restoredCommand `cmd:"" help:"After a restore: have every page reload, so that no lost event goes unnoticed."`
	Import   importCommand   `cmd:"" help:"Load a catalogue (places, partners, products, stock) from CSV."`
	Tenant   tenantCommand   `cmd:"" help:"Companies."`
	User     userCommand     `cmd:"" help:"People."`
	APIKey   apikeyCommand   `cmd:"" name:"apikey" help:"Keys of other applications."`
	Token    tokenCommand    `cmd:"" help:"Print an access token."`
	Emit     emitCommand     `cmd:"" help:"Send one event, as another application would."`
	Bench    benchCommand    `cmd:"" help:"Load a server and measure it."`
	Doctor   doctorCommand   `cmd:"" help:"Look for what is wrong and name the cure."`
	Version  versionCommand  `cmd:"" help:"Print the version."`

	ShowVersion kong.VersionFlag `name:"version" env:"-" help:"Print the version."`
}

// exit leaves run from within the parser (--help).
type exit int

func run(args []string, in io.Reader, out, errOut io.Writer) (status int) {
	defer func() {
		if v := recover(); v != nil {
			code, ok := v.(exit)
			if !ok {
				panic(v)
			}
			status = int(code)
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser, err := kong.New(&command{},
		kong.Name("harang"),
		kong.Description("The live operations dashboard of equipment-rental shops. Every flag has a variable: --listen is HARANG_LISTEN."),
		kong.DefaultEnvars("HARANG"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}),
		kong.Vars{"version": versionLine()},
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Bind(&streams{in: interruptible{ctx, in}, out: out, err: errOut}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return report(errOut, err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return report(errOut, usage("", "%s", strings.TrimSuffix(err.Error(), "\n")).cure("see harang --help"))
	}
	return report(errOut, parsed.Run())
}

// report prints an error on one line and returns the status for it.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, context.Canceled) { // by a signal
		fmt.Fprintln(w, "harang: interrupted before it was done")
		return exitFailed
	}
	fmt.Fprintln(w, "harang: "+oneLine(err))
	var u *usageError
	if errors.As(err, &u) {
		return exitUsage
	}
	return exitFailed
}

func oneLine(err error) string {
	text := err.Error()
	var coded *harang.Error
	var u *usageError
	if errors.As(err, &coded) && !errors.As(err, &u) {
		text = coded.Message
		if len(coded.Fields) > 1 {
			text = "" // the fields say it all
		}
		for _, f := range coded.Fields {
			if !strings.Contains(text, f.Field) {
				text += "; " + f.Field + ": " + f.Detail
			}
		}
		text = strings.TrimPrefix(text, "; ")
		if coded.Err != nil && coded.Err.Error() != text {
			text += " (" + coded.Err.Error() + ")"
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// usageError is wrong usage or configuration: status 2.
type usageError struct {
	flag, problem, remedy string
	cause                 error
}

// usage builds a usageError about a flag ("" when it is about none).
func usage(flag, format string, args ...any) *usageError {
	err := fmt.Errorf(format, args...)
	return &usageError{flag: flag, problem: err.Error(), cause: errors.Unwrap(err)}
}

func (u *usageError) cure(format string, args ...any) *usageError {
	u.remedy = fmt.Sprintf(format, args...)
	return u
}

func (u *usageError) Error() string {
	text := u.problem
	if u.flag != "" {
		text = u.flag + ": " + text
	}
	if u.remedy != "" {
		text += ": " + u.remedy
	}
	return text
}

func (u *usageError) Unwrap() error { return u.cause }
