// flounder-confine runs one program with no more than it needs: it sees its own folder and what programs need of this machine, and nobody else's processes;
// it has no capability and no way to one; and it goes with all that it started, however that hides. It needs no rights itself.
//
//	outside   the process that the caller knows: it ends as the program did, by the same status or signal. It has user, process, mount and IPC namespaces made for
//	└ first   number 1 in there: makes the view, collects orphans, passes signals on. When it ends, the kernel ends everybody in there
//	  └ app   gives up all rights and becomes the program
//
// Each is this program again, told which by its first word. Where namespaces are not permitted, -plain does what remains: no new privileges, bounds, and an end
// for everybody whom the program left, found as this process' descendants.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	firstName = "flounder-confine: first"
	appName   = "flounder-confine: app"
	self      = "/proc/self/exe"
	// Ours, not the program's: it was not started.
	notFound   = 127
	notStarted = 126
)

type paths []string

func (p *paths) String() string     { return strings.Join(*p, " ") }
func (p *paths) Set(v string) error { *p = append(*p, v); return nil }

type options struct {
	dir, root    string
	readable     paths
	files, tasks uint64
	// MiB; 0: as much as there is.
	memory, size uint64
	plain, check bool
	argv         []string
}

func parse(words []string) options {
	var o options
	set := flag.NewFlagSet("flounder-confine", flag.ExitOnError)
	set.StringVar(&o.dir, "dir", "", "the program's own `folder`, in which it is started")
	set.StringVar(&o.root, "root", "", "an empty `folder`: the view is mounted upon it, where nobody else sees it")
	set.Var(&o.readable, "ro", "a `path` that it may read, where it is; may be given again")
	set.Uint64Var(&o.files, "files", 1024, "open files")
	set.Uint64Var(&o.tasks, "tasks", 512, "processes and threads")
	set.Uint64Var(&o.memory, "memory", 0, "all of it together, in `MiB`: beyond it the program is ended")
	set.Uint64Var(&o.size, "size", 0, "of one file, in `MiB`")
	set.BoolVar(&o.plain, "plain", false, "without namespaces")
	set.BoolVar(&o.check, "check", false, "try it, say how it works here, and end")
	set.Parse(words)
	o.argv = set.Args()
	return o
}

func say(format string, words ...any) {
	fmt.Fprintf(os.Stderr, "flounder-confine: "+format+"\n", words...)
}

// The kernel tells a child of the end of the thread that made it; this one lives as long as the process.
func init() { runtime.LockOSThread() }

func main() {
	o := parse(os.Args[1:])
	switch {
	case os.Args[0] == firstName:
		os.Exit(first(o))
	case os.Args[0] == appName:
		os.Exit(become(o))
	case o.check:
		os.Exit(try())
	case len(o.argv) == 0 || o.dir == "" || (o.root == "" && !o.plain):
		say("expected -dir FOLDER, -root FOLDER (or -plain) and a program")
		os.Exit(64)
	case o.plain:
		endAs(plain(o))
	default:
		status, err := outside(o, os.Args[1:])
		if err != nil {
			say("%v", err)
			os.Exit(notStarted)
		}
		endAs(status)
	}
}

// endAs ends this process as a status of wait(2) says: by the same number, or the same signal.
func endAs(status syscall.WaitStatus) {
	if status.Signaled() {
		dieBy(status.Signal())
		time.Sleep(time.Second) // another thread may take it
		os.Exit(128 + int(status.Signal()))
	}
	os.Exit(status.ExitStatus())
}

// try runs a program of one line confined, and says how that went; as an unprivileged user where we are root.
func try() int {
	if err := dropRoot(); err != nil {
		fmt.Println(err)
		return 1
	}
	trial, err := os.MkdirTemp("", "flounder-confine-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(trial)
	dir, root := trial+"/dir", trial+"/root"
	for _, folder := range []string{dir, root} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	words := []string{"-dir", dir, "-root", root}
	for _, path := range []string{"/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"} {
		words = append(words, "-ro", path)
	}
	const works = 77
	words = append(words, "--", "/bin/sh", "-c", "[ -e /proc/self/exe ] && echo 'own /proc' || echo 'empty /proc'; exit "+strconv.Itoa(works))
	status, err := outside(parse(words), words)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if !status.Exited() || status.ExitStatus() != works {
		fmt.Println("namespaces are made, and a program does not run in them")
		return 1
	}
	return 0
}
