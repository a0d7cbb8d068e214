package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// userHZ is the unit of the times in /proc/PID/stat: 100 a second on every
// Linux, whatever the kernel's own clock does.
const userHZ = 100

// cpuOf is the processor time that a process has used, to 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	return parseCPU(stat)
}

// parseCPU reads utime and stime, fields 14 and 15, of proc_pid_stat(5).
func parseCPU(stat []byte) (time.Duration, error) { return parseTimes(stat, 11) }

// parseTimes adds two fields after the name, the first at index.
func parseTimes(stat []byte, index int) (time.Duration, error) {
	fields := fieldsOf(stat)
	if len(fields) < index+2 {
		return 0, errors.New("this is no /proc/PID/stat")
	}
	user, err1 := strconv.ParseInt(fields[index], 10, 64)
	system, err2 := strconv.ParseInt(fields[index+1], 10, 64)
	return time.Duration(user+system) * time.Second / userHZ, errors.Join(err1, err2)
}

// cpuOfTree is the processor time of a process and its children, those that
// have ended included.
func cpuOfTree(pid int) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	total, err := parseCPU(stat)
	if err != nil {
		return 0, err
	}
	ended, err := parseEndedChildren(stat)
	if err != nil {
		return 0, err
	}
	total += ended
	others, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, file := range others {
		stat, err := os.ReadFile(file)
		if err != nil || parentIn(stat) != pid {
			continue // it has ended, or is no child
		}
		cpu, err := parseCPU(stat)
		if err != nil {
			return 0, err
		}
		total += cpu
	}
	return total, nil
}

// fieldsOf are the fields after the name in /proc/PID/stat: field 3 of
// proc_pid_stat(5) is the first.
func fieldsOf(stat []byte) []string {
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // the name may have anything inside
}

// parentIn reads ppid, field 4; 0 when there is none.
func parentIn(stat []byte) int {
	fields := fieldsOf(stat)
	if len(fields) < 2 {
		return 0
	}
	pid, _ := strconv.Atoi(fields[1])
	return pid
}

// parseEndedChildren reads cutime and cstime, fields 16 and 17.
func parseEndedChildren(stat []byte) (time.Duration, error) { return parseTimes(stat, 13) }

// residentOf is the resident memory of a process in bytes.
func residentOf(pid int) (int64, error) {
	statm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0, err
	}
	return parseResident(statm, os.Getpagesize())
}

// parseResident reads field 2 of proc_pid_statm(5).
func parseResident(statm []byte, pageSize int) (int64, error) {
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0, errors.New("this is no /proc/PID/statm")
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(pageSize), err
}

// process is a peer that runs.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// startProcess starts a command whose standard input and output are pipes.
func startProcess(ctx context.Context, name string, args ...string) (*process, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{command: command, in: in, out: bufio.NewScanner(out)}, command.Start()
}

func (p *process) pid() int { return p.command.Process.Pid }

// send gives a command and returns its answer.
func (p *process) send(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return "", err
	}
	return p.receive()
}

// receive waits for a line.
func (p *process) receive() (string, error) {
	if !p.out.Scan() {
		return "", errors.Join(errors.New("the peer ended"), p.out.Err())
	}
	return p.out.Text(), nil
}

// stop ends the process: its standard input ends, and after five seconds it is
// killed.
func (p *process) stop() {
	_ = p.in.Close()
	killer := time.AfterFunc(5*time.Second, func() { _ = p.command.Process.Kill() })
	defer killer.Stop()
	_ = p.command.Wait() // how it ended does not matter any more
}

// processorName is the model's name in /proc/cpuinfo.
func processorName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// nodeVersion is what Node.js says of itself.
func nodeVersion() string {
	text, err := exec.Command("node", "--version").Output() //nolint:noctx // it ends by itself
	if err != nil {
		return "no Node.js"
	}
	return "Node.js " + strings.TrimSpace(strings.TrimPrefix(string(text), "v"))
}
