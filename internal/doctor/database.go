package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

// Open opens a database for reading.
type Open func(ctx context.Context) (*store.Store, error)

func (open Open) inspect(ctx context.Context) (store.Inspection, error) {
	st, err := open(ctx)
	if err != nil {
		return store.Inspection{}, err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing ends by itself
	return st.Inspect(ctx)
}

// File checks an SQLite database file and the disk it is on.
func File(ctx context.Context, path string, open Open) []Finding {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{
			{Subject: "database", State: path + " does not exist yet, harang serve or migrate creates it"},
			space(filepath.Dir(path)),
		}
	case err != nil:
		return []Finding{problem("database", err.Error(), "let this user read the folder")}
	case info.Mode().Perm()&0o007 != 0:
		return []Finding{problem("database", path+" can be read by everyone, and it holds password hashes",
			"run chmod 600 "+path)}
	}
	found, err := open.inspect(ctx)
	switch {
	case err != nil:
		return []Finding{problem("database", path+" cannot be read ("+sentence(err)+")",
			"name an SQLite file that this user may read")}
	case found.Damage != "":
		return []Finding{problem("database", path+" is damaged ("+found.Damage+")", "restore a backup")}
	case found.Schema == 0:
		return []Finding{problem("database", path+" is not a harang database",
			"name another file, or run harang migrate")}
	}
	return append(contents(path, found), space(filepath.Dir(path)))
}

// serverTimeout is how long a database server may take to answer.
const serverTimeout = 5 * time.Second

// Server checks a PostgreSQL database.
func Server(ctx context.Context, open Open) []Finding {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	found, err := open.inspect(ctx)
	switch {
	case err != nil:
		return []Finding{problem("database", sentence(err),
			"see that it runs, and that --database has the right host, user and password")}
	case found.Schema == 0:
		return []Finding{{Subject: "database", State: "PostgreSQL answers, harang serve or migrate creates the schema"}}
	}
	return contents("PostgreSQL", found)
}

// contents are the findings about what is in a database.
func contents(name string, found store.Inspection) []Finding {
	schema := Finding{Subject: "database", State: fmt.Sprintf("%s, schema %d", name, found.Schema)}
	switch newest := store.NewestSchema(); {
	case found.Schema > newest:
		schema = problem("database", fmt.Sprintf("schema %d is newer than this program's %d", found.Schema, newest),
			"use a newer harang")
	case found.Schema < newest:
		schema.State = fmt.Sprintf("%s has schema %d, harang serve or migrate brings it to %d", name,
			found.Schema, newest)
	}
	events := Finding{Subject: "events", State: "none in the future"}
	if ahead := time.Until(found.NewestEvent); ahead > time.Minute {
		events = problem("events", fmt.Sprintf("the newest one lies %s in the future", ahead.Round(time.Second)),
			"set the clock right, by NTP")
	}
	inbox := Finding{Subject: "inbox", State: "nothing was refused"}
	if found.RefusedInbox > 0 {
		inbox = problem("inbox", fmt.Sprintf("%d queued events were refused", found.RefusedInbox),
			"read the column problem of event_inbox, then correct or delete the rows")
	}
	return []Finding{schema, events, inbox}
}

// space checks the free space of the disk that a folder is on, or will be on.
func space(folder string) Finding {
	const least = 256 << 20
	for {
		var stat unix.Statfs_t
		err := unix.Statfs(folder, &stat)
		if errors.Is(err, unix.ENOENT) && folder != filepath.Dir(folder) {
			folder = filepath.Dir(folder)
			continue
		}
		if err != nil {
			return problem("disk", err.Error(), "let this user read the folder")
		}
		free := stat.Bavail * uint64(stat.Bsize) //nolint:gosec // a block has a positive size
		if free < least {
			return problem("disk", fmt.Sprintf("%d MiB are free at %s", free>>20, folder),
				"make room, 256 MiB at least")
		}
		return Finding{Subject: "disk", State: fmt.Sprintf("%d GiB are free at %s", free>>30, folder)}
	}
}

// sentence is an error's message for people, without a code.
func sentence(err error) string {
	var coded *harang.Error
	if errors.As(err, &coded) {
		return coded.Message
	}
	return err.Error()
}
