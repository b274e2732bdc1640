package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
)

// Queue is how many pairs of an entity wait for a person.
type Queue struct {
	Entity  string `json:"entity" example:"person"`
	Title   Text   `json:"title"`
	Waiting int    `json:"waiting"`
}

// Pair is two records of which a person is to say whether they are one.
type Pair struct {
	A           string      `json:"a" example:"population.person:7731" doc:"a record: DATASET:KEY or DATASET/PART:KEY"`
	B           string      `json:"b" example:"health.insurance:1204"`
	Probability float64     `json:"probability" doc:"that they are one, by the last linkage"`
	Value       float64     `json:"value" doc:"what an answer is worth, in bits"`
	Explanation Explanation `json:"explanation"`
}

// PairPage is a part of the pairs that wait.
type PairPage struct {
	Page[Pair]
	More int `json:"more" doc:"pairs that wait behind these"`
}

func (a *API) registerReviews() {
	const tag = "reviews"
	answer(a, route{id: "list-reviews", method: http.MethodGet, path: "/reviews", summary: "How many pairs wait for a person, by entity", tag: tag, scopes: reading, act: access.Review}, a.queues)
	answer(a, route{id: "list-pairs", method: http.MethodPost, path: "/reviews/{entity}/pairs", summary: "Pairs that wait for a person, the most valuable first", tag: tag, scopes: ofPeople, act: access.Review,
		about: "With what is known on both sides, and what each field weighs. A pair leaves the list when it is answered."}, a.pairs)
	answer(a, route{id: "answer-pair", method: http.MethodPost, path: "/reviews/{entity}/answers", summary: "Say of a pair whether it is one", tag: tag, scopes: changing, act: access.Review, status: http.StatusCreated,
		about: "What one person says is a decision that waits for another: `confirm-decision`."}, a.answerPair)
}

func (a *API) queues(ctx context.Context, _ sen.Principal, in *PageInput) (Page[Queue], error) {
	all, err := a.o.Desk.Queues(ctx)
	if err != nil {
		return Page[Queue]{}, err
	}
	return paged(*in, "reviews", all, func(q desk.Queue) string { return q.Entity }, func(q desk.Queue) Queue {
		return Queue{q.Entity, Text(q.Title), q.Waiting}
	})
}

type pairsInput struct {
	EntityInput
	Body struct {
		Stated
		PageBody
	}
}

// placeOf reads the cursor of a list of pairs; nil where it is to begin.
func placeOf(key string) (*desk.PairPlace, error) {
	if key == "" {
		return nil, nil //nolint:nilnil // the list begins
	}
	parts := strings.Split(key, " ")
	if len(parts) != 3 {
		return nil, noPlace()
	}
	value, err := strconv.ParseFloat(parts[0], 64)
	if err != nil {
		return nil, noPlace()
	}
	return &desk.PairPlace{Value: value, A: parts[1], B: parts[2]}, nil
}

func keyOfPlace(p desk.PairPlace) string {
	return strconv.FormatFloat(p.Value, 'g', -1, 64) + " " + p.A + " " + p.B
}

func (a *API) pairs(ctx context.Context, who sen.Principal, in *pairsInput) (PairPage, error) {
	out, list := PairPage{Page: Page[Pair]{Items: []Pair{}}}, "pairs "+in.Entity
	e, err := a.o.Desk.Entity(in.Entity)
	if err != nil {
		return out, err
	}
	page := in.Body.input()
	key, err := page.behind(list)
	if err != nil {
		return out, err
	}
	after, err := placeOf(key)
	if err != nil {
		return out, err
	}
	found, more, err := a.o.Desk.Pairs(ctx, desk.PairRequest{Request: in.Body.asks(who, "api review"), Entity: in.Entity, After: after, Limit: page.Limit})
	if err != nil {
		return out, err
	}
	for _, p := range found {
		out.Items = append(out.Items, Pair{p.A, p.B, p.Probability, p.Value, a.showExplanation(e, p.Explanation)})
	}
	if out.More = more; more > 0 && len(found) > 0 {
		out.Next = cursor(list, keyOfPlace(found[len(found)-1].Place()))
	}
	return out, nil
}

type answerPairInput struct {
	EntityInput
	Body struct {
		A       string `json:"a" minLength:"1" maxLength:"300" example:"population.person:7731" doc:"as list-pairs names it"`
		B       string `json:"b" minLength:"1" maxLength:"300" example:"health.insurance:1204"`
		Verdict string `json:"verdict" enum:"same,different"`
		Because
	}
}

func (a *API) answerPair(ctx context.Context, who sen.Principal, in *answerPairInput) (Decision, error) {
	made, err := a.o.Desk.Answer(ctx, who, in.Entity, in.Body.Verdict, in.Body.A, in.Body.B, in.Body.Reason)
	if err != nil {
		return Decision{}, standing(ctx, err)
	}
	return showDecision(made), nil
}
