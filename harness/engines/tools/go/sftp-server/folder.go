package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/pkg/sftp"
)

// folder answers requests about what lies beneath one folder. Paths come as absolute ones, of which that folder is the root.
type folder struct {
	root *os.Root
	fd   int
}

func newFolder(name string) (*folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	return &folder{root, fd}, err
}

func within(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return "."
	}
	return name
}

// What the kernel said, as SFTP has it; a path that leads out is one that may not be gone.
func said(err error) error {
	if err == nil {
		return nil
	}
	var number syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.ErrNotExist
	case errors.As(err, &number) && number == syscall.EACCES, errors.As(err, &number) && number == syscall.EPERM:
		return os.ErrPermission
	case errors.As(err, &number):
		return number
	case strings.Contains(err.Error(), "path escapes"):
		return os.ErrPermission
	}
	return err
}

func flagsOf(request *sftp.Request) int {
	asked := request.Pflags()
	flags := os.O_RDONLY
	if asked.Read && asked.Write {
		flags = os.O_RDWR
	} else if asked.Write {
		flags = os.O_WRONLY
	}
	if asked.Append {
		flags |= os.O_APPEND
	}
	if asked.Creat {
		flags |= os.O_CREATE
	}
	if asked.Trunc {
		flags |= os.O_TRUNC
	}
	if asked.Excl {
		flags |= os.O_EXCL
	}
	return flags
}

func (f *folder) open(request *sftp.Request) (*os.File, error) {
	mode := os.FileMode(0o666)
	if request.AttrFlags().Permissions {
		mode = request.Attributes().FileMode().Perm()
	}
	file, err := f.root.OpenFile(within(request.Filepath), flagsOf(request), mode)
	return file, said(err)
}

func (f *folder) Fileread(request *sftp.Request) (io.ReaderAt, error)  { return f.open(request) }
func (f *folder) Filewrite(request *sftp.Request) (io.WriterAt, error) { return f.open(request) }
func (f *folder) OpenFile(request *sftp.Request) (sftp.WriterAtReaderAt, error) {
	return f.open(request)
}

func (f *folder) Filecmd(request *sftp.Request) error {
	name := within(request.Filepath)
	switch request.Method {
	case "Setstat":
		return said(f.setstat(name, request))
	case "Rename":
		// Version 3 of the protocol does not replace what is there (draft-ietf-secsh-filexfer-02, 6.5).
		if _, err := f.root.Lstat(within(request.Target)); err == nil {
			return sftp.ErrSSHFxFailure
		}
		return said(f.root.Rename(name, within(request.Target)))
	case "Rmdir", "Remove":
		return said(f.remove(name, request.Method == "Rmdir"))
	case "Mkdir":
		return said(f.root.Mkdir(name, 0o777))
	case "Link":
		return said(f.root.Link(name, within(request.Target)))
	case "Symlink":
		return said(f.symlink(request.Filepath, within(request.Target)))
	}
	return sftp.ErrSSHFxOpUnsupported
}

func (f *folder) PosixRename(request *sftp.Request) error {
	return said(f.root.Rename(within(request.Filepath), within(request.Target)))
}

func (f *folder) remove(name string, isFolder bool) error {
	info, err := f.root.Lstat(name)
	if err != nil {
		return err
	}
	if info.IsDir() != isFolder {
		if isFolder {
			return syscall.ENOTDIR
		}
		return syscall.EISDIR
	}
	return f.root.Remove(name)
}

// A link may say what it likes: who follows it is held beneath the root all the same. One that leads out from the start is refused.
func (f *folder) symlink(target, name string) error {
	if path.IsAbs(target) || strings.HasPrefix(path.Clean(path.Join(path.Dir("/"+name), target)), "/..") {
		return syscall.EPERM
	}
	return f.root.Symlink(target, name)
}

func (f *folder) setstat(name string, request *sftp.Request) error {
	flags, to := request.AttrFlags(), request.Attributes()
	if flags.Size {
		file, err := f.root.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		err = file.Truncate(int64(to.Size))
		file.Close()
		if err != nil {
			return err
		}
	}
	if flags.Permissions {
		if err := f.root.Chmod(name, to.FileMode().Perm()); err != nil {
			return err
		}
	}
	if flags.Acmodtime {
		if err := f.root.Chtimes(name, time.Unix(int64(to.Atime), 0), time.Unix(int64(to.Mtime), 0)); err != nil {
			return err
		}
	}
	// Whose a file is, is not for the other end of the line to say: all of it is this process's.
	return nil
}

type infos []fs.FileInfo

func (all infos) ListAt(to []fs.FileInfo, from int64) (int, error) {
	if from >= int64(len(all)) {
		return 0, io.EOF
	}
	n := copy(to, all[from:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

func (f *folder) Filelist(request *sftp.Request) (sftp.ListerAt, error) {
	name := within(request.Filepath)
	if request.Method == "Stat" {
		info, err := f.root.Stat(name)
		return infos{info}, said(err)
	}
	if request.Method != "List" {
		return nil, sftp.ErrSSHFxOpUnsupported
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, said(err)
	}
	defer file.Close()
	found, err := file.Readdir(-1)
	return infos(found), said(err)
}

func (f *folder) Lstat(request *sftp.Request) (sftp.ListerAt, error) {
	info, err := f.root.Lstat(within(request.Filepath))
	return infos{info}, said(err)
}

func (f *folder) Readlink(name string) (string, error) {
	target, err := f.root.Readlink(within(name))
	return target, said(err)
}

func (f *folder) StatVFS(_ *sftp.Request) (*sftp.StatVFS, error) {
	var is syscall.Statfs_t
	if err := syscall.Fstatfs(f.fd, &is); err != nil {
		return nil, err
	}
	return &sftp.StatVFS{
		Bsize: uint64(is.Bsize), Frsize: uint64(is.Frsize), Blocks: is.Blocks, Bfree: is.Bfree, Bavail: is.Bavail,
		Files: is.Files, Ffree: is.Ffree, Favail: is.Ffree, Namemax: uint64(is.Namelen),
	}, nil
}
