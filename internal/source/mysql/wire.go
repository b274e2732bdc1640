package mysql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// The client side of the text protocol behind the handshake: one question,
// then its rows as they lie in the buffer, nothing copied and nothing
// converted. (MySQL client/server protocol, "Text Resultset", without
// CLIENT_DEPRECATE_EOF.) The libraries parse numbers on the way, which loses
// what the server wrote, and copy each row more than once.

const (
	comQuit  = 0x01
	comQuery = 0x03

	packetOK    = 0x00
	packetNull  = 0xFB
	packetEOF   = 0xFE
	packetError = 0xFF

	maxPacket   = 1<<24 - 1
	wireBuffer  = 256 << 10
	binaryChars = 63 // the character set of what is no text
)

// serverError is what a server says went wrong. Its text may quote data.
type serverError struct {
	code  uint16
	state string
	text  string
}

func (e *serverError) Error() string { return fmt.Sprintf("error %d (%s)", e.code, e.state) }

// errProtocol says that the answer is none of the protocol.
var errProtocol = errors.New("the server's answer is not one of the MySQL protocol")

// field is a column of an answer.
type field struct {
	name    string
	charset uint16
	kind    byte
}

// wire is a connection that is signed in.
type wire struct {
	net     net.Conn
	buf     []byte
	r, w    int
	long    []byte // a packet that came in parts
	seq     byte
	patient time.Duration // for bytes that do not come
	broken  error         // why it cannot be used again
}

func newWire(c net.Conn, patient time.Duration) *wire {
	return &wire{net: c, buf: make([]byte, wireBuffer), patient: patient}
}

