package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"harang.dev/harang/internal/auth"
)

// SigningKey checks the key file at path.
func SigningKey(path string) Finding {
	key, err := auth.FindKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Finding{Subject: "signing key", State: path + " does not exist yet, harang serve creates it"}
	case err != nil:
		return problem("signing key", err.Error(), "correct the file; a new one signs everybody out")
	}
	return Finding{Subject: "signing key", State: path + ", key " + key.ID}
}

// Clock finds a clock that was never set.
func Clock(now time.Time) Finding {
	if now.Year() < 2026 {
		return problem("clock", "it shows "+now.Format(time.DateTime), "set it right, by NTP")
	}
	return Finding{Subject: "clock", State: now.UTC().Format(time.RFC3339)}
}

// answerTimeout is how long a server that has the port may take to answer.
const answerTimeout = 3 * time.Second

// Port checks that the address of a flag is free, or that harang listens there
// and is ready.
func Port(ctx context.Context, flag, address string) Finding {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err == nil {
		_ = l.Close()
		return Finding{Subject: flag, State: address + " is free"}
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return problem(flag, err.Error(), "name an address of this machine and a port that this user may take")
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for _, path := range []string{"/readyz", "/metrics"} {
		status, text, err := get(ctx, "http://"+address+path)
		switch {
		case err != nil:
		case strings.Contains(text, `"status":"degraded"`) && status == http.StatusOK:
			return Finding{Subject: flag, State: "harang answers at " + address + " and is degraded: " +
				strings.Join(strings.Fields(text), " "), Cure: "see its log", Warning: true}
		case strings.Contains(text, `"dependencies"`) && status == http.StatusOK:
			return Finding{Subject: flag, State: "harang answers at " + address + " and is ready"}
		case strings.Contains(text, `"dependencies"`):
			return problem(flag, "harang answers at "+address+" but is not ready: "+
				strings.Join(strings.Fields(text), " "), "see its log")
		case strings.Contains(text, "harang_"), strings.Contains(text, "the admin listener"):
			return Finding{Subject: flag, State: "harang's admin listener answers at " + address}
		}
	}
	return problem(flag, address+" is taken by another program", "stop it, or choose another port")
}

func get(ctx context.Context, url string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, string(text), err
}

// Page checks that the page is built into the program.
func Page(built bool) Finding {
	if !built {
		return problem("page", "it is not built into this program", "run make build")
	}
	return Finding{Subject: "page", State: "is built in"}
}

// OpenFiles finds a limit of open files that a tenant's connections can reach.
func OpenFiles() Finding {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return Finding{Subject: "open files", State: "the limit is not known"}
	}
	if limit.Max < 4096 {
		return problem("open files", fmt.Sprintf("at most %d, one for each connection", limit.Max),
			"raise it, e.g. LimitNOFILE=65536")
	}
	return Finding{Subject: "open files", State: fmt.Sprintf("at most %d", limit.Max)}
}
