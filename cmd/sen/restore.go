package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/backup"
	"github.com/sen-hub/sen/internal/contract"
)

// restoring is what `sen restore` is told.
type restoring struct {
	server
	id, config, signedBy string
	list, dryRun         bool
}

func (p *program) restoreCommand() *cobra.Command {
	var o restoring
	c := &cobra.Command{
		Use:   "restore SRC [DIR]",
		Short: p.lang.Pick("Dựng lại trung tâm từ bản sao lưu, kiểm từng tệp", "Bring a hub back from a backup, every file checked"),
		Long: `Brings a hub back from a backup into a new or empty folder. The signature of the
list and the SHA-256 of every file are checked before anything is published. The
hub may go to another folder, bucket or catalogue: --config gives it another
sen.yaml, and the lake's metadata, which names files by their address, is written
anew (what was is noted in data/restored.json). A state of an older Sen is brought
up to date. A restore that was killed goes on when it is called again.

Without DIR, or with --dry-run, the backup is read and checked, and nothing is
written. The sources are the agencies' own: put them where the contracts say.`,
		Example: "  sen restore /mnt/backup hub-again\n  sen restore /mnt/backup --list\n" +
			"  sen restore s3://backup/hub hub --config site-2.yaml --endpoint https://s3.example.vn --region vn-hanoi --key env:BACKUP_KEY --secret env:BACKUP_SECRET",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return p.listBackups(cmd.Context(), args[0], o)
			}
			if len(args) == 1 {
				o.dryRun = true
				args = append(args, filepath.Join(os.TempDir(), "sen-restore-nowhere"))
			}
			return p.restore(cmd.Context(), args[0], args[1], o)
		},
	}
	o.flags(c, "")
	c.Flags().StringVar(&o.id, "backup", "", "which backup of the place (default: the newest)")
	c.Flags().StringVar(&o.config, "config", "", "a sen.yaml for the restored hub, in place of the backup's")
	c.Flags().StringVar(&o.signedBy, "signed-by", "", "the key id that must have signed it, as `sen backup` said it")
	c.Flags().BoolVar(&o.list, "list", false, "name the backups of the place")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "read and check everything, and write nothing")
	return c
}

func (p *program) listBackups(ctx context.Context, src string, o restoring) error {
	from, err := place(ctx, src, o.server, os.TempDir())
	if err != nil {
		return err
	}
	ids, err := backup.List(ctx, from)
	if err != nil {
		return err
	}
	return p.answer(map[string]any{"backups": ids}, func() {
		for _, id := range ids {
			p.say("%s", "%s", id)
		}
	})
}

func (p *program) restore(ctx context.Context, src, dir string, o restoring) error {
	from, err := place(ctx, src, o.server, os.TempDir())
	if err != nil {
		return err
	}
	set, err := backup.Open(ctx, from, o.id)
	if err != nil {
		return err
	}
	if o.signedBy != "" && set.Key != o.signedBy {
		return sen.Errorf(sen.Corrupt, "backup %s is signed with key %s, not with %s", set.Manifest.ID, set.Key, o.signedBy).
			WithHint("it is another hub's, or somebody made it who does not hold that key")
	}
	target, err := p.target(ctx, set, dir, o)
	if err != nil {
		return err
	}
	shown := newTransfer(p, "restore")
	target.Now, target.Progress, target.Hook, target.DryRun = p.now, shown.show, p.hook().pass, o.dryRun
	done, err := set.Restore(ctx, target)
	shown.stop()
	if err != nil {
		return err
	}
	return p.answer(done, func() { p.showRestore(src, dir, done) })
}

// target reads the configuration that the restored hub will have, and from it
// where its data and its lake are.
func (p *program) target(ctx context.Context, set *backup.Set, dir string, o restoring) (backup.Target, error) {
	var t backup.Target
	abs, err := filepath.Abs(dir)
	if err != nil {
		return t, sen.Errorf(sen.Invalid, "the folder to restore to: %w", err)
	}
	name := "sen.yaml of the backup"
	text, err := set.Config(ctx)
	if o.config != "" {
		if text, err = os.ReadFile(o.config); err != nil {
			return t, sen.Errorf(sen.Unavailable, "read the configuration: %w", err)
		}
		t.Config, name = text, o.config
	}
	if err != nil {
		return t, err
	}
	d := &declarations{dir: abs, contracts: &contract.Set{}}
	if d.config, err = parseConfig(name, text); err != nil {
		return t, err
	}
	p.setLanguage(d.config.Language)
	t.Dir, t.Data = abs, d.data()
	if o.dryRun {
		return t, nil
	}
	t.Lake, err = d.lakeAt(ctx, p)
	return t, err
}

func (p *program) showRestore(src, dir string, r backup.Restored) {
	good := p.screen.Paint(terminal.Good, "✓")
	if r.DryRun {
		p.say("%s bản %s trong %s còn nguyên: %s tệp (%s), %d bảng, ký bằng khóa %s",
			"%s backup %s in %s is whole: %s files (%s), %d tables, signed with key %s",
			good, r.Backup, src, p.lang.Count(int64(r.Files)), p.lang.Bytes(r.Bytes), r.Tables, r.Key)
		return
	}
	p.say("%s đã dựng lại %s từ bản %s: %s tệp (%s), %d bảng, từng tệp đúng mã băm",
		"%s restored %s from backup %s: %s files (%s), %d tables, every digest as it was",
		good, dir, r.Backup, p.lang.Count(int64(r.Files)), p.lang.Bytes(r.Bytes), r.Tables)
	if len(r.Rewritten) > 0 {
		p.say("  kho từ %s nay ở %s: %s tệp siêu dữ liệu được viết lại, ghi trong restored.json",
			"  the lake of %s is in %s now: %s files of metadata were written anew, as restored.json notes",
			r.From, r.To, p.lang.Count(int64(len(r.Rewritten))))
	}
	p.next("sen verify --dir "+dir, p.lang.Pick("đọc lại nguồn và kho, so với chứng thực", "read source and store again, and hold both against the certificates"))
}

// openStore opens what a backup copies: keys, state and lake, without the
// engine and the rooms that stand on it.
func (p *program) openStore(ctx context.Context) (*hub, error) {
	d, err := p.read()
	if err != nil {
		return nil, err
	}
	if err := d.whole(); err != nil {
		return nil, err
	}
	h := newHub(d)
	if err := h.startStore(ctx, p); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}
