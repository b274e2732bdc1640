package main

import (
	"net"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/sen-hub/sen"
)

// peerOf is who is at the other end of a socket, as the kernel knows them
// (SO_PEERCRED, unix(7)).
func peerOf(c *net.UnixConn) (sen.Principal, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return sen.Principal{}, err
	}
	var who *unix.Ucred
	var asked error
	if err := raw.Control(func(fd uintptr) {
		who, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return sen.Principal{}, err
	}
	if asked != nil {
		return sen.Principal{}, sen.Errorf(sen.Denied, "the kernel does not say who hands this over: %w", asked)
	}
	return operator(strconv.FormatUint(uint64(who.Uid), 10)), nil
}
