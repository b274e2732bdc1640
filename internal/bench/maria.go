package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql/mytest"
)

// mariaTable is the table of postgresTable, drawn by another hash.
const mariaTable = `
CREATE TABLE registration (
  id bigint PRIMARY KEY, number char(12), full_name varchar(100), born_on date, woman tinyint(1), province int,
  changed_at datetime, amount decimal(14,2), address varchar(200), moved_on date NULL, note text NULL) DEFAULT CHARSET utf8mb4;
INSERT INTO registration
SELECT seq, lpad(h & 1099511627775, 12, '0'),
       concat(elt(1 + (h >> 3 & 7), 'Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Huỳnh', 'Võ', 'Đặng'), ' ',
         elt(1 + (h >> 6 & 7), 'Văn', 'Thị', 'Hữu', 'Minh', 'Ngọc', 'Thanh', 'Xuân', 'Đức'), ' ',
         elt(1 + (h >> 9 & 15), 'An', 'Bình', 'Châu', 'Dũng', 'Giang', 'Hà', 'Khánh', 'Lan', 'Mai', 'Nam', 'Phúc', 'Quý', 'Sơn', 'Thu', 'Uyên', 'Yến')),
       date_add('1940-01-01', INTERVAL (h >> 13 & 32767) %% 30000 DAY), h >> 28 & 1, (h >> 29 & 1023) %% 34,
       date_add('2024-01-01', INTERVAL (h >> 20 & 67108863) SECOND), ((h >> 5 & 1073741823) %% 100000000) / 100,
       concat('Số ', h >> 11 & 511, ', phố ', elt(1 + (h >> 40 & 7), 'Huế', 'Hàng Bông', 'Lê Lợi', 'Trần Phú', 'Nguyễn Huệ', 'Hai Bà Trưng', 'Quang Trung', 'Lý Thường Kiệt'), ', tổ ', h >> 43 & 127),
       if(h & 7 = 0, date_add('2020-01-01', INTERVAL (h >> 17 & 1023) DAY), NULL),
       if(h & 3 <> 0, concat('hồ sơ ', lower(hex(h >> 24 & 4294967295))), NULL)
FROM (SELECT seq, conv(substr(md5(seq), 1, 15), 16, 10) + 0 AS h FROM seq_1_to_%d) drawn;
ANALYZE TABLE registration`

func startMaria(ctx context.Context) (*server, error) {
	s, err := mytest.Start(ctx, mytest.Options{Settings: map[string]string{"innodb-buffer-pool-size": "1G"}})
	if errors.Is(err, mytest.ErrMissing) {
		return nil, sen.Errorf(sen.NotFound, "%w", err).WithHint("scripts/setup-servers installs it; no service of the machine is started")
	}
	if err != nil {
		return nil, err
	}
	out := &server{close: s.Close}
	if out.pid, err = firstNumber(filepath.Join(s.Dir, "pid")); err == nil {
		err = out.describeMaria(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	out.live = func(connections int) live.Server {
		return live.Server{Name: "bench", Type: live.MySQL, Host: "127.0.0.1", Port: s.Port, Database: benchDatabase, User: "root",
			TLS: live.TLS{Off: true}, Budget: live.Budget{Connections: connections}}
	}
	rows := int64(0)
	out.fill = func(ctx context.Context, n int64) error {
		rows = n
		_, err := s.Exec(ctx, benchDatabase, fmt.Sprintf(mariaTable, n))
		return err
	}
	out.plain = func(ctx context.Context, connections int) error { return plainMaria(ctx, s, rows, int64(connections)) }
	return out, nil
}

func (o *server) describeMaria(ctx context.Context, s *mytest.Server) error {
	found, err := s.Exec(ctx, "", "SELECT version()")
	if err != nil {
		return err
	}
	number, _, _ := strings.Cut(found[0][0], "-")
	o.version = "mariadb " + number
	_, err = s.Exec(ctx, "", "CREATE DATABASE "+benchDatabase)
	return err
}

// plainMaria has the server's own client read the keys in equal shares, and
// drops what it prints.
func plainMaria(ctx context.Context, s *mytest.Server, rows, connections int64) error {
	client, err := exec.LookPath("mariadb")
	if err != nil {
		return sen.Errorf(sen.NotFound, "%w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range connections {
		group.Go(func() error {
			cmd := exec.CommandContext(ctx, client, "--no-defaults", "--user=root", "--host=127.0.0.1", fmt.Sprintf("--port=%d", s.Port), "--skip-ssl", "--quick", "-N", "--batch", "--execute",
				fmt.Sprintf("SELECT * FROM %s WHERE id > %d AND id <= %d", benchTable, rows*i/connections, rows*(i+1)/connections), benchDatabase)
			return cmd.Run() // its output is nobody's
		})
	}
	return group.Wait()
}
