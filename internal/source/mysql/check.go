package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

// Test implements live.Database. What cannot be found out because nobody
// answers ends the list.
func (d *Database) Test(ctx context.Context, tables []string) (out []live.Finding, err error) {
	c, err := d.dial(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return []live.Finding{d.unreached(ctx, err)}, nil
	}
	defer c.close()
	k := &check{d: d, c: c}
	k.add("reach", true, true, fmt.Sprintf("%s answers as %s", d.server.Host, c.version.text), "")
	for _, look := range []func(context.Context) error{k.tls, k.readOnly, k.log, k.lock, k.places} {
		if err := look(ctx); err != nil {
			return nil, d.explain(ctx, err)
		}
	}
	for _, name := range tables {
		if err := k.table(ctx, name); err != nil {
			return nil, d.explain(ctx, err)
		}
	}
	return k.found, nil
}

func (d *Database) unreached(ctx context.Context, err error) live.Finding {
	f := live.Finding{What: "reach", Must: true}
	if coded(err) == erAccessDenied || coded(err) == erDBAccessDenied {
		f.What = "sign-in"
	}
	err = d.explain(ctx, err)
	f.Says, f.Next = err.Error(), sen.HintOf(err)
	return f
}

// check collects findings.
type check struct {
	d     *Database
	c     *conn
	found []live.Finding
}

func (k *check) add(what string, ok, must bool, says, next string) {
	if ok {
		next = ""
	}
	k.found = append(k.found, live.Finding{What: what, OK: ok, Must: must, Says: says, Next: next})
}

func (k *check) tls(ctx context.Context) error {
	r, err := k.c.one(ctx, "SHOW STATUS LIKE 'Ssl_cipher'")
	if err != nil {
		return err
	}
	cipher := ""
	if r != nil {
		cipher = r.text(1)
	}
	switch {
	case cipher != "":
		k.add("tls", true, false, "the connection is encrypted ("+cipher+") and the server's certificate verified", "")
	case strings.HasPrefix(k.d.server.Host, "/"):
		k.add("tls", true, false, "the connection is a Unix socket", "")
	default:
		k.add("tls", false, false, "the connection is not encrypted, as the contract says", "have the server's administrator switch TLS on, then take `tls: off` out of the contract")
	}
	return nil
}

