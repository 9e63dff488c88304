package main

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// plain runs it without namespaces. Whoever loses his parents becomes our child, so that all that the program started is below us, and ended with it.
func plain(o options) syscall.WaitStatus {
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	signals := make(chan os.Signal, 32)
	signal.Notify(signals, passed...)
	failed := syscall.WaitStatus(notStarted << 8)
	pid, err := syscall.ForkExec(self, append([]string{appName}, os.Args[1:]...), &syscall.ProcAttr{
		Env:   syscall.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		say("%v", err)
		return failed
	}
	go func() {
		for one := range signals {
			// SIGUSR2 to us: end everybody, whatever they ignore.
			if one == syscall.SIGUSR2 {
				syscall.Kill(pid, syscall.SIGKILL)
			} else {
				syscall.Kill(-pid, one.(syscall.Signal))
			}
		}
	}()
	var tooMuch atomic.Bool
	go bound(o, strconv.Itoa(os.Getpid()), false, func() {
		tooMuch.Store(true)
		syscall.Kill(pid, syscall.SIGKILL)
	})
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return failed
		}
		if ended == pid {
			endDescendants(time.Now().Add(2 * time.Second))
			if tooMuch.Load() {
				return outOfMemory << 8
			}
			return status
		}
	}
}

func endDescendants(until time.Time) {
	for time.Now().Before(until) {
		all := descendants(os.Getpid())
		if len(all) == 0 {
			return
		}
		for _, pid := range all {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
		time.Sleep(time.Millisecond)
	}
}

func descendants(of int) []int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	var found []int
	for next := children[of]; len(next) > 0; {
		found = append(found, next...)
		var below []int
		for _, pid := range next {
			below = append(below, children[pid]...)
		}
		next = below
	}
	return found
}
