// Package claims reads claims files: what somebody says of models, in which cases, by which
// figures. Package verdict judges them.
package claims

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"mtbench/internal/metric"
	"mtbench/results"
)

//go:embed claims.yaml
var shipped []byte

// ShippedName is what messages call the claims file that mtbench carries.
const ShippedName = "claims.yaml (shipped)"

// The relations that a claim may state. The first group sets two models against each other, the
// second looks at one.
const (
	Lower  = "lower"  // other's values are lower than base's, by at_least if given
	Higher = "higher" // other's values are higher than base's, by at_least if given
	Equal  = "equal"  // they differ by less than within

	Below     = "below"           // the model's values are below value
	Above     = "above"           // the model's values are above value
	Zero      = "zero"            // the model's values are zero in every run
	Completes = "completes"       // the model's migrations complete
	Cannot    = "cannot-complete" // the model's migrations cannot complete
)

func pairRelations() []string { return []string{Lower, Higher, Equal} }
func singleRelations() []string {
	return []string{Below, Above, Zero, Completes, Cannot}
}

// Claim is one statement about models, as a claims file has it.
type Claim struct {
	ID     string `yaml:"id"`
	Says   string `yaml:"says"`   // in words
	Source string `yaml:"source"` // who says so, and where
	Metric string `yaml:"metric"`
	Where  Where  `yaml:"where"`

	Base  string `yaml:"base"`  // a claim on two models: this one …
	Other string `yaml:"other"` // … and the one that is said to differ from it
	Model string `yaml:"model"` // a claim on one model

	// BaseThreads and BaseWait compare across cells: the base has so many threads, or this setting
	// of wait, the other those of Where.
	BaseThreads int    `yaml:"base_threads"`
	BaseWait    string `yaml:"base_wait"`

	Relation string   `yaml:"relation"`
	AtLeast  string   `yaml:"at_least"` // lower, higher: by how much, as "5%" of the base, or FromFigures
	Within   string   `yaml:"within"`   // equal: how far apart equal things may be, as "5%"
	Value    *float64 `yaml:"value"`    // below, above: in the metric's unit; absent: of the figures

	// Figures names the published table whose figures the claim is of: [OfLetter], or none.
	Figures string `yaml:"figures"`

	// Construction marks a claim that the program makes true whatever is measured.
	Construction bool `yaml:"construction"`

	File string `yaml:"-"`
	Line int    `yaml:"-"` // of its first key

	AtLeastShare, WithinShare float64 `yaml:"-"` // AtLeast and Within; 0 where not given

	printed printed // the table of Figures
}

// Where lists the cells of a claim: every count with every setting.
type Where struct {
	Threads []int    `yaml:"threads"`
	Wait    []string `yaml:"wait"` // off, on
}

// Cells lists the cells of the claim.
func (c *Claim) Cells() []results.Cell {
	var cells []results.Cell
	for _, threads := range c.Where.Threads {
		for _, wait := range c.Where.Wait {
			cells = append(cells, results.Cell{Threads: threads, Wait: wait == "on"})
		}
	}
	return cells
}

// BaseCell returns the cell of the base of a claim that is judged in cell.
func (c *Claim) BaseCell(cell results.Cell) results.Cell {
	if c.BaseThreads != 0 {
		cell.Threads = c.BaseThreads
	}
	if c.BaseWait != "" {
		cell.Wait = c.BaseWait == "on"
	}
	return cell
}

// Across reports whether the base of the claim has a cell of its own.
func (c *Claim) Across() bool { return c.BaseThreads != 0 || c.BaseWait != "" }

// Paired reports whether the claim sets two models against each other.
func (c *Claim) Paired() bool { return slices.Contains(pairRelations(), c.Relation) }

// Shipped are the claims of the cover letter of 2018.
func Shipped() ([]*Claim, error) { return Parse(shipped, ShippedName) }

// Read reads a claims file. What is wrong with the file is a *results.InputError.
func Read(path string) ([]*Claim, error) {
	f, err := results.Open(path, os.O_RDONLY)
	if irregular := (*results.IrregularError)(nil); errors.As(err, &irregular) {
		return nil, &results.InputError{File: path, Msg: "is not a claims file: " + err.Error()}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxClaimsBytes+1))
	if err != nil {
		return nil, err
	}
	return Parse(data, path)
}

