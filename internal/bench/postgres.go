package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

// postgresTable is eleven columns as registers have them; of so many rows. The
// values are drawn by hashing the row's number, so that they compress no
// better than real ones.
const postgresTable = `
CREATE TABLE registration AS
SELECT i AS id,
       lpad((h & 1099511627775)::text, 12, '0') AS number,
       (ARRAY['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Huỳnh', 'Võ', 'Đặng'])[1 + (h >> 3 & 7)] || ' '
         || (ARRAY['Văn', 'Thị', 'Hữu', 'Minh', 'Ngọc', 'Thanh', 'Xuân', 'Đức'])[1 + (h >> 6 & 7)] || ' '
         || (ARRAY['An', 'Bình', 'Châu', 'Dũng', 'Giang', 'Hà', 'Khánh', 'Lan', 'Mai', 'Nam', 'Phúc', 'Quý', 'Sơn', 'Thu', 'Uyên', 'Yến'])[1 + (h >> 9 & 15)] AS full_name,
       date '1940-01-01' + ((h >> 13 & 32767) %% 30000)::int AS born_on,
       h >> 28 & 1 = 0 AS woman,
       ((h >> 29 & 1023) %% 34)::int AS province,
       timestamptz '2024-01-01 00:00:00+07' + (h >> 20 & 67108863) * interval '1 second' AS changed_at,
       ((h >> 5 & 1073741823) %% 100000000)::numeric / 100 AS amount,
       'Số ' || (h >> 11 & 511) || ', phố ' || (ARRAY['Huế', 'Hàng Bông', 'Lê Lợi', 'Trần Phú', 'Nguyễn Huệ', 'Hai Bà Trưng', 'Quang Trung', 'Lý Thường Kiệt'])[1 + (h >> 40 & 7)] || ', tổ ' || (h >> 43 & 127) AS address,
       CASE WHEN h & 7 = 0 THEN date '2020-01-01' + (h >> 17 & 1023)::int END AS moved_on,
       CASE WHEN h & 3 <> 0 THEN 'hồ sơ ' || to_hex(h >> 24 & 4294967295) END AS note
FROM (SELECT i, hashint8extended(i, 46) AS h FROM generate_series(1::bigint, %d) i) drawn;
ALTER TABLE registration ADD PRIMARY KEY (id);
VACUUM ANALYZE registration;
CHECKPOINT`

func startPostgres(ctx context.Context) (*server, error) {
	s, err := pgtest.Start(ctx, pgtest.Options{})
	if errors.Is(err, pgtest.ErrMissing) {
		return nil, sen.Errorf(sen.NotFound, "%w", err).WithHint("scripts/setup-servers installs it; no service of the machine is started")
	}
	if err != nil {
		return nil, err
	}
	out := &server{close: s.Close}
	if out.pid, err = firstNumber(filepath.Join(s.Dir, "data", "postmaster.pid")); err == nil {
		err = out.describePostgres(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	out.live = func(connections int) live.Server {
		return live.Server{Name: "bench", Type: live.PostgreSQL, Host: "127.0.0.1", Port: s.Port, Database: benchDatabase, User: "postgres",
			TLS: live.TLS{Off: true}, Budget: live.Budget{Connections: connections}}
	}
	out.fill = func(ctx context.Context, rows int64) error {
		for _, statement := range strings.Split(fmt.Sprintf(postgresTable, rows), ";\n") {
			if _, err := s.Exec(ctx, benchDatabase, statement); err != nil {
				return err
			}
		}
		return nil
	}
	out.plain = func(ctx context.Context, connections int) error { return plainPostgres(ctx, s, connections) }
	return out, nil
}

func (o *server) describePostgres(ctx context.Context, s *pgtest.Server) error {
	found, err := s.Exec(ctx, "postgres", "SHOW server_version")
	if err != nil {
		return err
	}
	o.version = "postgresql " + strings.Fields(found[0][0])[0]
	_, err = s.Exec(ctx, "postgres", "CREATE DATABASE "+benchDatabase)
	return err
}

// plainPostgres copies the table's blocks in equal shares, as text, and drops
// what comes.
func plainPostgres(ctx context.Context, s *pgtest.Server, connections int) error {
	found, err := s.Exec(ctx, benchDatabase, "SELECT pg_relation_size('"+benchTable+"') / current_setting('block_size')::bigint")
	if err != nil {
		return err
	}
	blocks, err := strconv.ParseInt(found[0][0], 10, 64)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range int64(connections) {
		group.Go(func() error {
			c, err := pgconn.Connect(ctx, fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=%s sslmode=disable", s.Port, benchDatabase))
			if err != nil {
				return err
			}
			defer c.Close(context.WithoutCancel(ctx))
			n := int64(connections)
			_, err = c.CopyTo(ctx, io.Discard, fmt.Sprintf("COPY (SELECT * FROM %s WHERE ctid >= '(%d,0)' AND ctid < '(%d,0)') TO STDOUT",
				benchTable, blocks*i/n, blocks*(i+1)/n))
			return err
		})
	}
	return group.Wait()
}
