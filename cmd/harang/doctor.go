package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/web"
)

type doctorCommand struct {
	databaseFlags
	Listen      string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the server listens or shall listen; ${default} unless named."`
	AdminListen string `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Its admin listener; ${default} unless named."`
}

// finding is what one look found.
type finding struct {
	what string
	// state is good news, or what is wrong when cure is not empty.
	state, cure string
}

// Run looks at everything that a server needs, changes nothing, and prints what
// is wrong with the cure. Anything wrong: status 1.
func (c *doctorCommand) Run(ctx context.Context, s *streams) error {
	url, err := c.url()
	if err != nil {
		return err
	}
	path, err := c.path()
	if err != nil {
		return err
	}
	var found []finding
	if isPostgres(url) {
		found = append(found, lookAtServer(ctx, url)...)
	} else {
		found = append(found, lookAtFile(ctx, path)...)
	}
	found = append(found, c.lookAtKey(), lookAtClock(time.Now()),
		lookAtPort(ctx, "--listen", c.Listen), lookAtPort(ctx, "--admin-listen", c.AdminListen),
		lookAtPage(), lookAtLimits())
	return tell(s.out, found)
}

func tell(out io.Writer, found []finding) error {
	wrong := 0
	for _, f := range found {
		mark, text := "ok   ", f.state
		if f.cure != "" {
			wrong++
			mark, text = "WRONG", f.state+": "+f.cure
		}
		fmt.Fprintf(out, "%s  %-12s  %s\n", mark, f.what, text)
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d looks found something wrong", wrong, len(found))
	}
	return nil
}

// lookAtFile looks at an SQLite file without opening it for writing.
func lookAtFile(ctx context.Context, path string) []finding {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{what: "database", state: path + " is not there yet, harang serve or migrate makes it"}, lookAtSpace(filepath.Dir(path))}
	case err != nil:
		return []finding{{"database", err.Error(), "let this user read the folder"}}
	case info.Mode().Perm()&0o007 != 0:
		return []finding{{"database", path + " can be read by everyone, and it holds password hashes", "run chmod 600 " + path}}
	}
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro&_pragma=busy_timeout(2000)"
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return []finding{{"database", err.Error(), "name an SQLite file"}}
	}
	defer func() { _ = db.Close() }()
	return []finding{lookInside(ctx, db, path), lookAtEvents(ctx, db), lookAtInbox(ctx, db), lookAtSpace(filepath.Dir(path))}
}

// lookInside checks the file's structure and its schema's version.
func lookInside(ctx context.Context, db *sql.DB, path string) finding {
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return finding{"database", path + " cannot be read (" + err.Error() + ")", "name an SQLite file that this user may read"}
	}
	if verdict != "ok" {
		return finding{"database", path + " is damaged (" + verdict + ")", "restore a backup"}
	}
	var version int
	if err := db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = 1`).Scan(&version); err != nil {
		return finding{"database", path + " is not a harang database", "name another file, or run harang migrate"}
	}
	switch newest := newestSchema(); {
	case version > newest:
		return finding{"database", fmt.Sprintf("schema %d is newer than this program's %d", version, newest), "use a newer harang"}
	case version < newest:
		return finding{what: "database", state: fmt.Sprintf("%s has schema %d, harang serve or migrate brings it to %d", path, version, newest)}
	}
	return finding{what: "database", state: fmt.Sprintf("%s, schema %d", path, version)}
}

// newestSchema is the newest schema that this program knows.
func newestSchema() int {
	newest := 0
	names, _ := fs.Glob(store.Migrations(), "*.sql") // the pattern is a good one
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		if n, err := strconv.Atoi(digits); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}

// lookAtEvents finds a clock that was set back.
func lookAtEvents(ctx context.Context, db *sql.DB) finding {
	var last sql.NullInt64
	if err := db.QueryRowContext(ctx, `SELECT max(at) FROM events`).Scan(&last); err != nil {
		return finding{what: "events", state: "none yet"}
	}
	if ahead := time.Until(time.UnixMilli(last.Int64)); last.Valid && ahead > time.Minute {
		return finding{"events", fmt.Sprintf("the newest one lies %s in the future", ahead.Round(time.Second)), "set the clock right, by NTP"}
	}
	return finding{what: "events", state: "none in the future"}
}

// lookAtInbox finds events of other applications that were refused.
func lookAtInbox(ctx context.Context, db *sql.DB) finding {
	var refused int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM event_inbox WHERE refused_at IS NOT NULL`).Scan(&refused)
	switch {
	case err != nil:
		return finding{what: "inbox", state: "is not there yet"}
	case refused > 0:
		return finding{"inbox", fmt.Sprintf("%d queued events were refused", refused), "read the column problem of event_inbox, then mend or delete the rows"}
	}
	return finding{what: "inbox", state: "nothing was refused"}
}