// readOnly looks for rights that a reader does not need.
func (k *check) readOnly(ctx context.Context) error {
	found, err := k.c.rows(ctx, "SHOW GRANTS")
	if err != nil {
		return err
	}
	var more []string
	for _, r := range found {
		rights, _, _ := strings.Cut(strings.TrimPrefix(r.text(0), "GRANT "), " ON ")
		for _, right := range strings.Split(rights, ",") {
			right = strings.TrimSpace(right)
			if i := strings.IndexByte(right, '('); i > 0 {
				right = strings.TrimSpace(right[:i])
			}
			if slices.Contains([]string{"ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "FILE", "SUPER"}, right) && !slices.Contains(more, right) {
				more = append(more, right)
			}
		}
	}
	if len(more) > 0 {
		k.add("read-only", false, false, "the user could also write: it has "+strings.Join(more, ", "), "make a user of its own for the hub: `sen source grants` prints the SQL")
		return nil
	}
	k.add("read-only", true, false, "the user can do nothing but read", "")
	return nil
}

func (k *check) log(ctx context.Context) error {
	s := &snapshot{d: k.d, conns: []*conn{k.c}}
	if err := s.identify(ctx); err != nil {
		return err
	}
	k.add("log", s.log.sure, false, orElse(s.log.why, "the binary log shows at which moment a table was read, and whether it was written since"),
		"without it an interrupted reading begins again, and MariaDB's tables are read by one connection: have binary logging switched on, and GRANT REPLICATION CLIENT ON *.* to the hub's user")
	return nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (k *check) lock(ctx context.Context) error {
	if k.d.budget.Lock <= 0 {
		return nil
	}
	found, err := k.c.rows(ctx, "SHOW GRANTS")
	if err != nil {
		return err
	}
	may := slices.ContainsFunc(found, func(r row) bool {
		return strings.Contains(r.text(0), "RELOAD") || strings.Contains(r.text(0), "ALL PRIVILEGES ON *.*")
	})
	says := "the user may take the short read lock that the budget allows"
	if !may {
		says = "the budget allows a short read lock, and the user may not take it"
	}
	k.add("lock", may, false, says, "GRANT RELOAD ON *.* to the hub's user, or take the lock out of the budget")
	return nil
}

// places compares the budget with what the server lets the user have.
func (k *check) places(ctx context.Context) error {
	r, err := k.c.one(ctx, "SELECT @@max_user_connections, @@max_connections")
	if err != nil {
		return err
	}
	most := r.number(1)
	if n := r.number(0); n > 0 {
		most = min(most, n)
	}
	want := int64(k.d.budget.Connections)
	k.add("connections", want <= most, false, fmt.Sprintf("the budget has %d connections, the server lets the user have %d", want, most), "lower the budget's connections, or have the user's limit raised")
	return nil
}

// table looks at what reading one table needs and what it will cost.
func (k *check) table(ctx context.Context, name string) error {
	what := "select " + name
	t, err := k.d.describe(ctx, k.c, name)
	if err == nil {
		var list []string
		for _, c := range t.columns {
			list = append(list, ident(c.name))
		}
		err = k.c.exec(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+t.quoted()+" LIMIT 0")
	}
	switch kind := sen.KindOf(k.d.explain(ctx, err)); {
	case err == nil:
		k.add(what, true, true, fmt.Sprintf("%d columns can be read", len(t.columns)), "")
	case kind == sen.NotFound || kind == sen.Denied:
		k.add(what, false, true, k.d.explain(ctx, err).Error(), strings.TrimSpace(k.d.Grants([]string{name})))
		return nil
	default:
		return err
	}
	if t.index == "" && t.kind != "view" {
		k.add("key "+name, false, false, t.title()+" has no key of numbers, dates, letters or bytes without NULL: one connection reads it, and begins again when it is interrupted in a busy time",
			"add a primary key")
	}
	if t.kind != "view" && !t.transactional() {
		k.add("engine "+name, false, false, t.title()+" is kept by "+t.engine+", which has no snapshots: it is read again if it was written meanwhile",
			"move the table to InnoDB, read it when nobody writes, or allow a read lock in the budget")
	}
	return nil
}

// Grants implements live.Database. The password is for the administrator to
// set; it goes where the contract's reference points, never into SQL here.
func (d *Database) Grants(tables []string) string {
	user := d.server.User
	if user == "" {
		user = "sen"
	}
	who := literal(user) + "@'%'"
	var b strings.Builder
	fmt.Fprintf(&b, "-- Least privilege for a reader of %s; put the hub's address in place of %%.\n", d.server.Database)
	need := ""
	if !d.server.TLS.Off {
		need = " REQUIRE SSL"
	}
	fmt.Fprintf(&b, "CREATE USER IF NOT EXISTS %s IDENTIFIED BY <password>%s WITH MAX_USER_CONNECTIONS %d;\n", who, need, d.budget.Connections)
	for _, name := range tables {
		schema, rest := d.server.Database, name
		if before, after, dotted := strings.Cut(name, "."); dotted {
			schema, rest = before, after
		}
		fmt.Fprintf(&b, "GRANT SELECT ON %s.%s TO %s;\n", ident(schema), ident(rest), who)
	}
	fmt.Fprintf(&b, "-- To name the moment that a table was read at, to read it side by side, and to go on after an interruption:\nGRANT REPLICATION CLIENT ON *.* TO %s;\n", who)
	if d.budget.Lock > 0 {
		fmt.Fprintf(&b, "-- For the read lock of at most %v that the budget allows:\nGRANT RELOAD ON *.* TO %s;\n", d.budget.Lock, who)
	}
	return b.String()
}
