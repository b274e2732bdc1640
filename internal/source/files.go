package source

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// file is a file of a dataset as it was when the dataset was opened.
type file struct {
	name string // relative to the set's folder
	path string // absolute
	info fs.FileInfo
}

// files are the files of one dataset, in the order of their names.
type files struct {
	path    string // as it was named: a file, a folder, or a glob
	list    []file
	ignored []string // names in the folder that are no data, with the reason
}

// listFiles finds the regular files that a path names.
//
// A path may itself be a symbolic link: a person named it. Within a folder or
// a glob links are refused: they may leave the folder, and a file that two
// names lead to would be read twice. Hidden files and those that begin with
// "_", which other tools use for their own marks, are passed over.
func listFiles(path string) (files, error) {
	if !filepath.IsAbs(path) {
		return files{}, sen.Errorf(sen.Invalid, "path %q is not absolute", path)
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return oneFile(path, info)
	} else if err == nil {
		return listFolder(path, path, "*")
	} else if !hasMeta(path) {
		return files{}, explainPath(path, err)
	}
	folder, pattern := filepath.Split(path)
	if hasMeta(folder) {
		return files{}, sen.Errorf(sen.Invalid, "%s: only the last part of a path may hold * ? [", path)
	}
	return listFolder(path, filepath.Clean(folder), pattern)
}

func hasMeta(path string) bool { return strings.ContainsAny(path, "*?[") }

func oneFile(path string, info fs.FileInfo) (files, error) {
	f := file{name: filepath.Base(path), path: path, info: info}
	return files{path: path, list: []file{f}}, f.regular()
}

func listFolder(path, folder, pattern string) (files, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return files{}, explainPath(folder, err)
	}
	set := files{path: path}
	for _, entry := range entries {
		if matched, err := filepath.Match(pattern, entry.Name()); err != nil {
			return files{}, sen.Errorf(sen.Invalid, "%s: the pattern %q is malformed", path, pattern)
		} else if !matched {
			continue
		}
		if why := passedOver(entry); why != "" {
			set.ignored = append(set.ignored, entry.Name()+" ("+why+")")
			continue
		}
		if err := set.add(folder, entry.Name()); err != nil {
			return files{}, err
		}
	}
	if len(set.list) == 0 {
		return files{}, sen.Errorf(sen.NotFound, "%s holds no data file", path).
			WithHint("name a folder with csv, jsonl, parquet, sqlite or xlsx files, or one file")
	}
	slices.SortFunc(set.list, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return set, nil
}

func passedOver(entry fs.DirEntry) string {
	switch name := entry.Name(); {
	case entry.IsDir():
		return "a folder within"
	case strings.HasPrefix(name, "~$"):
		return "belongs to a workbook that somebody has open"
	case strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_"):
		return "hidden or another tool's mark"
	case strings.HasSuffix(name, "-wal"), strings.HasSuffix(name, "-shm"), strings.HasSuffix(name, "-journal"):
		return "belongs to a SQLite file"
	}
	return ""
}

func (s *files) add(folder, name string) error {
	path := filepath.Join(folder, name)
	info, err := os.Lstat(path)
	if err != nil {
		return explainPath(path, err)
	}
	f := file{name: name, path: path, info: info}
	s.list = append(s.list, f)
	return f.regular()
}

// regular refuses what is no plain file before it is opened: opening a FIFO
// would wait for its writer.
func (f file) regular() error {
	what := ""
	switch mode := f.info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode&fs.ModeSymlink != 0:
		return sen.Errorf(sen.Invalid, "%s is a symbolic link within a folder of data", f.path).
			WithHint("name its target as the source, or put the file itself there")
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	default:
		what = "a device"
	}
	return sen.Errorf(sen.Invalid, "%s is %s, which cannot be read twice", f.path, what).
		WithHint("write its content to a file and name that")
}

// explainPath says why a path cannot be read.
func explainPath(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return sen.Errorf(sen.NotFound, "%s does not exist", path).WithHint("check the path in the contract's server")
	case errors.Is(err, fs.ErrPermission):
		return sen.Errorf(sen.Unavailable, "%s may not be read by this user", path).WithHint("give the user that runs sen the right to read it")
	}
	return sen.Errorf(sen.Unavailable, "%s cannot be read: %w", path, err)
}

