// Command harang is the whole program: the server with the dashboard inside it,
// and the commands to set it up and to administer it. This package only wires:
// it is the one place that imports every technology.
//
// Exit status: 0 done, 1 failed while running, 2 wrong usage or configuration.
// A failure is one line on standard error; with status 2 that line names the flag
// and the cure.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	_ "time/tzdata" // days are those of Budapest, also on machines without a zone table

	"github.com/alecthomas/kong"

	"harang.dev/harang/internal/cli"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is the command line. Every flag has a variable HARANG_NAME.
type command struct {
	Serve       serveCommand       `cmd:"" help:"Serve the dashboard, the HTTP interface and the socket."`
	Migrate     migrateCommand     `cmd:"" help:"Create the database or bring its schema up to date."`
	Backup      backupCommand      `cmd:"" help:"Copy the SQLite database as it is now, beside a running server."`
	Restored    restoredCommand    `cmd:"" help:"After a restore: start new epochs, so that every page reloads and no loss goes unnoticed."`
	Erase       eraseCommand       `cmd:"" help:"List the erased persons, or erase those of a list again after a restore."`
	Import      importCommand      `cmd:"" help:"Import locations, partners, products and stock from CSV."`
	Tenant      tenantCommand      `cmd:"" help:"Manage tenants (companies)."`
	User        userCommand        `cmd:"" help:"Manage users."`
	APIKey      apikeyCommand      `cmd:"" name:"apikey" help:"Manage the API keys of other applications."`
	Display     displayCommand     `cmd:"" help:"Manage the displays on walls, which show alerts and returns without a login."`
	Token       tokenCommand       `cmd:"" help:"Print an access token."`
	Emit        emitCommand        `cmd:"" help:"Send one event, as another application does."`
	Bench       benchCommand       `cmd:"" help:"Put a server under load and measure it."`
	Doctor      doctorCommand      `cmd:"" help:"Check database, disk, keys, clock and ports, and name the cure of each problem."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask whether a server is alive: status 0 or 1."`
	OpenAPI     openAPICommand     `cmd:"" name:"openapi" help:"Print the description of the HTTP interface (OpenAPI 3.1)."`
	AsyncAPI    asyncAPICommand    `cmd:"" name:"asyncapi" help:"Print the description of the socket (AsyncAPI 3)."`
	Version     versionCommand     `cmd:"" help:"Print the version."`

	ShowVersion kong.VersionFlag `name:"version" env:"-" help:"Print the version."`
}

// exit is the panic by which the parser leaves run (--help).
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
		kong.Description("The live operations dashboard of equipment-rental shops. Every flag has a variable: "+
			"--listen is HARANG_LISTEN."),
		kong.DefaultEnvars("HARANG"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}),
		kong.Vars{"version": versionLine()},
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Bind(&streams{in: cli.Interruptible(ctx, in), out: out, err: errOut}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return cli.Report(errOut, err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return cli.Report(errOut, cli.Usagef("", "%s", strings.TrimSuffix(err.Error(), "\n")).Cure("see harang --help"))
	}
	return cli.Report(errOut, parsed.Run())
}
