package flow

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/state"
)

// Certificate says what a sync brought and lets anyone check it again: counts
// and digests per range, source against store, at a named position. It holds
// no value of any record.
type Certificate struct {
	Dataset  sen.Dataset          `json:"dataset"`
	Run      string               `json:"run"`
	Sequence int64                `json:"sequence"`
	Contract ContractRef          `json:"contract"`
	Plan     sen.Digest           `json:"plan"`               // of the compiled cleaning
	Rules    sen.Digest           `json:"rules"`              // of what was measured over the whole dataset
	Encoding string               `json:"encoding,omitempty"` // that the source was transcoded from
	Key      []string             `json:"key,omitempty"`      // that the source itself declares
	Engine   string               `json:"engine"`             // row digests are comparable within one version
	Program  string               `json:"program"`
	Source   source.Position      `json:"source"`
	Tally    clean.Tally          `json:"tally"`
	Delta    Delta                `json:"delta"`
	Ranges   []RangeProof         `json:"ranges"`
	Content  clean.Digest         `json:"content"` // of the clean table after the run, by what its rows say
	Tables   map[lake.Kind]string `json:"tables"`  // snapshot of each table
	Started  time.Time            `json:"started"`
	Finished time.Time            `json:"finished"`
}

// ContractRef names the contract that was in force.
type ContractRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// RangeProof is one range of the source and what became of it.
type RangeProof struct {
	Number      int          `json:"number"`
	Source      string       `json:"source"` // file and place
	FirstRow    int64        `json:"first_row"`
	FileRow     int64        `json:"file_row"`        // of the first row, in its file
	Place       *Place       `json:"place,omitempty"` // live sources: where the server finds it again
	In          clean.Digest `json:"in"`
	Clean       clean.Digest `json:"clean"`
	Quarantined clean.Digest `json:"quarantined"`
	Files       []state.File `json:"files"`
}

