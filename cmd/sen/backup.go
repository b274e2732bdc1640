package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/backup"
	"github.com/sen-hub/sen/internal/object"
	"github.com/sen-hub/sen/internal/source/live"
)

// server is how a backup's place in a bucket is reached. In a hub, what is not
// said is as for the hub's own lake.
type server struct {
	endpoint, region string
	key, secret      secretFlag
}

func (s *server) flags(c *cobra.Command, otherwise string) {
	set := c.Flags()
	set.StringVar(&s.endpoint, "endpoint", "", "the S3 server of the backup"+otherwise)
	set.StringVar(&s.region, "region", "", "its region"+otherwise)
	set.Var(&s.key, "key", "names the access key: env:NAME, file:/path or command:program arg"+otherwise)
	set.Var(&s.secret, "secret", "names the secret of that key, in the same way"+otherwise)
}

// place opens where a backup is; drafts of a bucket lie in a folder meanwhile.
func place(ctx context.Context, address string, s server, drafts string) (object.Place, error) {
	if !object.IsS3(address) {
		path, err := filepath.Abs(address)
		if err != nil {
			return nil, sen.Errorf(sen.Invalid, "the folder of the backup: %w", err)
		}
		return object.OpenPrivateFolder(path), nil
	}
	for name, flag := range map[string]secretFlag{"--key": s.key, "--secret": s.secret} {
		if flag.fault != nil {
			return nil, fmt.Errorf("%s: %w", name, flag.fault)
		}
	}
	at, err := bucket(ctx, address, s.endpoint, s.region, s.key.Secret, s.secret.Secret)
	if err != nil {
		return nil, err
	}
	at.Drafts = drafts
	return object.OpenBucket(at)
}

func (p *program) backupCommand() *cobra.Command {
	var at server
	var dryRun bool
	c := &cobra.Command{
		Use:   "backup DEST",
		Short: p.lang.Pick("Sao lưu cả trung tâm: trạng thái, khóa, hợp đồng, kho", "Back up the whole hub: state, keys, contracts, lake"),
		Long: `Copies the hub to a folder or to s3://bucket/prefix: the state, the keys, sen.yaml
and the contracts, and every file that the lake's tables need. What the place
holds already, by its SHA-256, is not copied again. Syncs may run meanwhile. The
list of what belongs together is signed with the hub's key and written last: a
backup that was killed is none, and the next one goes on from what it copied.

The backup holds the hub's private keys and people's data: keep it as you keep
the hub. The sources are the agencies' own, and are not in it.`,
		Example: "  sen backup /mnt/backup\n" +
			"  sen backup s3://backup/hub --endpoint https://s3.example.vn --region vn-hanoi --key env:BACKUP_KEY --secret env:BACKUP_SECRET",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.backup(cmd.Context(), args[0], at, dryRun)
		},
	}
	at.flags(c, " (default: the lake's own)")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be copied, and copy nothing")
	return c
}

func (p *program) backup(ctx context.Context, dest string, at server, dryRun bool) error {
	h, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	at.otherwise(h.config.Lake)
	to, err := place(ctx, dest, at, h.data("tmp", "backup"))
	if err != nil {
		return err
	}
	shown := newTransfer(p, "backup")
	report, err := backup.Make(ctx, backup.Hub{Dir: h.dir, Data: h.data(), State: h.state, Keys: h.keys, Lake: h.lake},
		backup.Options{To: to, DryRun: dryRun, Now: p.now, Progress: shown.show, Hook: h.hook.pass})
	shown.stop()
	if err != nil {
		return err
	}
	return p.answer(report, func() { p.showBackup(dest, report) })
}

func (s *server) otherwise(c lakeConfig) {
	s.endpoint, s.region = cmp.Or(s.endpoint, c.Endpoint), cmp.Or(s.region, c.Region)
	s.key.Secret, s.secret.Secret = cmp.Or(s.key.Secret, c.Key), cmp.Or(s.secret.Secret, c.Secret)
}

// secretFlag is a flag that takes the name of a secret. What is none is told
// later: the parser of flags would repeat it.
type secretFlag struct {
	live.Secret
	fault error
}

// Set implements pflag.Value.
func (f *secretFlag) Set(v string) error {
	f.Secret, f.fault = live.ParseSecret(v)
	return nil
}

// Type implements pflag.Value.
func (*secretFlag) Type() string { return "secret" }

func (p *program) showBackup(dest string, r backup.Report) {
	copied, all := p.lang.Bytes(r.CopiedBytes), p.lang.Bytes(r.Bytes)
	if r.DryRun {
		p.say("sẽ sao lưu %s tệp (%s) vào %s; trong đó %s tệp (%s) chưa có ở đó",
			"would back up %s files (%s) to %s; %s of them (%s) are not there yet",
			p.lang.Count(int64(r.Files)), all, dest, p.lang.Count(int64(r.Copied)), copied)
		return
	}
	p.say("%s đã sao lưu %s tệp (%s) của %d bảng vào %s; %s tệp (%s) là mới",
		"%s backed up %s files (%s) of %d tables to %s; %s of them (%s) are new",
		p.screen.Paint(terminal.Good, "✓"), p.lang.Count(int64(r.Files)), all, r.Tables, dest, p.lang.Count(int64(r.Copied)), copied)
	p.say("  bản %s, ký bằng khóa %s: ghi lại số khóa ở nơi khác", "  backup %s, signed with key %s: note that key id elsewhere", r.ID, r.Key)
	p.next("sen restore "+dest+" --dry-run --signed-by "+r.Key, p.lang.Pick("đọc lại và kiểm từng tệp", "read it again and check every file"))
}
