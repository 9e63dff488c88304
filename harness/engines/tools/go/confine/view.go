package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

var devices = []string{"null", "zero", "full", "random", "urandom"}

// What is kept in memory: a program's own /tmp.
const roomInMemory = "64m"

// view makes a root of its own for the thread that calls it, and goes there. It tells where this program is found in it.
func view(o options) (string, error) {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return "", fmt.Errorf("a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return "", fmt.Errorf("mounts apart: %w", err)
	}
	table := mounts()
	if err := unix.Mount("root", o.root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755,size=1m"); err != nil {
		return "", fmt.Errorf("a root at %s: %w", o.root, err)
	}
	// Where the folder of the view itself lies is where the program's own may lie too.
	at := func(path string) string { return o.root + path }
	for _, dir := range []string{"/dev/shm", "/etc", "/proc", "/run", "/tmp", "/var"} {
		if err := os.MkdirAll(at(dir), 0o755); err != nil {
			return "", err
		}
	}
	for _, path := range []string{"/tmp", "/dev/shm"} {
		if err := unix.Mount("tmp", at(path), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777,size="+roomInMemory); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := names(at("/etc")); err != nil {
		return "", err
	}
	links := map[string]string{"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2", "/var/tmp": "/tmp"}
	for link, target := range links {
		if err := os.Symlink(target, at(link)); err != nil {
			return "", err
		}
	}
	for _, name := range devices {
		if err := bind("/dev/"+name, at("/dev/"+name), false, nil); err != nil {
			return "", err
		}
	}
	for _, path := range o.readable {
		if err := bind(path, at(path), false, table); err != nil {
			return "", err
		}
	}
	program := self
	// A kernel whose /proc is hidden in part here gives us none of our own; an empty one shows nothing of others either.
	if err := unix.Mount("proc", at("/proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		own, err := os.Readlink(self)
		if err != nil {
			return "", err
		}
		program = "/dev/confine"
		if err := bind(own, at(program), false, nil); err != nil {
			return "", err
		}
	} else {
		// Whoever has a namespace of users has all rights in it, and the kernel more to get wrong.
		os.WriteFile(at("/proc/sys/user/max_user_namespaces"), []byte("0"), 0)
	}
	// Last: it may lie on a disk that hangs.
	if err := bind(o.dir, at(o.dir), true, nil); err != nil {
		return "", err
	}
	if err := unix.Mount("", o.root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
		return "", fmt.Errorf("the root, read-only: %w", err)
	}
	return program, enter(o.root)
}

// enter makes it the root, and takes the former one away.
func enter(root string) error {
	if err := unix.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err == unix.EPERM {
		return cover()
	} else if err != nil {
		return fmt.Errorf("going to %s: %w", root, err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leaving the former root: %w", err)
	}
	return unix.Chdir("/")
}

// cover: Docker's filter of system calls refuses pivot_root to everybody. The view is moved upon the root, and whoever enters a namespace anew, even its own, finds
// himself in what is on top. What is below cannot be reached without rights to unmount.
func cover() error {
	own, err := unix.Open("/proc/thread-self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(own)
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("moving the view upon the root: %w", err)
	}
	if err := unix.Setns(own, unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("entering the view: %w", err)
	}
	return unix.Chdir("/")
}

// bind shows a path at another place; symbolic links are made anew. Whoever is not its own is read-only: `table` tells which flags must stay.
func bind(path, at string, isFolder bool, table []mounted) error {
	if !isFolder {
		facts, err := os.Lstat(path)
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if facts.Mode()&os.ModeSymlink != 0 && !strings.HasPrefix(path, "/etc/") {
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				return err
			}
			return os.Symlink(target, at)
		}
		// Elsewhere links lead out of what is seen: what they lead to is shown.
		if facts, err = os.Stat(path); err != nil {
			return nil
		}
		isFolder = facts.IsDir()
	}
	if isFolder {
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
	} else {
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		file, err := os.OpenFile(at, os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		file.Close()
	}
	if err := unix.Mount(path, at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if table == nil {
		return nil
	}
	flags := covering(table, path).flags
	if err := unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|flags, ""); err != nil {
		return fmt.Errorf("%s, read-only: %w", path, err)
	}
	return nil
}

// names: whoever runs it has one, and a home, as programs expect; nobody else of this machine is named.
func names(etc string) error {
	uid, gid := os.Geteuid(), os.Getegid()
	passwd := "root:x:0:0:root:/root:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
	group := "root:x:0:\nnogroup:x:65534:\n"
	if uid != 0 && uid != 65_534 {
		passwd += fmt.Sprintf("vcap:x:%d:%d:app:/tmp:/bin/sh\n", uid, gid)
		group += fmt.Sprintf("vcap:x:%d:\n", gid)
	}
	for name, text := range map[string]string{"passwd": passwd, "group": group} {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// become gives up everything and turns into the program. It is already where it may be.
func become(o options) int {
	if err := os.Chdir(o.dir); err != nil {
		say("%v", err)
		return notFound
	}
	limits := map[int]uint64{syscall.RLIMIT_CORE: 0, syscall.RLIMIT_NOFILE: o.files}
	if !o.plain {
		// Of a user in a namespace of its own; elsewhere it counts all of them.
		limits[unix.RLIMIT_NPROC] = o.tasks
	}
	if o.memory > 0 {
		limits[syscall.RLIMIT_DATA] = o.memory<<20 + headroom
	}
	if o.size > 0 {
		limits[syscall.RLIMIT_FSIZE] = o.size << 20
	}
	for what, most := range limits {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(what, &now); err != nil || most > now.Max {
			most = now.Max
		}
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			say("limit %d: %v", what, err)
			return notStarted
		}
	}
	if err := giveUp(); err != nil {
		say("giving up rights: %v", err)
		return notStarted
	}
	err := syscall.Exec(o.argv[0], o.argv, syscall.Environ())
	if err == syscall.ENOEXEC { // a script that does not say whose: the shell's
		err = syscall.Exec("/bin/sh", append([]string{"/bin/sh"}, o.argv...), syscall.Environ())
	}
	say("%s: %v", o.argv[0], err)
	if err == syscall.ENOENT {
		return notFound
	}
	return notStarted
}

func giveUp() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	for right := uintptr(0); right <= unix.CAP_LAST_CAP+8; right++ {
		unix.Prctl(unix.PR_CAPBSET_DROP, right, 0, 0, 0) // not ours to drop where we are plain, and of no use with no_new_privs
	}
	if err := setCapabilities([2]unix.CapUserData{}); err != nil {
		return err
	}
	apart()
	return nil
}