// Place is where a range stands in a live source, in its driver's words: see
// source.Range.
type Place struct {
	Part  string `json:"part"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
}

// Clean is the number of rows in the clean table's share of this run: those
// that passed, less the ones set apart afterwards because they repeat a key.
func (c Certificate) Clean() int64 { return c.Tally.Clean.Rows - c.Delta.Duplicates }

// Quarantined is the number of rows set apart.
func (c Certificate) Quarantined() int64 { return c.Tally.Quarantined.Rows + c.Delta.Duplicates }

// In is the number of rows of the source: In = Clean + Quarantined.
func (c Certificate) In() int64 { return c.Tally.In().Rows }

// certify measures the rules of the whole dataset, signs what was done, and
// stores both with the end of the run in one transaction.
func (r *run) certify(ctx context.Context, delta Delta, out *Outcome) error {
	r.progress("certify", 0, 0)
	scan, err := r.tables.clean.Scan(ctx, lake.AsOf{})
	if err != nil {
		return err
	}
	c, err := r.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	cert := r.certificate(delta)
	cert.Content = cert.Tally.Content.Less(r.repeats)
	if out.Results, err = r.plan.Measure(ctx, c, relation(scan), cert.Tally, r.o.Rules); err != nil {
		return err
	}
	if err := json.Unmarshal(r.record.Position, &cert.Source); err != nil {
		return err
	}
	held, err := r.heldBack(ctx, c)
	if err != nil {
		return err
	}
	newest, err := r.newest(ctx, c, relation(scan), cert.Source)
	if err != nil {
		return err
	}
	out.found = r.found(cert, out.Results, newest)
	if err := r.store(ctx, cert, out.found, held); err != nil {
		return err
	}
	out.Certificate = &cert
	r.progress("done", 0, 0)
	return nil
}

func (r *run) certificate(delta Delta) Certificate {
	cert := Certificate{Dataset: r.dataset.Name, Run: r.record.ID, Sequence: r.record.Sequence,
		Contract: ContractRef{ID: r.dataset.Contract.ID, Version: r.dataset.Contract.Version},
		Plan:     r.plan.Digest(), Rules: r.plan.RulesDigest(), Encoding: r.in.encoding, Key: r.in.key, Engine: r.record.Engine, Program: r.record.Program,
		Tally: r.tally(), Delta: delta, Tables: map[lake.Kind]string{},
		Started: r.record.Started, Finished: r.o.Now().UTC()}
	for _, rng := range r.ranges {
		proof := rng.RangeProof
		proof.Files = slices.Clone(proof.Files)
		for i, f := range proof.Files {
			if name, err := r.o.Lake.Name(f.Path); err == nil {
				proof.Files[i].Path = name // it holds wherever the lake is
			}
		}
		cert.Ranges = append(cert.Ranges, proof)
	}
	for _, t := range []*lake.Table{r.tables.landed, r.tables.quarantine, r.tables.clean} {
		if s, ok := t.Current(); ok {
			cert.Tables[t.Kind()] = s.String()
		}
	}
	return cert
}

// store keeps what a run found, then its signed certificate: with that, in
// one transaction, the run is done.
func (r *run) store(ctx context.Context, cert Certificate, found quality.Input, held []state.Quarantined) error {
	if err := quality.Store(ctx, r.o.State, quality.Measure(found)); err != nil {
		return err
	}
	if err := r.o.State.PutQuarantine(ctx, r.record.ID, held); err != nil {
		return err
	}
	body, err := json.Marshal(cert)
	if err != nil {
		return err
	}
	r.o.Hook(HookCertify, 0)
	signature, keyID := r.o.Keys.Sign(body)
	return r.o.State.Certify(ctx, state.Certificate{Run: r.record.ID, Dataset: r.dataset.Name, Body: body,
		Signature: signature, KeyID: keyID, Issued: cert.Finished})
}

// found is what the quality of the dataset is measured by.
func (r *run) found(cert Certificate, results []clean.Result, newest time.Time) quality.Input {
	return quality.Input{Plan: r.plan, Tally: cert.Tally, Results: results, Duplicates: cert.Tally.Repeated + cert.Delta.Duplicates,
		Run: cert.Run, At: cert.Finished, Newest: newest, Certified: true,
		PublishedSince: r.dataset.Contract.Custom.Text("publishedSince")}
}

// newest is when the newest change was made at the source: the latest value
// of the column that the contract's SLA names, else the time of its files.
func (r *run) newest(ctx context.Context, c *engine.Conn, clean string, at source.Position) (time.Time, error) {
	var newest sql.NullTime
	_, element, _ := r.dataset.Freshness()
	if p := r.dataset.Object.Property(columnOf(element)); p != nil && (p.LogicalType == "date" || p.LogicalType == "timestamp") {
		err := c.Row(ctx, fmt.Sprintf("SELECT CAST(max(%s) AS TIMESTAMP) FROM %s", engine.Ident(p.Name), clean), &newest)
		if err != nil || newest.Valid {
			return newest.Time, err
		}
	}
	for _, f := range at.Files {
		if f.Modified.After(newest.Time) {
			newest.Time = f.Modified
		}
	}
	return newest.Time, nil
}

// columnOf is the property of an object.property, as an SLA names it.
func columnOf(element string) string { return element[strings.LastIndex(element, ".")+1:] }

// heldBack counts the rows of the quarantine by their first violation.
func (r *run) heldBack(ctx context.Context, c *engine.Conn) ([]state.Quarantined, error) {
	scan, err := r.tables.quarantine.Scan(ctx, lake.AsOf{})
	if err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, "SELECT _rule, coalesce(_column, ''), count(*) FROM "+relation(scan)+" GROUP BY ALL ORDER BY ALL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []state.Quarantined
	for rows.Next() {
		var q state.Quarantined
		if err := rows.Scan(&q.Rule, &q.Column, &q.Rows); err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, rows.Err()
}

// LastCertificate is the newest certificate of a dataset, its signature
// checked; false when it has none.
func (f *Flow) LastCertificate(ctx context.Context, dataset sen.Dataset) (Certificate, bool, error) {
	var cert Certificate
	last, ok, err := f.o.State.LatestCertified(ctx, dataset)
	if !ok || err != nil {
		return cert, false, err
	}
	kept, err := f.o.State.Certificate(ctx, last.ID)
	if err != nil {
		return cert, false, err
	}
	if err := f.o.Keys.Verify(kept.KeyID, kept.Body, kept.Signature); err != nil {
		return cert, false, sen.Errorf(sen.Corrupt, "the certificate of run %s is not what was signed: %w", last.ID, err).
			At("%s", dataset).WithHint("restore the hub's state from a backup, or make it anew with `sen sync --force %s`", dataset)
	}
	if err := json.Unmarshal(kept.Body, &cert); err != nil {
		return cert, false, sen.Errorf(sen.Corrupt, "the certificate of run %s cannot be read: %w", last.ID, err).At("%s", dataset)
	}
	return cert, true, nil
}
