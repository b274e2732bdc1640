package mysql

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
)

// answered is a connection on which a server has said text.
type answered struct {
	net.Conn
	io.Reader
}

func (a answered) Read(p []byte) (int, error)       { return a.Reader.Read(p) }
func (answered) Write(p []byte) (int, error)        { return len(p), nil }
func (answered) SetReadDeadline(time.Time) error    { return nil }
func (answered) SetWriteDeadline(t time.Time) error { return nil }
func (answered) Close() error                       { return nil }

// packets puts payloads into packets that are numbered from 1.
func packets(payloads ...[]byte) []byte {
	var out []byte
	seq := byte(1)
	for _, p := range payloads {
		for {
			n := min(len(p), maxPacket)
			out = binary.LittleEndian.AppendUint32(out, uint32(n)|uint32(seq)<<24)
			out = append(out, p[:n]...)
			seq++
			if p = p[n:]; n < maxPacket {
				break
			}
		}
	}
	return out
}

func text(s string) []byte { return append([]byte{byte(len(s))}, s...) }

// definition is a column's.
func definition(name string) []byte {
	p := bytes.Repeat(text(""), 4)
	p = append(append(p, text(name)...), text("")...)
	return append(p, 12, 45, 0, 0, 0, 0, 0, packetEOF, 0, 0, 0, 0, 0)
}

var eof = []byte{packetEOF, 0, 0, 2, 0}

func FuzzAnAnswerIsReadWholeOrRefused(f *testing.F) {
	f.Add(packets([]byte{2}, definition("id"), definition("name"), eof, append(text("1"), text("Nguyễn")...), append(text("2"), packetNull), eof))
	f.Add(packets([]byte{packetOK, 0, 0, 2, 0, 0, 0}))
	f.Add(packets([]byte("\xff\x50\x04#HY000killed")))
	f.Add(packets([]byte{1}, definition("b"), eof, append([]byte{0xFD, 3, 0, 0}, "abc"...), eof))
	f.Add([]byte{5, 0, 0, 1})
	f.Fuzz(func(t *testing.T, said []byte) {
		table := &table{columns: []column{{name: "a", form: asText}, {name: "b", form: asHex}}}
		r := &receiver{table: table, names: []string{"a", "b"}, batchRows: 10, limit: 1 << 20, text: []int{0}, out: rows.NewBuilder([]string{"a", "b"}, 0),
			full: func(*receiver, []byte) error { return nil }}
		w := newWire(answered{Reader: bytes.NewReader(said)}, time.Minute)
		if err := w.query(t.Context(), "SELECT", nil, r.row); err != nil {
			return
		}
		p, err := r.cut(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range p.batches {
			for c := range 2 {
				if !rows.Sound([]byte(b.Column(c).String()), false) {
					t.Errorf("column %d is no text", c)
				}
			}
		}
		p.release()
	})
}

func TestARowLongerThanAPacketIsPutTogether(t *testing.T) {
	for _, n := range []int{maxPacket - 5, maxPacket, maxPacket + 100, 2*maxPacket - 9} {
		long := append([]byte{0xFE, 0, 0, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte("x"), n)...)
		binary.LittleEndian.PutUint64(long[1:], uint64(n))
		w := newWire(answered{Reader: bytes.NewReader(packets([]byte{1}, definition("a"), eof, long, text("y"), eof))}, time.Minute)
		var got []int
		err := w.query(t.Context(), "SELECT", nil, func(p []byte) error {
			v, rest, _, ok := value(p)
			if !ok || len(rest) != 0 {
				t.Error("the row is cut wrong")
			}
			got = append(got, len(v))
			return nil
		})
		if err != nil || len(got) != 2 || got[0] != n || got[1] != 1 {
			t.Errorf("%d bytes: got %v, %v", n, got, err)
		}
	}
}

func FuzzAMarkIsReadOrRefused(f *testing.F) {
	f.Add(`{"from":["31"],"to":["32"],"upper":"33","base":"0","step":"8"}`, "31")
	f.Add(`{"ends":true}`, "")
	f.Fuzz(func(t *testing.T, state, key string) {
		table := &table{columns: []column{{name: "a", data: "varchar", charset: "utf8mb4", collation: "utf8mb4_bin"}}, order: []int{0}}
		_, _ = table.between(source.Range{Mark: source.Mark{State: state}})
		if back, err := fromHex(toHex([]string{key})); err != nil || back[0] != key {
			t.Errorf("%q came back as %q", key, back)
		}
	})
}
