package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// apart keeps it from abstract Unix sockets of others (a desktop's X server and bus have such), which belong to the network, and that is shared. Kernels from 6.12 on.
func apart() {
	ruleset := struct{ files, net, scoped uint64 }{scoped: 1} // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
	rules, _, err := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&ruleset)), unsafe.Sizeof(ruleset), 0)
	if err != 0 {
		return
	}
	unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0)
	unix.Close(int(rules))
}
