package mysql_test

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql"
)

// sums computes what live.Sum says of rows that were read.
func sums(got taken) []live.Sum {
	out := make([]live.Sum, len(got.ranges))
	for i, g := range got.ranges {
		for _, row := range got.rows[g.FirstRow-got.ranges[0].FirstRow:][:g.Rows] {
			text := ""
			for _, v := range row {
				if v == nil {
					text += "-"
				} else {
					text += fmt.Sprintf("%d:%s", len(*v), *v)
				}
			}
			sum := md5.Sum([]byte(text))
			out[i].Rows++
			out[i].Sum += binary.BigEndian.Uint64(sum[:])
		}
	}
	return out
}

func sameSums(t testing.TB, d *mysql.Database, table string, got taken) {
	t.Helper()
	theirs, err := d.Sums(t.Context(), table, got.columns, got.ranges)
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.Sums(t.Context(), table, got.columns, nil)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	for i, ours := range sums(got) {
		all[0].Rows, all[0].Sum = all[0].Rows-ours.Rows, all[0].Sum-ours.Sum
		if theirs[i] != ours {
			t.Errorf("range %d of %s: the server says %+v, what was read is %+v", i, table, theirs[i], ours)
		}
	}
	if all[0] != (live.Sum{}) {
		t.Errorf("the whole of %s is not the sum of its ranges: %+v are left", table, all[0])
	}
}
