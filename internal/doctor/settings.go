package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"

	"harang.dev/harang/internal/admin"
)

// Settings are what an operator has set up, as far as it can be risky.
type Settings struct {
	// Demo is --demo. DemoUsers are the addresses of users who have the demo
	// password.
	Demo      bool
	DemoUsers []string
	// Args is the command line.
	Args []string
	// AdminListen and TrustedProxies are the flags of those names.
	AdminListen    string
	TrustedProxies []netip.Prefix
	// Database is the SQLite file, "" with PostgreSQL.
	Database string
	// Secrets are the files that hold keys and passwords.
	Secrets []string
}

// Warnings returns a warning for each risky setting. They are not errors: a server
// starts with them, and says so in its log.
func (s Settings) Warnings() []Finding {
	var all []Finding
	warn := func(subject, state, cure string) {
		all = append(all, Finding{Subject: subject, State: state, Cure: cure, Warning: true})
	}
	if len(s.DemoUsers) > 0 && !s.Demo {
		warn("demo", "the known demo password opens "+strings.Join(s.DemoUsers, ", "),
			"set other passwords or disable the users: harang user set, harang user disable")
	}
	for i, arg := range admin.MaskPasswords(s.Args) {
		if arg != s.Args[i] {
			warn("password", "it is in a flag, where every user of this machine can read it: "+arg,
				"use --database-file or --redis-file, or the variable HARANG_DATABASE or HARANG_REDIS")
		}
	}
	if s.AdminListen != "" && !admin.IsLoopback(s.AdminListen) {
		warn("admin", "the admin listener at "+s.AdminListen+" is reachable from other machines, without encryption",
			"listen at 127.0.0.1, or let only the scraper's network reach it")
	}
	for _, proxy := range s.TrustedProxies {
		if proxy.Bits() == 0 {
			warn("proxy", "--trusted-proxy "+proxy.String()+" lets every client choose its own address",
				"name the addresses of the proxies only")
		}
	}
	for _, file := range append([]string{s.Database}, s.Secrets...) {
		if file == "" {
			continue
		}
		info, err := os.Stat(file)
		switch {
		case errors.Is(err, fs.ErrNotExist): // reported where it is used
		case err != nil:
			warn("files", err.Error(), "let this user read the folder")
		case info.Mode().Perm()&0o007 != 0:
			warn("files", fmt.Sprintf("%s can be read by everyone (mode %04o)", file, info.Mode().Perm()),
				"run chmod 600 "+file)
		case file != s.Database && info.Mode().Perm()&0o070 != 0:
			warn("files", fmt.Sprintf("%s can be read by its group (mode %04o)", file, info.Mode().Perm()),
				"run chmod 600 "+file)
		}
	}
	return all
}

// Redis is the finding about a Redis that was called, with the error of the call.
func Redis(err error) Finding {
	if err != nil {
		return Finding{Subject: "redis", State: sentence(err),
			Cure: "see that it runs, and that --redis has the right host and password"}
	}
	return Finding{Subject: "redis", State: "answers"}
}