// Parse reads the text of a claims file, which errors call name. It refuses what it does not
// know and what cannot be, and reports the first of it.
func Parse(data []byte, name string) ([]*Claim, error) {
	if line, err := boundText(data); err != nil {
		return nil, inputError(name, line, err)
	}
	nodes, err := claimNodes(data)
	if err != nil {
		return nil, inputError(name, 0, err)
	}
	var claims []*Claim
	seen := map[string]int{}
	for _, node := range nodes {
		c := &Claim{File: name, Line: lineOf(node)}
		if err := yaml.NodeToValue(node, c, yaml.Strict()); err != nil {
			return nil, inputError(name, c.Line, err)
		}
		if key, err := c.check(); err != nil {
			return nil, inputError(name, keyLine(node, key, c.Line), err)
		}
		if before := seen[c.ID]; before != 0 {
			return nil, inputError(name, keyLine(node, "id", c.Line),
				fmt.Errorf("id %q is that of the claim on line %d too; ids are unique", c.ID, before))
		}
		seen[c.ID] = c.Line
		claims = append(claims, c)
	}
	return claims, boundVerdicts(claims, name)
}

// claimNodes finds the list under the one key of the file.
func claimNodes(data []byte) ([]ast.Node, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("is not a claims file: it must be one document, a list under the " +
			"key claims")
	}
	body, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok || len(body.Values) != 1 || body.Values[0].Key.String() != "claims" {
		return nil, errors.New("is not a claims file: its one key must be claims, a list of claims")
	}
	list, ok := body.Values[0].Value.(*ast.SequenceNode)
	switch {
	case !ok:
		return nil, errors.New("claims must be a list: each claim begins with \"- id:\"")
	case len(list.Values) == 0 || len(list.Values) > maxClaims:
		return nil, fmt.Errorf("holds %d claims; it must be 1 to %d", len(list.Values), maxClaims)
	}
	return list.Values, nil
}

// inputError gives err its file and line, from the YAML library where that knows better.
func inputError(name string, line int, err error) error {
	var y yaml.Error
	if errors.As(err, &y) {
		if tk := y.GetToken(); tk != nil {
			line = tk.Position.Line
		}
		msg := y.GetMessage()
		if syntax := (*yaml.SyntaxError)(nil); errors.As(err, &syntax) {
			msg = "is not a claims file: it is not YAML (" + msg + ")"
		}
		return &results.InputError{File: name, Line: line, Msg: msg}
	}
	return &results.InputError{File: name, Line: line, Msg: err.Error()}
}

func lineOf(node ast.Node) int {
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		node = m.Values[0].Key
	}
	if tk := node.GetToken(); tk != nil {
		return tk.Position.Line
	}
	return 0
}

// keyLine is the line of a key of a claim, or otherwise if the claim does not have it.
func keyLine(node ast.Node, key string, otherwise int) int {
	m, ok := node.(*ast.MappingNode)
	if !ok {
		return otherwise
	}
	for _, v := range m.Values {
		if v.Key.String() == key {
			return v.Key.GetToken().Position.Line
		}
	}
	return otherwise
}

// check says what cannot be in a claim, and the key that it is at.
func (c *Claim) check() (key string, err error) {
	for _, f := range []func() (string, error){
		c.checkText, c.checkMetric, c.checkRelation, c.checkModels, c.checkWhere, c.checkShares,
		c.checkValue, c.checkFigures,
	} {
		if key, err := f(); err != nil {
			return key, err
		}
	}
	return "", nil
}

func (c *Claim) checkText() (string, error) {
	for _, f := range []struct{ key, text string }{
		{"id", c.ID}, {"says", c.Says}, {"source", c.Source}, {"relation", c.Relation},
	} {
		if f.text == "" {
			return f.key, fmt.Errorf("%s is missing; every claim has id, says, source and relation", f.key)
		}
	}
	return "", nil
}

// checkMetric: completion is a relation of its own, and names no metric.
func (c *Claim) checkMetric() (string, error) {
	if c.Relation == Completes || c.Relation == Cannot {
		if c.Metric != "" && c.Metric != "completed" {
			return "metric", fmt.Errorf("relation %s is about completion; leave metric out", c.Relation)
		}
		c.Metric = "completed"
		return "", nil
	}
	if c.Metric == "completed" {
		return "relation", fmt.Errorf("completion is no figure that can be %s; write completes or "+
			"cannot-complete", c.Relation)
	}
	if _, ok := metric.Lookup(c.Metric); !ok {
		return "metric", fmt.Errorf("there is no metric %q; there are %s", c.Metric, metricNames())
	}
	return "", nil
}

func metricNames() string {
	var names []string
	for _, m := range metric.All() {
		names = append(names, m.Name)
	}
	return strings.Join(names, ", ")
}

func (c *Claim) checkRelation() (string, error) {
	all := slices.Concat(pairRelations(), singleRelations())
	if !slices.Contains(all, c.Relation) {
		return "relation", fmt.Errorf("there is no relation %q; there are %s", c.Relation,
			strings.Join(all, ", "))
	}
	return "", nil
}

