package main

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// As outside passes them.
const (
	saysEnd = 3
	hears   = 4
)

// first is process 1: what it does not survive, nobody in its namespace survives.
func first(o options) int {
	syscall.CloseOnExec(saysEnd)
	syscall.CloseOnExec(hears)
	signals := make(chan os.Signal, 32)
	signal.Notify(signals, passed...)
	begun := make(chan beginning)
	told := make(chan news)
	// It stays in the view, with the rights to change it; the rest of us stays where it can see mounts that come later.
	go inView(o, begun, told)
	start := <-begun
	if start.err != nil {
		say("%v", start.err)
		if errors.Is(start.err, fs.ErrNotExist) {
			return notFound
		}
		return notStarted
	}
	lessen()
	go func() {
		for one := range signals {
			syscall.Kill(-start.pid, one.(syscall.Signal))
		}
	}()
	go hear(hears, o.dir, told)
	if own, err := os.Readlink("/proc/self"); err == nil { // as it is known outside, where this /proc is of
		go bound(o, own, true, func() {
			tell(outOfMemory << 8)
			os.Exit(0)
		})
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			say("waiting: %v", err)
			return notStarted
		}
		if pid == start.pid {
			tell(status)
			return 0
		}
	}
}

// tell says outside how the program ended.
func tell(status syscall.WaitStatus) {
	var word [4]byte
	binary.NativeEndian.PutUint32(word[:], uint32(status))
	syscall.Write(saysEnd, word[:])
}

type beginning struct {
	pid int
	err error
}

func inView(o options, begun chan<- beginning, told <-chan news) {
	runtime.LockOSThread()
	program, err := view(o)
	if err != nil {
		begun <- beginning{err: err}
		return
	}
	pid, err := syscall.ForkExec(program, append([]string{appName}, os.Args[1:]...), &syscall.ProcAttr{
		Env:   syscall.Environ(),
		Files: []uintptr{0, 1, 2},
		// A session and a group of its own: signals to ours reach it through us, once.
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	begun <- beginning{pid, err}
	if err == nil {
		follow(o.dir, told)
	}
}

// lessen takes rights out of effect; only what changes the view takes them back, for that long. They stay ours, which keeps the program from tracing us.
func lessen() {
	all := capabilities()
	for i := range all {
		all[i].Effective = 0
	}
	setCapabilities(all)
}

func capabilities() (all [2]unix.CapUserData) {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	unix.Capget(&head, &all[0])
	return
}

func setCapabilities(all [2]unix.CapUserData) error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	return unix.Capset(&head, &all[0])
}