// need has n bytes at w.r.
func (w *wire) need(n int) error {
	if w.w-w.r >= n {
		return nil
	}
	if w.r > 0 {
		copy(w.buf, w.buf[w.r:w.w])
		w.r, w.w = 0, w.w-w.r
	}
	if n > len(w.buf) {
		larger := make([]byte, n+n/4)
		copy(larger, w.buf[:w.w])
		w.buf = larger
	}
	if err := w.net.SetReadDeadline(time.Now().Add(w.patient)); err != nil {
		return err
	}
	for w.w < n {
		got, err := w.net.Read(w.buf[w.w:])
		w.w += got
		if err != nil && w.w < n {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// packet is the next one; it is valid until the next is asked for.
func (w *wire) packet() ([]byte, error) {
	part, err := w.part()
	if err != nil || len(part) < maxPacket {
		return part, err
	}
	w.long = w.long[:0]
	for {
		w.long = append(w.long, part...)
		if len(part) < maxPacket {
			return w.long, nil
		}
		if part, err = w.part(); err != nil {
			return nil, err
		}
	}
}

func (w *wire) part() ([]byte, error) {
	if err := w.need(4); err != nil {
		return nil, err
	}
	head := binary.LittleEndian.Uint32(w.buf[w.r:])
	n := int(head & maxPacket)
	if byte(head>>24) != w.seq {
		return nil, errProtocol
	}
	w.seq++
	w.r += 4
	if err := w.need(n); err != nil {
		return nil, err
	}
	part := w.buf[w.r : w.r+n : w.r+n]
	w.r += n
	return part, nil
}

// send begins a command.
func (w *wire) send(command byte, text string) error {
	if len(text)+1 >= maxPacket {
		return errProtocol
	}
	out := make([]byte, 4, 5+len(text))
	binary.LittleEndian.PutUint32(out, uint32(len(text)+1))
	out = append(append(out, command), text...)
	w.seq = 1
	if err := w.net.SetWriteDeadline(time.Now().Add(w.patient)); err != nil {
		return err
	}
	_, err := w.net.Write(out)
	return err
}

// query asks one question. begin gets the columns of the answer (it may be
// nil), row each of its rows, which is valid only while it is called. An
// error of either leaves the connection broken, as does the end of ctx.
func (w *wire) query(ctx context.Context, sql string, begin func([]field) error, row func([]byte) error) error {
	if w.broken != nil {
		return w.broken
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { w.net.Close() })
	err := w.answer(sql, begin, row)
	stopped := stop()
	var said *serverError
	if err != nil && !errors.As(err, &said) || !stopped {
		w.broken = net.ErrClosed
		w.net.Close()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (w *wire) answer(sql string, begin func([]field) error, row func([]byte) error) error {
	if err := w.send(comQuery, sql); err != nil {
		return err
	}
	p, err := w.packet()
	switch {
	case err != nil:
		return err
	case len(p) == 0:
		return errProtocol
	case p[0] == packetOK:
		return nil
	case p[0] == packetError:
		return w.failed(p)
	}
	count, _, ok := number(p)
	if !ok || count == 0 || count > 1<<16 {
		return errProtocol // also a file that the server asks for
	}
	fields := make([]field, count)
	for i := range fields {
		if p, err = w.packet(); err != nil {
			return err
		}
		if fields[i], ok = fieldOf(p); !ok {
			return errProtocol
		}
	}
	if p, err = w.packet(); err != nil || len(p) == 0 || p[0] != packetEOF {
		return errors.Join(err, errProtocol)
	}
	if begin != nil {
		if err := begin(fields); err != nil {
			return err
		}
	}
	return w.rows(row)
}

func (w *wire) rows(row func([]byte) error) error {
	for {
		p, err := w.packet()
		switch {
		case err != nil:
			return err
		case len(p) == 0:
			return errProtocol
		case p[0] == packetEOF && len(p) < 9:
			return nil
		case p[0] == packetError:
			return w.failed(p)
		}
		if err := row(p); err != nil {
			return err
		}
	}
}

// failed is the error of an error packet. The server closes the connection
// with some.
func (w *wire) failed(p []byte) error {
	if len(p) < 3 {
		return errProtocol
	}
	e := &serverError{code: binary.LittleEndian.Uint16(p[1:]), state: "HY000"}
	p = p[3:]
	if len(p) >= 6 && p[0] == '#' {
		e.state, p = string(p[1:6]), p[6:]
	}
	e.text = string(p)
	if endsConnection(e.code) {
		w.broken = e
	}
	return e
}

// close says goodbye and waits a while for the server to have gone: its place
// is free only then.
func (w *wire) close() {
	if w.broken == nil && w.send(comQuit, "") == nil {
		_ = w.net.SetReadDeadline(time.Now().Add(time.Second)) // it is closed either way
		_, _ = io.Copy(io.Discard, w.net)
	}
	w.net.Close()
	w.broken = net.ErrClosed
}

// number reads a length-encoded integer; used is 0 for NULL.
func number(p []byte) (n uint64, used int, ok bool) {
	if len(p) == 0 {
		return 0, 0, false
	}
	switch c := p[0]; {
	case c < packetNull:
		return uint64(c), 1, true
	case c == packetNull:
		return 0, 0, true
	case c == 0xFC && len(p) >= 3:
		return uint64(p[1]) | uint64(p[2])<<8, 3, true
	case c == 0xFD && len(p) >= 4:
		return uint64(p[1]) | uint64(p[2])<<8 | uint64(p[3])<<16, 4, true
	case c == 0xFE && len(p) >= 9:
		return binary.LittleEndian.Uint64(p[1:]), 9, true
	}
	return 0, 0, false
}

// value cuts the next value off a row; null is the absence of one.
func value(p []byte) (v, rest []byte, null, ok bool) {
	n, used, ok := number(p)
	if !ok {
		return nil, nil, false, false
	}
	if used == 0 {
		return nil, p[1:], true, true
	}
	if n > uint64(len(p)-used) {
		return nil, nil, false, false
	}
	end := used + int(n)
	return p[used:end], p[end:], false, true
}

// fieldOf reads a column definition: catalogue, schema, table, its own name,
// name, its own name; then 12 bytes that begin with the character set.
func fieldOf(p []byte) (f field, ok bool) {
	var v []byte
	for i := range 6 {
		if v, p, _, ok = value(p); !ok {
			return f, false
		}
		if i == 4 {
			f.name = string(v)
		}
	}
	_, used, ok := number(p)
	if p = p[used:]; !ok || used == 0 || len(p) < 7 {
		return f, false
	}
	f.charset, f.kind = binary.LittleEndian.Uint16(p), p[6]
	return f, true
}