func lookAtSpace(folder string) finding {
	const least = 256 << 20
	for {
		var stat unix.Statfs_t
		err := unix.Statfs(folder, &stat)
		if errors.Is(err, unix.ENOENT) && folder != filepath.Dir(folder) {
			folder = filepath.Dir(folder)
			continue
		}
		if err != nil {
			return finding{"disk", err.Error(), "let this user read the folder"}
		}
		free := stat.Bavail * uint64(stat.Bsize) //nolint:gosec // a block has a positive size
		if free < least {
			return finding{"disk", fmt.Sprintf("%d MiB are free at %s", free>>20, folder), "make room, 256 MiB at least"}
		}
		return finding{what: "disk", state: fmt.Sprintf("%d GiB are free at %s", free>>30, folder)}
	}
}

func lookAtServer(ctx context.Context, url string) []finding {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", url)
	if err != nil {
		return []finding{{"database", "the address cannot be read", "write postgres://user:password@host:5432/name"}}
	}
	defer func() { _ = db.Close() }()
	if err := db.PingContext(ctx); err != nil {
		return []finding{{"database", "PostgreSQL does not answer", "see that it runs, and that --database has the right host, user and password"}}
	}
	return []finding{{what: "database", state: "PostgreSQL answers"}, lookAtEvents(ctx, db), lookAtInbox(ctx, db)}
}

func (c *doctorCommand) lookAtKey() finding {
	path, err := c.keyPath()
	if err != nil {
		return finding{"signing key", "none is named", "give --signing-key-file, which PostgreSQL needs"}
	}
	key, err := auth.FindKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{what: "signing key", state: path + " is not there yet, harang serve makes it"}
	case err != nil:
		return finding{"signing key", err.Error(), "mend the file; a new one signs everybody out"}
	}
	return finding{what: "signing key", state: path + ", key " + key.ID}
}

// lookAtClock finds a clock that was never set.
func lookAtClock(now time.Time) finding {
	if now.Year() < 2026 {
		return finding{"clock", "it shows " + now.Format(time.DateTime), "set it right, by NTP"}
	}
	return finding{what: "clock", state: now.UTC().Format(time.RFC3339)}
}

// lookAtPort tells whether an address is free, or who answers there.
func lookAtPort(ctx context.Context, flag, address string) finding {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err == nil {
		_ = l.Close()
		return finding{what: flag, state: address + " is free"}
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return finding{flag, err.Error(), "name an address of this machine and a port that this user may take"}
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for _, path := range []string{"/readyz", "/metrics"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			break
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			break
		}
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		_ = answer.Body.Close()
		switch {
		case strings.Contains(string(text), `"dependencies"`) && answer.StatusCode == http.StatusOK:
			return finding{what: flag, state: "harang answers at " + address + " and is ready"}
		case strings.Contains(string(text), `"dependencies"`):
			return finding{flag, "harang answers at " + address + " but is not ready: " + oneLine(errors.New(string(text))), "see its log"}
		case strings.Contains(string(text), "harang_"):
			return finding{what: flag, state: "harang's metrics answer at " + address}
		}
	}
	return finding{flag, address + " is taken by another program", "stop it, or choose another port"}
}

func lookAtPage() finding {
	if _, ok := web.FS(); !ok {
		return finding{"page", "it is not built into this program", "run make build"}
	}
	return finding{what: "page", state: "is built in"}
}

// lookAtLimits finds a limit of open files that a shop's connections reach.
func lookAtLimits() finding {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return finding{what: "open files", state: "the limit is not known"}
	}
	if limit.Max < 4096 {
		return finding{"open files", fmt.Sprintf("at most %d, one for each connection", limit.Max), "raise it, e.g. LimitNOFILE=65536"}
	}
	return finding{what: "open files", state: fmt.Sprintf("at most %d", limit.Max)}
}
