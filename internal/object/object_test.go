package object_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/object"
	"github.com/sen-hub/sen/internal/object/s3test"
)

// places is the suite's list: every kind of place passes all of it.
func places(t *testing.T, test func(*testing.T, object.Place)) {
	t.Run("folder", func(t *testing.T) { test(t, object.OpenFolder(t.TempDir())) })
	t.Run("s3", func(t *testing.T) { test(t, s3test.Start(t).Place("a/lake")) })
}

func write(t *testing.T, p object.Place, name, text string) {
	t.Helper()
	n, err := p.Write(t.Context(), name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	if err != nil || n != int64(len(text)) {
		t.Fatalf("write %s: got %d bytes, %v; want %d", name, n, err, len(text))
	}
}

func list(t *testing.T, p object.Place, prefix string) []object.Info {
	t.Helper()
	var out []object.Info
	if err := p.List(t.Context(), prefix, func(i object.Info) error { out = append(out, i); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(out, func(a, b object.Info) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	places(t, func(t *testing.T, p object.Place) {
		for _, text := range []string{"", "sen", strings.Repeat("hoa sen ", 400_000)} {
			name := "clean/a b/Dữ liệu-" + string(rune('a'+len(text)%7)) + ".txt"
			write(t, p, name, text)
			got, err := object.ReadAll(t.Context(), p, name)
			if err != nil || string(got) != text {
				t.Fatalf("got %d bytes, %v; want %d", len(got), err, len(text))
			}
			sealed, err := object.Sum(t.Context(), p, name)
			if err != nil || sealed.SHA256 != sha256.Sum256([]byte(text)) || sealed.Bytes != int64(len(text)) {
				t.Errorf("got %+v, %v; want the sum of %d bytes", sealed, err, len(text))
			}
		}
	})
}

func TestAFileIsReadAtAnyPlace(t *testing.T) {
	places(t, func(t *testing.T, p object.Place) {
		text := strings.Repeat("0123456789", 300_000)
		write(t, p, "big", text)
		f, err := p.Open(t.Context(), "big")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || info.Size() != int64(len(text)) {
			t.Fatalf("got %v, %v", info, err)
		}
		part := make([]byte, 20)
		if _, err := f.ReadAt(part, info.Size()-20); err != nil && !errors.Is(err, io.EOF) || string(part) != text[:20] {
			t.Errorf("got %q, %v", part, err)
		}
		if at, err := f.Seek(-10, io.SeekEnd); err != nil || at != info.Size()-10 {
			t.Errorf("got %d, %v", at, err)
		}
	})
}

func TestAFileThatFailsHalfWayIsNotThere(t *testing.T) {
	places(t, func(t *testing.T, p object.Place) {
		_, err := p.Write(t.Context(), "a/torn", func(w io.Writer) error {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
			return errors.New("made up")
		})
		if err == nil {
			t.Fatal("got no error")
		}
		if there, err := object.Exists(t.Context(), p, "a/torn"); there || err != nil {
			t.Errorf("got %v, %v; want nothing there", there, err)
		}
		if left := list(t, p, ""); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func TestADraftBecomesTheFileWhenItIsSealed(t *testing.T) {
	places(t, func(t *testing.T, p object.Place) {
		for _, name := range []string{"x/sealed", "x/synced"} {
			path, err := p.Draft(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		sealed, err := p.Seal(t.Context(), "x/sealed")
		if err != nil || sealed.Bytes != 8 || sealed.SHA256 != sha256.Sum256([]byte("x/sealed")) {
			t.Errorf("got %+v, %v", sealed, err)
		}
		if err := p.Sync(t.Context(), []string{"x/sealed", "x/synced"}); err != nil {
			t.Fatal(err)
		}
		found := list(t, p, "x/")
		if len(found) != 2 || found[0].Draft || found[1].Draft || found[1].Name != "x/synced" || found[1].Bytes != 8 {
			t.Errorf("got %+v", found)
		}
	})
}

func TestListTellsOfAPrefixAndRemoveTakesAway(t *testing.T) {
	places(t, func(t *testing.T, p object.Place) {
		for _, name := range []string{"a/run1-1", "a/run1-2", "a/run2-1", "b/run1-1"} {
			write(t, p, name, "x")
		}
		var names []string
		for _, i := range list(t, p, "a/run1-") {
			names = append(names, i.Name)
			if time.Since(i.Modified) > time.Minute || time.Since(i.Modified) < -time.Minute {
				t.Errorf("%s was modified %v", i.Name, i.Modified)
			}
		}
		if want := []string{"a/run1-1", "a/run1-2"}; !slices.Equal(names, want) {
			t.Errorf("got %v, want %v", names, want)
		}
		for range 2 {
			if err := p.Remove(t.Context(), "a/run1-1"); err != nil {
				t.Fatal(err)
			}
		}
		if got := list(t, p, "a/run1-"); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		if got := list(t, p, "nothing/"); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	places(t, func(t *testing.T, p object.Place) {
		if _, err := p.Open(t.Context(), "no/such"); sen.KindOf(err) != sen.NotFound {
			t.Errorf("got %v", err)
		}
		if _, err := p.Seal(t.Context(), "no/such"); sen.KindOf(err) != sen.NotFound {
			t.Errorf("got %v", err)
		}
		for _, name := range []string{"", "../x", "/x", "a/../../x", "a//b", "a\x00b"} {
			if _, err := p.Open(t.Context(), name); sen.KindOf(err) != sen.Invalid {
				t.Errorf("%q: got %v", name, err)
			}
		}
	})
}

func TestALargeFileGoesUpInPartsAndATornOneLeavesNoObject(t *testing.T) {
	server := s3test.Start(t)
	p := server.Place("lake")
	path, err := p.Draft("big")
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("0123456789abcdef"), 150<<20/16)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { // stop it in the middle of its parts
		for len(server.Objects()) == 0 {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	if _, err := p.Seal(ctx, "big"); sen.KindOf(err) != sen.Canceled {
		t.Fatalf("got %v, want canceled", err)
	}
	if there, err := object.Exists(t.Context(), p, "big"); there || err != nil {
		t.Fatalf("a torn upload is there: %v, %v", there, err)
	}
	sealed, err := p.Seal(t.Context(), "big")
	if err != nil || sealed.SHA256 != sha256.Sum256(text) {
		t.Fatalf("got %+v, %v", sealed, err)
	}
	got, err := object.Sum(t.Context(), p, "big")
	if err != nil || got != sealed {
		t.Errorf("got %+v, %v; want %+v", got, err, sealed)
	}
}

// A process that is killed in mid-upload cannot abort it: its parts stay at
// the server, where nobody sees them but List.
func TestThePartsOfAKilledUploadAreNoFileAndAreTakenAway(t *testing.T) {
	server := s3test.Start(t)
	p := server.Place("lake")
	host, _, err := server.S3("").Host()
	if err != nil {
		t.Fatal(err)
	}
	core, err := minio.NewCore(host, &minio.Options{Creds: credentials.NewStaticV4(s3test.Key, s3test.Secret, ""), Region: s3test.Region})
	if err != nil {
		t.Fatal(err)
	}
	id, err := core.NewMultipartUpload(t.Context(), s3test.Bucket, "lake/data/run-1-torn", minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	part := bytes.Repeat([]byte("x"), 6<<20)
	if _, err := core.PutObjectPart(t.Context(), s3test.Bucket, "lake/data/run-1-torn", id, 1, bytes.NewReader(part), int64(len(part)), minio.PutObjectPartOptions{}); err != nil {
		t.Fatal(err)
	}
	if there, err := object.Exists(t.Context(), p, "data/run-1-torn"); there || err != nil {
		t.Errorf("a torn upload is there: %v, %v", there, err)
	}
	found := list(t, p, "data/run-1-")
	if len(found) != 1 || !found[0].Draft || found[0].Name != "data/run-1-torn" {
		t.Fatalf("got %+v, want the torn upload", found)
	}
	if err := p.Remove(t.Context(), "data/run-1-torn"); err != nil {
		t.Fatal(err)
	}
	if found := list(t, p, ""); len(found) != 0 {
		t.Errorf("left behind: %+v", found)
	}
}

func TestAnUploadOutlivesARestartOfTheServer(t *testing.T) {
	server := s3test.Start(t)
	p := server.Place("lake")
	server.Kill()
	again := time.AfterFunc(2*time.Second, server.Restart)
	defer again.Stop()
	write(t, p, "a", "sen")
	if got, err := object.ReadAll(t.Context(), p, "a"); err != nil || string(got) != "sen" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAServerThatIsAwayIsUnavailableAndAWrongSecretIsDenied(t *testing.T) {
	server := s3test.Start(t)
	o := server.S3("lake")
	o.Secret, o.Patience = "another", time.Second
	wrong, err := object.OpenBucket(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = wrong.Write(t.Context(), "a", func(w io.Writer) error { return nil })
	if sen.KindOf(err) != sen.Denied || strings.Contains(err.Error(), s3test.Secret) {
		t.Errorf("got %v", err)
	}
	server.Kill()
	if _, err = wrong.Open(t.Context(), "a"); sen.KindOf(err) != sen.Unavailable || sen.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
}

func TestAnAddressThatReadersCannotQuoteIsRefused(t *testing.T) {
	for _, address := range []string{"s3://", "s3://ab", "s3://hub/a*", "s3://hub/a b", "s3://hub/../x", "/tmp", "s3://hub/a%20b"} {
		if _, err := object.OpenBucket(object.S3{Address: address, Endpoint: "http://127.0.0.1:1", Region: "r"}); sen.KindOf(err) != sen.Invalid {
			t.Errorf("%s: got %v", address, err)
		}
	}
	if _, err := object.OpenBucket(object.S3{Address: "s3://hub", Endpoint: "ftp://x", Region: "r"}); sen.KindOf(err) != sen.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestPrivateFoldersKeepOthersOut(t *testing.T) {
	root := filepath.Join(t.TempDir(), "backup")
	p := object.OpenPrivateFolder(root)
	write(t, p, "a/secret", "x")
	for path, want := range map[string]os.FileMode{root: 0o700, root + "/a": 0o700, root + "/a/secret": 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v; want %o", path, info.Mode().Perm(), err, want)
		}
	}
}
