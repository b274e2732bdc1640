//go:build !linux

package main

import (
	"net"

	"github.com/sen-hub/sen"
)

// peerOf refuses: here nobody says who is at the other end.
func peerOf(*net.UnixConn) (sen.Principal, error) {
	return sen.Principal{}, sen.Errorf(sen.Denied, "this system does not say who hands this over").
		WithHint("stop `sen up` and run the command again, or use the console")
}