// bytes is the size of all files.
func (s files) bytes() (n int64) {
	for _, f := range s.list {
		n += f.info.Size()
	}
	return n
}

// unchanged reports (Drift) when the path no longer names the same files in
// the same state.
func (s files) unchanged() error {
	now, err := listFiles(s.path)
	if err != nil {
		return changed(s.path, err.Error())
	}
	for i, f := range s.list {
		if i >= len(now.list) || now.list[i].name > f.name {
			return changed(s.path, f.name+" has gone")
		}
		if now.list[i].name < f.name {
			return changed(s.path, now.list[i].name+" has come")
		}
		if !f.same(now.list[i].info) {
			return changed(f.path, "")
		}
	}
	if len(now.list) > len(s.list) {
		return changed(s.path, now.list[len(s.list)].name+" has come")
	}
	return nil
}

func changed(path, how string) error {
	if how != "" {
		how = ": " + how
	}
	return sen.Errorf(sen.Drift, "%s changed while it was read%s", path, how).
		WithHint("wait until its writer has finished, or read a copy, and run the command again")
}

// same compares with what was seen when the dataset was opened.
func (f file) same(now fs.FileInfo) bool {
	return os.SameFile(f.info, now) && f.info.Size() == now.Size() && f.info.ModTime().Equal(now.ModTime())
}

// open opens the file and reports (Drift) when it is not the one that was
// listed.
func (f file) open() (*os.File, error) {
	r, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, changed(f.path, "it has gone")
	}
	if err != nil {
		return nil, explainPath(f.path, err)
	}
	if err := f.unchanged(r); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// unchanged compares the open file and its path with what was listed.
func (f file) unchanged(r *os.File) error {
	now, err := r.Stat()
	if err != nil {
		return f.unreadable(err)
	}
	if !f.same(now) {
		return changed(f.path, "")
	}
	if byPath, err := os.Stat(f.path); err != nil || !f.same(byPath) {
		return changed(f.path, "another file is in its place, or none")
	}
	return nil
}

func (f file) unreadable(err error) error {
	if errors.Is(err, os.ErrClosed) || isContext(err) {
		return err
	}
	return sen.Errorf(sen.Unavailable, "%s cannot be read: %w", f.path, err).
		WithHint("check the disk or the share it lies on, and run the command again")
}

func (f file) sum(digest sen.Digest) FileSum {
	return FileSum{Name: f.name, Size: f.info.Size(), Modified: f.info.ModTime().UTC().Truncate(time.Microsecond), Sum: digest}
}

// extensions are the formats by the ends of names.
var extensions = map[string]string{
	".csv": CSV, ".tsv": CSV, ".tab": CSV, ".txt": CSV, ".psv": CSV,
	".jsonl": JSONL, ".ndjson": JSONL, ".json": JSONL,
	".parquet": Parquet, ".pq": Parquet,
	".xlsx": XLSX, ".xlsm": XLSX,
	".sqlite": SQLite, ".sqlite3": SQLite, ".db": SQLite, ".db3": SQLite,
}

// formatOf is the format that a location names, else that of the files.
func (s files) formatOf(at Location) (string, error) {
	if at.Format != "" {
		return at.Format, nil
	}
	return s.format()
}

// format is the one format of all files.
func (s files) format() (string, error) {
	format := ""
	for _, f := range s.list {
		found, err := f.format()
		if err != nil {
			return "", err
		}
		if format != "" && format != found {
			return "", sen.Errorf(sen.Invalid, "%s holds files of more than one format: %s is %s, %s is %s", s.path, s.list[0].name, format, f.name, found).
				WithHint("name the files of one dataset by a glob, for example %s", filepath.Join(filepath.Dir(f.path), "*"+filepath.Ext(f.name)))
		}
		format = found
	}
	return format, nil
}

// format is told by a file's first bytes where they are unmistakable, else by
// its name, else by its first letter.
func (f file) format() (string, error) {
	r, err := f.open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", f.unreadable(err)
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return SQLite, nil
	case bytes.HasPrefix(head, []byte("PAR1")):
		return Parquet, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return XLSX, nil // or what else is packed so: opening it tells
	}
	if format, known := extensions[strings.ToLower(filepath.Ext(f.name))]; known {
		return format, nil
	}
	if text := bytes.TrimLeft(head, "\xEF\xBB\xBF \t\r\n"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return JSONL, nil
	}
	return CSV, nil
}
