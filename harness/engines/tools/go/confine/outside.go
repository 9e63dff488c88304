package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const namespaces = syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWIPC

// What the first process inside needs, in its own user namespace: to mount, to change its root, to drop rights for good, to forbid more namespaces, and to look
// at programs that do not want to be looked at.
var rights = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT, unix.CAP_SETPCAP, unix.CAP_SYS_RESOURCE, unix.CAP_SYS_PTRACE}

// What is passed on. A group is signalled as a whole, so whoever is outside leaves it to the first one inside, which is in the same group.
var passed = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGALRM, syscall.SIGCONT}

// outside makes the namespaces, waits, and tells how the program ended.
func outside(o options, words []string) (syscall.WaitStatus, error) {
	signal.Notify(make(chan os.Signal, 8), passed...)
	ended, saysEnd, err := pipe()
	if err != nil {
		return 0, err
	}
	hears, tells, err := pipe()
	if err != nil {
		return 0, err
	}
	uid, gid := os.Geteuid(), os.Getegid()
	pid, err := syscall.ForkExec(self, append([]string{firstName}, words...), &syscall.ProcAttr{
		Env:   syscall.Environ(),
		Files: []uintptr{0, 1, 2, uintptr(saysEnd), uintptr(hears)},
		Sys: &syscall.SysProcAttr{
			Cloneflags:  namespaces,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}},
			AmbientCaps: rights,
			Pdeathsig:   syscall.SIGKILL,
		},
	})
	if err != nil {
		return 0, fmt.Errorf("this machine permits no namespaces to uid %d: %w%s", uid, err, restrictions())
	}
	syscall.Close(saysEnd)
	syscall.Close(hears)
	go watch(o.dir, tells)
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			break
		}
	}
	var word [4]byte
	if n, _ := syscall.Read(ended, word[:]); n == len(word) {
		status = syscall.WaitStatus(binary.NativeEndian.Uint32(word[:]))
	}
	return status, nil
}

func pipe() (read, write int, err error) {
	var ends [2]int
	err = syscall.Pipe2(ends[:], syscall.O_CLOEXEC)
	return ends[0], ends[1], err
}

// restrictions names what this machine says about them.
func restrictions() string {
	said := ""
	for _, path := range []string{"kernel/apparmor_restrict_unprivileged_userns", "kernel/unprivileged_userns_clone", "user/max_user_namespaces"} {
		if value, err := os.ReadFile("/proc/sys/" + path); err == nil {
			said += fmt.Sprintf("; %s is %s", strings.ReplaceAll(path, "/", "."), strings.TrimSpace(string(value)))
		}
	}
	return said
}

// dieBy ends us by a signal, whatever the runtime makes of it otherwise.
func dieBy(number syscall.Signal) {
	var byDefault [4]uint64 // struct sigaction: SIG_DFL, no flags, no mask
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(number), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
	none := uint64(0)
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&none)), 0, 8, 0, 0)
	syscall.Kill(os.Getpid(), number)
}

// dropRoot: whoever is root is not who would be confined. Rights are looked at anew, so that we may still look at ourselves.
func dropRoot() error {
	if os.Geteuid() != 0 {
		return nil
	}
	const nobody = 65_534
	for _, give := range []func() error{
		func() error { return syscall.Setgroups(nil) },
		func() error { return syscall.Setgid(nobody) },
		func() error { return syscall.Setuid(nobody) },
		func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) },
	} {
		if err := give(); err != nil {
			return fmt.Errorf("root cannot become nobody here: %w", err)
		}
	}
	return nil
}
