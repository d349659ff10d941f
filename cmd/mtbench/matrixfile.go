package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/pflag"

	"mtbench/internal/series"
	"mtbench/results"
)

// A matrix file holds flags of `mtbench run` by name: what --print-matrix writes, --matrix reads.
// A flag of the command line goes before the file's.

// maxMatrixFile bounds a matrix file, in bytes.
const maxMatrixFile = 1 << 20

// settingFlags are the flags that can stand in a matrix file.
func settingFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	addSettingFlags(f, &runOptions{settings: series.Defaults()})
	return f
}

// readMatrix sets the flags that a matrix file has and the command line has not.
func readMatrix(f *pflag.FlagSet, path string) error {
	file, err := results.Open(path, os.O_RDONLY)
	if err != nil {
		return fmt.Errorf("--matrix: %s cannot be read: %w", path, results.Reason(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxMatrixFile+1))
	if err != nil {
		return fmt.Errorf("--matrix: %s cannot be read: %w", path, err)
	}
	if len(text) > maxMatrixFile {
		return fmt.Errorf("--matrix: %s is larger than 1 MiB", path)
	}
	return setMatrix(f, path, text)
}

func setMatrix(f *pflag.FlagSet, path string, text []byte) error {
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return fmt.Errorf("--matrix: %s: %s", path, yaml.FormatError(err, false, false))
	}
	if len(doc.Docs) != 1 || doc.Docs[0].Body == nil {
		return fmt.Errorf("--matrix: %s holds no settings; --print-matrix writes a file of all", path)
	}
	pairs, err := pairsOf(doc.Docs[0].Body)
	if err != nil {
		return fmt.Errorf("--matrix: %s: %w", path, err)
	}
	seen, settings := map[string]bool{}, settingFlags()
	for _, p := range pairs {
		name, line := p.Key.String(), p.Key.GetToken().Position.Line
		flag := f.Lookup(name)
		if flag == nil || settings.Lookup(name) == nil {
			return fmt.Errorf("--matrix: %s:%d: there is no setting %q; --print-matrix lists all", path,
				line, name)
		}
		if seen[name] {
			return fmt.Errorf("--matrix: %s:%d: %s is given twice", path, line, name)
		}
		seen[name] = true
		value, err := flagValue(flag, p.Value)
		if err == nil && !flag.Changed {
			err = f.Set(name, value)
		}
		if err != nil {
			return fmt.Errorf("--matrix: %s:%d: %w", path, line, err)
		}
	}
	return nil
}

// pairsOf are the settings of a document.
func pairsOf(body ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := body.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, errors.New("must be settings, each as \"threads: [4, 8]\"")
}

// flagValue is a value as its flag takes it: a list has commas.
func flagValue(flag *pflag.Flag, n ast.Node) (string, error) {
	var value any
	if err := yaml.NodeToValue(n, &value); err != nil {
		return "", err
	}
	if on, ok := value.(bool); ok && flag.Value.Type() == "bool" {
		return fmt.Sprint(on), nil
	}
	list, ok := value.([]any)
	if !ok {
		return scalar(value)
	}
	var words []string
	for _, v := range list {
		word, err := scalar(v)
		if err != nil {
			return "", err
		}
		words = append(words, word)
	}
	return strings.Join(words, ","), nil
}

// scalar is a single value; YAML takes on and off of some writers for true and false.
func scalar(value any) (string, error) {
	switch v := value.(type) {
	case bool:
		return results.OnOff(v), nil
	case string:
		return v, nil
	case uint64, int64, int, float64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("%v is neither a word, a number nor a list of such", value)
}

// writeMatrix writes every setting with what it means: a value where one is given or is the
// default, a comment where it is derived.
func writeMatrix(w io.Writer, f *pflag.FlagSet) error {
	var b strings.Builder
	b.WriteString("# A matrix of mtbench: mtbench run --matrix FILE\n" +
		"# A list makes an axis. A flag of the command line goes before a line of the file.\n" +
		"# yaml-language-server: $schema=matrix.schema.json\n")
	settings := settingFlags()
	f.VisitAll(func(flag *pflag.Flag) {
		if settings.Lookup(flag.Name) == nil {
			return
		}
		value := matrixText(flag)
		mark := ""
		if value == "" {
			mark = "# "
		}
		fmt.Fprintf(&b, "\n# %s\n%s%s: %s\n", flag.Usage, mark, flag.Name, value)
	})
	_, err := io.WriteString(w, b.String())
	return err
}

// matrixText is the value of a flag in YAML; empty where there is none to write.
func matrixText(flag *pflag.Flag) string {
	value := flag.Value.String()
	if flag.Value.Type() == "intSlice" {
		value = strings.Trim(value, "[]")
	}
	derived := map[string]string{"limit": "0s", "pairs": "0", "seed": "0"}
	open := flag.Name == "downtime-limit" || flag.Name == "extra"
	if value == "" || value == derived[flag.Name] || open && !flag.Changed {
		return ""
	}
	words := strings.Split(value, ",")
	for i, word := range words {
		words[i] = quoteYAML(word)
	}
	if len(words) == 1 {
		return words[0]
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// quoteYAML is a word that is read back as it stands: numbers bare, the rest quoted.
func quoteYAML(word string) string {
	if strings.Trim(word, "0123456789") == "" || word == "true" || word == "false" {
		return word
	}
	quoted, _ := json.Marshal(word) // a string has no error
	return string(quoted)
}

// matrixSchema is the JSON Schema of a matrix file, made from the flags.
func matrixSchema() ([]byte, error) {
	one := []any{map[string]any{"type": "string"}, map[string]any{"type": "number"},
		map[string]any{"type": "boolean"}}
	properties := map[string]any{}
	settingFlags().VisitAll(func(flag *pflag.Flag) {
		properties[flag.Name] = map[string]any{"description": flag.Usage,
			"anyOf": append(slices.Clone(one), map[string]any{"type": "array", "minItems": 1,
				"items": map[string]any{"anyOf": one}})}
	})
	text, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "A matrix file of mtbench run", "type": "object", "properties": properties,
		"additionalProperties": false}, "", " ")
	return append(text, '\n'), err
}
