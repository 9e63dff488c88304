// An SFTP server over stdin and stdout that sees the folder in which it was started, and nothing else: every path is resolved beneath it by the kernel
// (os.Root), so neither "..", nor an absolute path, nor a symbolic link leads out.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/pkg/sftp"
)

type stdio struct {
	io.Reader
	io.WriteCloser
}

func main() {
	folder, err := newFolder(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sftp-server:", err)
		os.Exit(1)
	}
	handlers := sftp.Handlers{FileGet: folder, FilePut: folder, FileCmd: folder, FileList: folder}
	server := sftp.NewRequestServer(stdio{os.Stdin, os.Stdout}, handlers)
	if err := server.Serve(); err != nil && err != io.EOF {
		fmt.Fprintln(os.Stderr, "sftp-server:", err)
		os.Exit(1)
	}
}