func (c *Claim) checkModels() (string, error) {
	switch {
	case c.Paired() && (c.Base == "" || c.Other == "" || c.Model != ""):
		return "relation", fmt.Errorf("%s sets two models against each other; name them in base and "+
			"other", c.Relation)
	case !c.Paired() && (c.Model == "" || c.Base != "" || c.Other != "" || c.Across()):
		return "relation", fmt.Errorf("%s is about one model; name it in model", c.Relation)
	case c.Paired() && c.Base == c.Other && !c.Across():
		return "other", fmt.Errorf("%s is never %s than itself; base and other must differ, or "+
			"base_threads or base_wait be given", c.Other, c.Relation)
	}
	return "", nil
}

func (c *Claim) checkWhere() (string, error) {
	if len(c.Where.Threads) == 0 || len(c.Where.Wait) == 0 {
		return "where", errors.New("where must list threads and wait, for example " +
			"{threads: [4, 8], wait: [off, on]}")
	}
	for _, n := range append(slices.Clone(c.Where.Threads), max(c.BaseThreads, 1)) {
		if n < 1 || n > results.MaxThreads {
			return "where", fmt.Errorf("threads: %d is not within 1 to %d", n, results.MaxThreads)
		}
	}
	if c.BaseThreads < 0 || c.BaseThreads > results.MaxThreads {
		return "base_threads", fmt.Errorf("base_threads: %d is outside of 1 to %d", c.BaseThreads,
			results.MaxThreads)
	}
	if c.BaseWait != "" && c.BaseWait != "on" && c.BaseWait != "off" {
		return "base_wait", fmt.Errorf("base_wait: %q is neither on nor off", c.BaseWait)
	}
	for _, cell := range c.Cells() {
		if c.Across() && c.Base == c.Other && c.BaseCell(cell) == cell {
			return "where", fmt.Errorf("the case %s is compared with itself: base_threads and base_wait "+
				"say so", cell)
		}
	}
	if err := c.checkOnce(); err != nil {
		return "where", err
	}
	m, _ := metric.Lookup(c.Metric)
	for _, w := range c.Where.Wait {
		switch {
		case w != "on" && w != "off":
			return "where", fmt.Errorf("wait: %q is neither on nor off", w)
		case w == "on" && m.WaitOff:
			return "where", fmt.Errorf("%s has no meaning with wait on, where no page finds all threads "+
				"busy; claim busy_pages to be zero instead", c.Metric)
		}
	}
	return "", nil
}

func (c *Claim) checkShares() (string, error) {
	var err error
	if c.AtLeast != FromFigures {
		if c.AtLeastShare, err = parsePercent(c.AtLeast); err != nil {
			return "at_least", err
		}
	}
	if c.WithinShare, err = parsePercent(c.Within); err != nil {
		return "within", err
	}
	switch {
	case c.AtLeast != "" && c.Relation != Lower && c.Relation != Higher:
		return "at_least", fmt.Errorf("at_least does not go with %s", c.Relation)
	case c.Relation == Lower && c.AtLeastShare >= 1:
		return "at_least", errors.New("nothing is lower by 100% or more")
	case c.Within != "" && c.Relation != Equal:
		return "within", fmt.Errorf("within does not go with %s", c.Relation)
	case c.WithinShare == 0 && c.Relation == Equal:
		return "relation", errors.New("equal needs within, above 0: no two measurements are the " +
			"same; write for example within: 10%")
	}
	return "", nil
}

// parsePercent reads a share written with a percent sign; "" is 0.
func parsePercent(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	digits, ok := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || math.IsNaN(v) || v < 0 || v > 1e6 {
		return 0, fmt.Errorf("%q is not a percentage; write for example 5%%", text)
	}
	return v / 100, nil
}

func (c *Claim) checkValue() (string, error) {
	m, _ := metric.Lookup(c.Metric)
	bounded := c.Relation == Below || c.Relation == Above
	switch {
	case bounded != (c.Value != nil) && (!bounded || c.Figures == ""):
		return "value", errors.New("value goes with below and above, and they need it")
	case c.Value == nil:
		return "", nil
	case bounded && (!(*c.Value > 0) || math.IsInf(*c.Value, 0)):
		return "value", fmt.Errorf("value must be above 0, not %v; for none at all write relation: zero",
			*c.Value)
	case bounded && (m.Unit == "ratio" || m.Unit == "CPUs") && *c.Value > 1:
		return "value", fmt.Errorf("%s is at most 1 (its unit is %s), so %v says nothing", m.Name, m.Unit,
			*c.Value)
	}
	return "", nil
}
