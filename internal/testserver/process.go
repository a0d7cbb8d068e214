package testserver

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// startLimit is how long a server may take until it answers.
const startLimit = 30 * time.Second

// guard starts "$@", reports its pid and waits for the end of
// standard input: then it kills the server. $1 is the directory to remove with
// it, or empty.
const guard = `dir=$1; shift
"$@" </dev/null >>"$LOG" 2>&1 3>&- &
pid=$!
echo $pid >&3
exec 3>&-
while read -r _; do :; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
[ -z "$dir" ] || rm -rf "$dir"`

// process is one server process under its guard.
type process struct {
	name string
	dir  string
	args []string
	env  []string
	cred *syscall.Credential

	mu    sync.Mutex // guards what follows
	guard *exec.Cmd
	pipe  *os.File // closing it ends the server
	pid   int
	log   int64 // where the log of the present run begins
}

// directory makes a short temporary directory that cred may use. Sockets of
// Unix have short names, so it is not below the test's own.
func directory(cred *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("/tmp", "harang-t")
	if err != nil {
		return "", err
	}
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// freePort finds a port of 127.0.0.1 that is not in use, below the range of
// outgoing connections: while a server is stopped, no other program gets its port.
func freePort() (int, error) {
	const lowest, highest = 15_000, 32_000
	for try := 0; ; try++ {
		port := lowest + rand.IntN(highest-lowest)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)) //nolint:noctx // it does not wait
		if err == nil {
			return port, l.Close()
		}
		if try == 100 {
			return 0, err
		}
	}
}

// start runs the program and waits until ready returns nil.
func (p *process) start(ready func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.guard != nil {
		return fmt.Errorf("%s runs already", p.name)
	}
	if info, err := os.Stat(p.logFile()); err == nil {
		p.log = info.Size()
	}
	read, pipe, err := os.Pipe()
	if err != nil {
		return err
	}
	pids, report, err := os.Pipe()
	if err != nil {
		return err
	}
	//nolint:noctx // it outlives any one test and ends with the pipe
	cmd := exec.Command("/bin/sh", append([]string{"-c", guard, "guard", p.dir}, p.args...)...)
	cmd.Dir = p.dir
	cmd.Env = append(append(os.Environ(), "LOG="+p.logFile(), "LC_ALL=C.UTF-8"), p.env...)
	cmd.Stdin = read
	cmd.ExtraFiles = []*os.File{report}
	// A group of its own: an interrupt from the keyboard reaches the test
	// process, and the end of that one reaches the server.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.cred, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = read.Close()
	_ = report.Close()
	line, err := bufio.NewReader(pids).ReadString('\n')
	_ = pids.Close()
	pid, convErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || convErr != nil {
		_ = pipe.Close()
		_ = cmd.Wait()
		return fmt.Errorf("%s did not start: %s", p.name, p.lastLog())
	}
	p.guard, p.pipe, p.pid = cmd, pipe, pid
	testtime.Within(startLimit, func() bool {
		err = ready()
		return err == nil || syscall.Kill(pid, 0) != nil || zombie(pid)
	})
	if err != nil {
		err = fmt.Errorf("%s does not answer: %w\n%s", p.name, err, p.lastLog())
		p.endLocked()
	}
	return err
}

// zombie reports whether the process has ended and only waits for its parent.
// While it still has other threads its files, and so its port, may be open.
func zombie(pid int) bool {
	proc := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return false
	}
	_, rest, ok := strings.Cut(string(stat), ") ")
	threads, err := os.ReadDir(proc + "/task")
	return ok && strings.HasPrefix(rest, "Z") && err == nil && len(threads) <= 1
}

// id is the process id, 0 when the server does not run.
func (p *process) id() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

func (p *process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.guard == nil {
		return fmt.Errorf("%s does not run", p.name)
	}
	return syscall.Kill(p.pid, sig)
}

// stop sends sig and waits until the server is gone; its data stays.
func (p *process) stop(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.guard == nil {
		return fmt.Errorf("%s does not run", p.name)
	}
	if err := syscall.Kill(p.pid, sig); err != nil {
		return err
	}
	if !testtime.Within(startLimit, func() bool { return syscall.Kill(p.pid, 0) != nil || zombie(p.pid) }) {
		return fmt.Errorf("%s does not end: %s", p.name, p.lastLog())
	}
	// Killed, the guard does not remove the data.
	_ = p.guard.Process.Kill()
	_ = p.guard.Wait()
	_ = p.pipe.Close()
	p.guard, p.pipe, p.pid = nil, nil, 0
	return nil
}

// end kills the server and removes its directory.
func (p *process) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endLocked()
	_ = os.RemoveAll(p.dir)
}

func (p *process) endLocked() {
	if p.guard == nil {
		return
	}
	_ = p.pipe.Close()
	_ = p.guard.Wait()
	p.guard, p.pipe, p.pid = nil, nil, 0
}

func (p *process) logFile() string { return filepath.Join(p.dir, "log") }

// lastLog returns the end of what the server wrote in its present run.
func (p *process) lastLog() string {
	b, err := os.ReadFile(p.logFile())
	if err != nil {
		return "it wrote no log"
	}
	b = b[min(p.log, int64(len(b))):]
	return string(b[max(0, len(b)-2000):])
}

// shared starts one server for the whole test process.
type shared[T any] struct {
	once   sync.Once
	server T
	err    error
}

func (s *shared[T]) get(tb testing.TB, start func() (T, error)) T {
	tb.Helper()
	s.once.Do(func() { s.server, s.err = start() })
	if s.err != nil {
		tb.Fatal(s.err)
	}
	return s.server
}
