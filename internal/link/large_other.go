//go:build !linux

package link

// large makes a slice that is read all over.
func large[T any](n int) []T { return make([]T, n) }
