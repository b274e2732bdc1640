package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/link/resolve"
	"github.com/sen-hub/sen/internal/text"
)

// typed runs the program in-process, as main does.
func typed(t *testing.T, env map[string]string, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := program{args: args, in: strings.NewReader(""), out: &stdout, err: &stderr,
		env: func(name string) string { return env[name] }, now: func() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }}
	code = p.run(t.Context())
	return stdout.String(), stderr.String(), code
}

func TestTheLanguageIsTheFirstThatSaysSomething(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		args []string
		want string
	}{
		{nil, nil, "không có giá trị"},
		{map[string]string{"LANG": "C.UTF-8"}, nil, "không có giá trị"},
		{map[string]string{"LANG": "en_US.UTF-8"}, nil, "no value"},
		{map[string]string{"LANG": "en_US.UTF-8", "SEN_LANG": "vi"}, nil, "không có giá trị"},
		{map[string]string{"SEN_LANG": "vi"}, []string{"--lang", "en"}, "no value"},
		{nil, []string{"--lang=en"}, "no value"},
	} {
		out, _, _ := typed(t, c.env, append([]string{"standardise", "date", ""}, c.args...)...)
		if !strings.Contains(out, c.want) {
			t.Errorf("%v %v: got %q, want %q", c.env, c.args, out, c.want)
		}
	}
}

func TestAnErrorSaysWhatWhereAndNext(t *testing.T) {
	_, errs, code := typed(t, map[string]string{"SEN_LANG": "en"}, "--dir", t.TempDir(), "status")
	if code != 3 || !strings.HasPrefix(errs, "error: ") || !strings.Contains(errs, "Next ") {
		t.Errorf("exit code %d, want 3\n%s", code, errs)
	}
	_, errs, code = typed(t, nil, "--dir", t.TempDir(), "status", "--json")
	var answer struct {
		Error struct{ Kind, Where, Message, Hint string }
	}
	if err := json.Unmarshal([]byte(errs), &answer); err != nil || code != 3 || answer.Error.Kind != "not-found" || answer.Error.Hint == "" {
		t.Errorf("exit code %d, %v: %s", code, err, errs)
	}
}

func TestEveryKindOfErrorHasAnExitCodeOfItsOwn(t *testing.T) {
	seen := map[int]bool{0: true}
	for _, e := range exitCodes() {
		if seen[e.code] {
			t.Errorf("exit code %d stands for two kinds", e.code)
		}
		seen[e.code] = true
		if codeOf(e.kind) != e.code {
			t.Errorf("codeOf(%s) = %d, want %d", e.kind, codeOf(e.kind), e.code)
		}
	}
}

func TestATimeIsADayOrAMoment(t *testing.T) {
	for text, want := range map[string]string{"": "0001-01-01T00:00:00Z", "2026-01-31T08:00:00+07:00": "2026-01-31T01:00:00Z"} {
		got, err := parseTime(text)
		if err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("parseTime(%q) = %s, %v; want %s", text, got.UTC().Format(time.RFC3339), err, want)
		}
	}
	day, err := parseTime("2026-01-31")
	if err != nil || day.Format("2006-01-02 15:04:05") != "2026-01-31 23:59:59" {
		t.Errorf("a day is asked for as it ended, got %s, %v", day, err)
	}
	if _, err := parseTime("yesterday"); err == nil {
		t.Error("yesterday is taken for a time")
	}
}

func TestFindingsAreSaidInTheReadersLanguage(t *testing.T) {
	line := findingLine{What: "select births", Says: "server live: the user may not read public.births"}
	vi, en := program{lang: text.Vietnamese}, program{lang: text.English}
	if got := vi.said(line); got != "không được đọc ("+line.Says+")" {
		t.Errorf("in Vietnamese: %s", got)
	}
	if got := en.said(line); got != line.Says {
		t.Errorf("in English: %s", got)
	}
}

func TestEveryStepOfALinkageHasWords(t *testing.T) {
	for _, step := range append(slices.Clone(resolve.Steps), flow.StepConflicts) {
		if words := linkSteps[step]; words.vi == "" || words.en == "" {
			t.Errorf("%s has no words", step)
		}
	}
}
