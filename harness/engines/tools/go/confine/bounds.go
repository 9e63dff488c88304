package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// No limit of the kernel's bounds the memory or the time of several processes together but a control group's, which takes rights to make. So the program is looked at,
// as the agents of 2011 did. Between two looks RLIMIT_DATA bounds what one process can take.

const (
	seldom = time.Second
	// Once it has half of what it may.
	often = 100 * time.Millisecond
	// What one process may have beyond the program's share, in bytes: runtimes reserve more than they use.
	headroom = 512 << 20
	// The share of the processors is judged over so long.
	judged = 3 * time.Second
	// As Cloud Foundry has it: 128 + SIGKILL.
	outOfMemory = 137
	leastNice   = 19
	// The others come the next time.
	sessionsAtOnce = 10
	// So many of its processes that want to run whenever it is looked at are too many, however little of a busy machine they get.
	runnable = 2
)

type look struct {
	kib  uint64
	time time.Duration
	// Processes that run or would if they could.
	running int
	pids    []string
}

// bound looks at all below a process of ours until there is too much of it, and says so; too much of the processors only puts it behind everybody else.
func bound(o options, root string, ipc bool, end func()) {
	if o.memory == 0 {
		return
	}
	runtime.LockOSThread()
	most := o.memory << 10
	since, before, least := time.Now(), time.Duration(0), runnable+1
	for {
		is := lookAt(root, ipc)
		if is.kib > most {
			say("out of memory: it has %d MiB, its limit is %d MiB", is.kib>>10, o.memory)
			end()
			return
		}
		least = min(least, is.running)
		if passed := time.Since(since); passed >= judged {
			if is.time-before > passed || least > runnable {
				yield(is.pids)
			}
			since, before, least = time.Now(), is.time, runnable+1
		}
		if is.kib > most/2 {
			time.Sleep(often)
		} else {
			time.Sleep(seldom)
		}
	}
}

// lookAt counts what is theirs alone; programs and libraries are everybody's. Memory that is shared is counted where it is mapped or where it is held, whichever is more.
func lookAt(root string, ipc bool) (all look) {
	all.pids = below(root, nil)
	all.time, _ = spent(root) // orphans end as children of the root
	var mapped, held uint64
	seen := map[uint64]bool{}
	for _, pid := range all.pids {
		own, shared := memory(pid)
		all.kib += own
		mapped += shared
		time, runs := spent(pid)
		all.time += time
		if runs {
			all.running++
		}
		withRights(func() { held += files(pid, seen) })
	}
	if ipc {
		held += segments()
	}
	all.kib += max(mapped, held)
	return
}

// below: whoever loses his parents becomes a child of the root (process 1, or a subreaper).
func below(pid string, found []string) []string {
	threads, _ := os.ReadDir("/proc/" + pid + "/task")
	for _, thread := range threads {
		text, _ := os.ReadFile("/proc/" + pid + "/task/" + thread.Name() + "/children")
		for _, child := range strings.Fields(string(text)) {
			found = below(child, append(found, child))
		}
	}
	return found
}

func memory(pid string) (own, shared uint64) {
	file, err := os.Open("/proc/" + pid + "/status")
	if err != nil {
		return
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		switch name {
		case "RssAnon", "VmSwap":
			own += kib(value)
		case "RssShmem":
			shared += kib(value)
		}
	}
	return
}

func kib(value string) uint64 {
	number, _ := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
	return number
}

// files that are in memory and have no name (memfd_create): held by whoever has them open, mapped or not.
func files(pid string, seen map[uint64]bool) (kib uint64) {
	folder := "/proc/" + pid + "/fd/"
	open, _ := os.ReadDir(folder)
	for _, one := range open {
		if target, err := os.Readlink(folder + one.Name()); err != nil || !strings.HasPrefix(target, "/memfd:") {
			continue
		}
		var is syscall.Stat_t
		if syscall.Stat(folder+one.Name(), &is) == nil && !seen[is.Ino] {
			seen[is.Ino] = true
			kib += uint64(is.Blocks) / 2
		}
	}
	return
}

// segments of System V in our IPC namespace, attached or not. Format: proc_sysvipc(5), rss is the column before the last.
func segments() (kib uint64) {
	text, _ := os.ReadFile("/proc/sysvipc/shm")
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 14 {
			bytes, _ := strconv.ParseUint(fields[14], 10, 64)
			kib += bytes >> 10
		}
	}
	return
}

// spent: its own time and that of children which have ended (fields 14 to 17 of stat, in ticks of 10 ms).
func spent(pid string) (used time.Duration, runs bool) {
	text, _ := os.ReadFile("/proc/" + pid + "/stat")
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return
	}
	for _, field := range fields[11:15] {
		ticks, _ := strconv.ParseInt(field, 10, 64)
		used += time.Duration(ticks) * 10 * time.Millisecond
	}
	return used, fields[0] == "R"
}

// yield: they run when nobody else would. Where each session has a share of its own (autogroup), that is what must be less.
func yield(pids []string) {
	changes := sessionsAtOnce
	for _, pid := range pids {
		file := "/proc/" + pid + "/autogroup"
		if is, err := os.ReadFile(file); err == nil && changes > 0 && !strings.HasSuffix(strings.TrimSpace(string(is)), fmt.Sprint(" nice ", leastNice)) {
			os.WriteFile(file, []byte(fmt.Sprint(leastNice)), 0)
			changes--
			time.Sleep(often) // the kernel takes no more in that time
		}
		threads, _ := os.ReadDir("/proc/" + pid + "/task")
		for _, thread := range threads {
			if id := number("/proc/" + pid + "/task/" + thread.Name()); id > 0 {
				syscall.Setpriority(syscall.PRIO_PROCESS, id, leastNice)
			}
		}
	}
}

// number of a thread as we must call it: /proc is of the namespace outside, calls are of ours, the innermost.
func number(folder string) int {
	text, _ := os.ReadFile(folder + "/status")
	_, rest, _ := strings.Cut(string(text), "\nNSpid:")
	line, _, _ := strings.Cut(rest, "\n")
	all := strings.Fields(line)
	if len(all) == 0 {
		return 0
	}
	id, _ := strconv.Atoi(all[len(all)-1])
	return id
}
