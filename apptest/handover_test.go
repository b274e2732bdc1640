package apptest

import (
	"database/sql"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// handedHub is a hub of two datasets that nothing makes due.
func handedHub(t *testing.T) *shell {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("sen.yaml", "demo: true\nsource.range_rows: 1000\n")
	s.write("contracts/civil.odcs.yaml", killContract("civil", "birth", "csv", "births.csv", "births.csv"))
	s.write("contracts/vital.odcs.yaml", killContract("vital", "death", "csv", "deaths.csv", "deaths.csv"))
	s.write("sources/births.csv", manyBirths(6_000)+"S999999,999999,NGUYỄN VĂN AN,31/2/1990\n")
	s.write("sources/deaths.csv", manyBirths(500))
	return s
}

// jobsOf are the jobs that the state has, the oldest first: kind, dataset,
// state and principal.
func (s *shell) jobsOf() (out []string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "data", "state.db")+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(s.t.Context(), `SELECT kind || ' ' || dataset || ' ' || state || ' ' || principal FROM job ORDER BY id`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func me(t *testing.T) string {
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return "operator:" + who.Username
}

// TestASyncIsHandedToTheHubThatIsUp asks for the same alone and beside a hub, and
// wants the same said.
func TestASyncIsHandedToTheHubThatIsUp(t *testing.T) {
	s := handedHub(t)
	commands := [][]string{{"sync", "--force"}, {"sync"}, {"sync", "--force", "vital.death"}, {"sync", "vital", "civil.birth"}, {"quarantine", "release", "civil"}}
	var alone []result
	s.ok("sync")
	for _, args := range commands {
		alone = append(alone, s.ok(args...))
	}
	missing := "sources/deaths.csv"
	if err := os.Rename(filepath.Join(s.dir, missing), filepath.Join(s.dir, "deaths")); err != nil {
		t.Fatal(err)
	}
	failed := s.sen("sync", "--json")
	v := s.up()
	handed := s.want(failed.code, "sync", "--json")
	if i := strings.Index(handed.err, `{"error"`); i < 0 || handed.err[i:] != failed.err {
		t.Errorf("what fails is told otherwise:\nhanded %s\nalone  %s", handed.err, failed.err)
	}
	if err := os.Rename(filepath.Join(s.dir, "deaths"), filepath.Join(s.dir, missing)); err != nil {
		t.Fatal(err)
	}
	for i, args := range commands {
		got := s.ok(args...)
		got.says(t, "the hub that is up")
		if got.out != alone[i].out {
			t.Errorf("%s\nhanded\n%s\nalone\n%s", got.command, got.out, alone[i].out)
		}
	}
	var answer struct{ Datasets []killSynced }
	s.ok("sync", "--force", "--json").json(t, &answer)
	if len(answer.Datasets) != 2 || answer.Datasets[0].Certificate.Tally.Clean.Rows != 6_000 || len(answer.Datasets[0].Certificate.Ranges) != 7 {
		t.Errorf("as JSON: %+v", answer)
	}
	jobs := s.jobsOf()
	for _, want := range []string{"sync  done " + me(t), "sync vital.death done " + me(t), "release civil.birth done " + me(t)} {
		if !slices.Contains(jobs, want) {
			t.Errorf("no job %q among\n%s", want, strings.Join(jobs, "\n"))
		}
	}
	v.stop()
	s.ok("sync").saysNot(t, "the hub that is up")
	s.ok("verify")
}

// TestTheHubIsKilledInTheMiddleOfWhatItWasHanded kills it twice: the command goes
// on alone, past the socket that was left, and a hub that is started goes on.
func TestTheHubIsKilledInTheMiddleOfWhatItWasHanded(t *testing.T) {
	s := handedHub(t)
	for _, after := range []string{"alone", "hub"} {
		s.env = []string{"SEN_KILL_AT=clean:3"}
		v := s.up()
		s.env = nil
		s.want(7, "sync", "--force", "civil").says(t, "the hub went away", "sen up")
		<-v.done
		if _, err := os.Stat(filepath.Join(s.dir, "data", "up", "socket")); err != nil {
			t.Fatalf("no socket was left: %v", err)
		}
		if state := s.standing().Datasets[0].State; state != "extracting" {
			t.Fatalf("killed in the middle, the run is %s", state)
		}
		if after == "hub" {
			v := s.up()
			s.until("the job is done", v, func() bool { return s.standing().Datasets[0].State == "certified" })
			v.stop()
			continue
		}
		var answer struct{ Datasets []killSynced }
		r := s.ok("sync", "--json", "civil").saysNot(t, "the hub that is up")
		if r.json(t, &answer); len(answer.Datasets) != 1 || answer.Datasets[0].Clean != 6_000 { // how much it resumes hangs on what was checkpointed: see kill_test
			t.Errorf("alone, it does not end it: %+v", answer)
		}
	}
	s.ok("verify")
}

// TestWhoStopsListeningDoesNotStopTheHub interrupts the command, and later ends
// the hub in order.
func TestWhoStopsListeningDoesNotStopTheHub(t *testing.T) {
	s := handedHub(t)
	s.env = []string{"SEN_STOP_AT=clean:3"}
	v := s.up()
	s.env = nil
	follow := s.start("sync", "")
	stopped(t, v.cmd.Process.Pid)
	if err := follow.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := follow.Wait(); err == nil || follow.ProcessState.ExitCode() != 130 || !strings.Contains(follow.says.String(), "the hub goes on") {
		t.Errorf("interrupted, it ends with %v and says\n%s", err, follow.says.String())
	}
	if err := v.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.until("the hub has gone on", v, func() bool {
		return s.standing().Datasets[0].State == "certified" && s.standing().Datasets[1].State == "certified"
	})
	v.stop()

	s.env = []string{"SEN_STOP_AT=clean:3"}
	v = s.up()
	s.env = nil
	s.write("sources/births.csv", manyBirths(7_000))
	follow = s.start("sync", "")
	stopped(t, v.cmd.Process.Pid)
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGCONT} {
		if err := v.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	if err := follow.Wait(); err == nil || follow.ProcessState.ExitCode() != 7 || !strings.Contains(follow.says.String(), "the hub went away") {
		t.Errorf("the hub was stopped, and it ends with %v and says\n%s", err, follow.says.String())
	}
	<-v.done
	s.ok("sync").says(t, "7,000")
}

// TestAHubThatIsUpSeesThatItsFolderHasChanged adds a contract, breaks another, and
// mends it, beside a hub.
func TestAHubThatIsUpSeesThatItsFolderHasChanged(t *testing.T) {
	s := handedHub(t)
	v := s.up()
	steward := visit(t, v.address, "lan")
	s.ok("sync")
	s.write("sources/moves.csv", manyBirths(300))
	s.write("contracts/moves.odcs.yaml", killContract("moves", "move", "csv", "moves.csv", "moves.csv"))
	s.ok("sync", "moves").says(t, "the hub that is up", "300")
	if page := steward.get(200, "/systems"); !strings.Contains(page, "moves.move") {
		t.Error("the page does not know what the jobs know")
	}
	sound := killContract("civil", "birth", "csv", "births.csv", "births.csv")
	s.write("contracts/civil.odcs.yaml", strings.Replace(sound, "logicalType: date}", "logicalType: dates}", 1))
	s.write("contracts/late.odcs.yaml", killContract("late", "move", "csv", "moves.csv", "moves.csv"))
	alarm := func() bool {
		page := steward.get(200, "/systems")
		return strings.Contains(page, "contracts/civil.odcs.yaml:") && strings.Contains(page, `role="alert"`)
	}
	s.until("the page raises an alarm", v, alarm)
	if page := steward.get(200, "/systems"); !strings.Contains(page, "civil.birth") || strings.Contains(page, "late.move") {
		t.Error("what was declared before is not in force any more, or what is not sound is")
	}
	s.want(2, "sync", "moves").says(t, "the hub goes by those it read at", "300", "contracts/civil.odcs.yaml")
	s.want(2, "sync", "late").says(t, "no contract in force declares late.move", "contracts/civil.odcs.yaml")
	s.write("contracts/civil.odcs.yaml", sound)
	s.until("the alarm is over", v, func() bool { return !alarm() })
	s.ok("sync", "late").says(t, "the hub that is up", "300")
	if err := os.Remove(filepath.Join(s.dir, "contracts", "late.odcs.yaml")); err != nil {
		t.Fatal(err)
	}
	s.until("it is gone", v, func() bool { return !strings.Contains(steward.get(200, "/systems"), "late.move") })
	v.stop()
}

// TestASchedulesLineIsFollowedOnceItIsWritten gives a dataset a schedule while the
// hub is up.
func TestASchedulesLineIsFollowedOnceItIsWritten(t *testing.T) {
	s := handedHub(t)
	v := s.up()
	s.write("contracts/civil.odcs.yaml", killContract("civil", "birth", "csv", "births.csv", "births.csv")+
		"slaProperties:\n  - {property: frequency, value: 1, unit: s}\n")
	s.until("it is synchronised by its schedule", v, func() bool { return s.standing().Datasets[0].State == "certified" })
	v.stop()
	if jobs := s.jobsOf(); !slices.Contains(jobs, "sync civil.birth done schedule") {
		t.Errorf("jobs: %s", strings.Join(jobs, "\n"))
	}
}

// TestALinkageIsHandedToTheHubThatIsUp links and decides beside a hub.
func TestALinkageIsHandedToTheHubThatIsUp(t *testing.T) {
	s := newShell(t)
	s.ok("demo", "--people", "300", "--seed", "4", "--dir", "land")
	s.dir = filepath.Join(s.dir, "land")
	alone := s.ok("link", "run", "person", "--json")
	var numbers struct{ Rows [][]any }
	s.ok("query", `SELECT identity_number FROM "population"."person" ORDER BY 1 LIMIT 2`, "--json").json(t, &numbers)
	v := s.up()
	if got := s.ok("link", "run", "person", "--json"); got.out != alone.out {
		t.Errorf("handed\n%s\nalone\n%s", got.out, alone.out)
	}
	s.ok("sync", "population").says(t, "the hub that is up", "Person")
	s.want(3, "link", "run", "nobody").says(t, "no entity")
	merge := s.ok("merge", "person", fmt.Sprint(numbers.Rows[0][0]), fmt.Sprint(numbers.Rows[1][0]), "--reason", "test", "--purpose", "test")
	merge.says(t, "the hub that is up", "linked anew")
	s.write("entities/person.yaml", "entity: [")
	s.ok("sync", "--force", "population").says(t, "the hub goes by those it read at", "linked")
	if jobs := s.jobsOf(); !slices.Contains(jobs, "link  done "+me(t)) {
		t.Errorf("jobs: %s", strings.Join(jobs, "\n"))
	}
	v.stop()
}
