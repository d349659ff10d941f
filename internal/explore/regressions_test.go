//go:build explore

package explore

import (
	"errors"
	"os"
	"strings"
	"testing"

	"mtbench/models/modeltest/planted"
)

func TestRegressions(t *testing.T) {
	text, err := os.ReadFile("testdata/regressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	models := map[string]Model{}
	for _, p := range planted.All() {
		models[p.Name] = plantedModel(p)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		n++
		regression(t, models, strings.Split(line, " : "))
	}
	if n == 0 {
		t.Error("no regressions in the file")
	}
}

func regression(t *testing.T, models map[string]Model, fields []string) {
	s, err := ParseSchedule(fields[1])
	if err != nil {
		t.Fatalf("%v: %v", fields, err)
	}
	name, use, _ := strings.Cut(fields[0], "/")
	if err := Replay(programOf(models[name], fields[0]), s); err == nil ||
		!strings.Contains(err.Error(), fields[2]) {
		t.Errorf("%s on %v: %v; want %s", fields[0], s, err, fields[2])
	}
	for _, m := range shipped() {
		err := Replay(programOf(m, m.Name+"/"+use), s)
		if err != nil && !errors.Is(err, ErrSchedule) {
			t.Errorf("%s/%s on %v: %v", m.Name, use, s, err)
		}
	}
}
