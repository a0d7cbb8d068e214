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
func parseCPU(stat []byte) (time.Duration, error) {
	end := bytes.LastIndexByte(stat, ')') // of the name, which may hold anything
	fields := strings.Fields(string(stat[end+1:]))
	if end < 0 || len(fields) < 13 {
		return 0, errors.New("this is no /proc/PID/stat")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / userHZ, errors.Join(err1, err2)
}

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
