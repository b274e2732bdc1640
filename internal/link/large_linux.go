package link

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// large makes a slice that is read all over, in large pages of memory where the
// system has them: the processor keeps the addresses of a few thousand pages.
func large[T any](n int) []T {
	out := make([]T, n)
	if bytes := n * int(unsafe.Sizeof(out[0])); bytes >= 4<<20 {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(&out[0])), bytes), unix.MADV_HUGEPAGE) // without them it is slower, and no worse
	}
	return out
}
