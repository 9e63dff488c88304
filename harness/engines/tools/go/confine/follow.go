package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A disk may be made read-only, or be mounted anew, while the program runs: mounts of a namespace do not follow by themselves.

const again = 250 * time.Millisecond

type mounted struct {
	id, path string
	flags    uintptr
}

var flagOf = map[string]uintptr{"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
	"noatime": unix.MS_NOATIME, "nodiratime": unix.MS_NODIRATIME, "relatime": unix.MS_RELATIME}

// mounts as the calling thread sees them; nothing here touches a mounted file system. Format: proc(5).
func mounts() []mounted {
	text, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return nil
	}
	var all []mounted
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			continue
		}
		one := mounted{id: fields[0], path: unescaped(fields[4])}
		for _, option := range strings.Split(fields[5], ",") {
			one.flags |= flagOf[option]
		}
		all = append(all, one)
	}
	return all
}

func unescaped(path string) string {
	for _, code := range []string{"040", "011", "012", "134"} {
		number, _ := strconv.ParseUint(code, 8, 8)
		path = strings.ReplaceAll(path, `\`+code, string(rune(number)))
	}
	return path
}

// covering tells on which mount a path lies: the last of those with the longest path.
func covering(table []mounted, path string) (found mounted) {
	for _, one := range table {
		if (one.path == "/" || one.path == path || strings.HasPrefix(path, one.path+"/")) && len(one.path) >= len(found.path) {
			found = one
		}
	}
	return
}

// watch tells, outside, each change of the mount on which the folder lies.
func watch(dir string, tells int) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return
	}
	now := covering(mounts(), dir)
	for {
		changed := []unix.PollFd{{Fd: int32(file.Fd()), Events: unix.POLLPRI}}
		if _, err := unix.Poll(changed, -1); err != nil && err != unix.EINTR {
			return
		}
		is := covering(mounts(), dir)
		if is == now {
			continue
		}
		readOnly := is.flags&unix.MS_RDONLY != 0
		if _, err := syscall.Write(tells, []byte(fmt.Sprintf("%t %t\n", readOnly, is.id != now.id))); err != nil {
			return
		}
		now = is
	}
}

type news struct {
	readOnly bool
	// It lies on another mount now: what is to be shown in its place, or -1 while there is nothing.
	anew bool
	tree int
}

// hear takes, inside, what is told; it stays where new mounts are seen, if this machine passes them on.
func hear(from int, dir string, told chan<- news) {
	runtime.LockOSThread()
	lines := make(chan news)
	go func() {
		for scanner := bufio.NewScanner(os.NewFile(uintptr(from), "news")); scanner.Scan(); {
			one := news{tree: -1}
			fmt.Sscanf(scanner.Text(), "%t %t", &one.readOnly, &one.anew)
			lines <- one
		}
	}()
	var last news
	missing := false
	for {
		var retry <-chan time.Time
		if missing {
			retry = time.After(again)
		}
		select {
		case last = <-lines:
		case <-retry:
		}
		if last.anew {
			withRights(func() {
				tree, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
				if missing = err != nil; missing {
					tree = -1
				}
				last.tree = tree
			})
		}
		told <- last
	}
}

// follow changes the view, in the thread that is in it.
func follow(dir string, told <-chan news) {
	for one := range told {
		withRights(func() {
			if one.anew {
				unix.Unmount(dir, unix.MNT_DETACH) // nothing, if it is away already
				if one.tree < 0 {
					return
				}
				if err := unix.MoveMount(one.tree, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
					say("%s, mounted anew: %v", filepath.Base(dir), err)
				}
				syscall.Close(one.tree)
			}
			flags := covering(mounts(), dir).flags &^ unix.MS_RDONLY
			if one.readOnly {
				flags |= unix.MS_RDONLY
			}
			var err error
			// Refused while a file is open for writing.
			for tries := 0; tries < 100; tries++ {
				if err = unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND|flags, ""); err != unix.EBUSY {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			if err != nil {
				say("%s, read-only %t: %v", filepath.Base(dir), one.readOnly, err)
			}
		})
	}
}

// withRights: of this thread, for that long.
func withRights(act func()) {
	all := capabilities()
	for i := range all {
		all[i].Effective = all[i].Permitted
	}
	setCapabilities(all)
	defer lessen()
	act()
}
