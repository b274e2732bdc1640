package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/link"
)

// entityProblems is what is wrong with the hub's entity files, by themselves
// and beside its contracts, and how many files there are.
func (d *declarations) entityProblems() (all contract.Problems, files int, err error) {
	names, err := filepath.Glob(filepath.Join(d.path("entities"), "*.yaml"))
	if err != nil {
		return nil, 0, err
	}
	var entities []*link.Entity
	for _, file := range names {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, 0, sen.Errorf(sen.Unavailable, "an entity file cannot be read: %w", err).At("%s", file)
		}
		e, err := link.ParseEntity(file, src)
		if err != nil {
			all = append(all, problemOf(file, err))
			continue
		}
		for _, other := range entities {
			if other.Entity == e.Entity {
				all = append(all, contract.Problem{File: file, Line: 1, Column: 1, Msg: "entity " + e.Entity + " is declared twice", Hint: "the other is " + filepath.Base(other.File)})
			}
		}
		entities = append(entities, e)
	}
	if len(d.problems.Errors()) > 0 {
		return all, len(names), nil // datasets may be missing because their contract could not be read
	}
	for _, e := range entities {
		for _, fault := range e.Faults(d.columns) {
			all = append(all, problemOf(e.File, fault))
		}
		if err := e.FitsBeside(entities); err != nil {
			all = append(all, problemOf(e.File, err))
		}
	}
	return all, len(names), nil
}

// problemOf is a fault of an entity file as contracts show theirs.
// scheduleProblems are the schedules of a contract that `sen up` could not follow.
func scheduleProblems(c *contract.Contract) (all contract.Problems) {
	for _, sla := range c.SLA {
		if sla.Schedule == "" || sla.Scheduler != "" && sla.Scheduler != "cron" {
			continue
		}
		if _, err := job.ParseCron(sla.Schedule); err != nil {
			problem := problemOf(c.File, err)
			problem.Line, problem.Column = sla.Line, 1
			all = append(all, problem)
		}
	}
	return all
}

func problemOf(file string, err error) contract.Problem {
	out := contract.Problem{File: file, Msg: err.Error()}
	var fault *sen.Error
	if !errors.As(err, &fault) {
		return out
	}
	out.Msg, out.Hint = fault.Msg, fault.Hint
	line, found := strings.CutPrefix(fault.Where, file+":")
	if n, err := strconv.Atoi(line); found && err == nil {
		out.Line, out.Column = n, 1
	}
	return out
}
