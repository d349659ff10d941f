// Package merge makes one series of the files of its shards. It refuses what does not belong
// together, and says in which key.
package merge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mtbench/results"
)

// MismatchError says why files are not shards of one series.
type MismatchError struct{ Msg string }

// Error is one sentence that names the files and what differs.
func (e *MismatchError) Error() string { return e.Msg }

func mismatch(format string, a ...any) error { return &MismatchError{fmt.Sprintf(format, a...)} }

// Join returns the series that files are shards of, in the order of the shards whatever the order
// of files. Its header names each shard with its host; [results.Header.MissingParts] says which are
// not there. Errors are a *MismatchError.
func Join(files []*results.File) (*results.File, error) {
	files = slices.Clone(files)
	for _, f := range files {
		if err := isShard(f); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(files, func(a, b *results.File) int {
		return a.Header.Matrix.Shard.Index - b.Header.Matrix.Shard.Index
	})
	for i, f := range files[1:] {
		if err := together(files[i], f); err != nil {
			return nil, err
		}
	}
	out := &results.File{Header: header(files)}
	for _, f := range files {
		appendRecords(out, f)
	}
	return out, nil
}

// isShard refuses a file that is not a shard, or has a run of a case that is not its own.
func isShard(f *results.File) error {
	h := &f.Header
	if err := f.Current("merged"); err != nil {
		return &MismatchError{err.Error()}
	}
	switch {
	case len(h.Parts) > 0:
		return mismatch("%s is merged already: give the files of its shards", f.Path)
	case h.Kind != results.Measured:
		return mismatch("%s holds %s figures; only measured shards are merged", f.Path, h.Kind)
	case h.Matrix.Shard == nil:
		return mismatch("%s is not a shard: mtbench run --shard makes one; mtbench report takes several "+
			"files that are series of their own", f.Path)
	case len(f.Frontier)+len(f.WhatIf) > 0:
		return mismatch("%s holds searches or what-ifs, which are not merged", f.Path)
	}
	ours := h.Matrix.Cases()
	for i := range f.Runs {
		if c := f.Runs[i].Case(); !slices.Contains(ours, c) {
			return mismatch("%s: the run with index %d is of the case %s, which shard %s does not have",
				f.Path, f.Runs[i].Index, c, h.Matrix.Shard)
		}
	}
	for i := range f.Failed {
		if c := f.Failed[i].Case(); !slices.Contains(ours, c) {
			return mismatch("%s: the failed run with index %d is of the case %s, which shard %s does not "+
				"have", f.Path, f.Failed[i].Index, c, h.Matrix.Shard)
		}
	}
	return nil
}

// together refuses two shards, in order, that are not of one series.
func together(a, b *results.File) error {
	x, y := a.Header.Matrix.Shard, b.Header.Matrix.Shard
	switch {
	case x.Of != y.Of:
		return mismatch("%s is shard %s and %s shard %s: they were dealt out differently", a.Path, x,
			b.Path, y)
	case x.Index == y.Index && a.SHA256 == b.SHA256:
		return mismatch("%s is given twice, or is a copy of %s: the same runs count once", b.Path, a.Path)
	case x.Index == y.Index:
		return mismatch("%s and %s are both shard %s: merge one of them", a.Path, b.Path, x)
	}
	if keys := differences(&a.Header, &b.Header); len(keys) > 0 {
		return mismatch("%s and %s are not of one series: they differ in %s", a.Path, b.Path,
			strings.Join(keys, ", "))
	}
	return nil
}

// own are the keys in which shards of one series may differ. Whatever else a header has must be
// equal, also what a later version adds.
func own() map[string]bool {
	return map[string]bool{"created": true, "argv": true, "host": true, "notes": true,
		"matrix.shard": true, "matrix.runs": true,
		"scenario.socket_buffer_bytes": true} // the kernel's own rounding
}

// differences lists the keys of two headers that differ, with their values.
func differences(a, b *results.Header) []string {
	x, y := keysOf(a), keysOf(b)
	names := maps.Clone(x)
	maps.Copy(names, y)
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !own()[name] && !bytes.Equal(x[name], y[name]) {
			keys = append(keys, fmt.Sprintf("%s (%s, then %s)", name, valueText(x[name]),
				valueText(y[name])))
		}
	}
	return keys
}

// keysOf are the keys of a header with their values; those of objects, but for the ones that are a
// shard's own, each by itself.
func keysOf(h *results.Header) map[string]json.RawMessage {
	keys := map[string]json.RawMessage{}
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // a header that was read can be written
	}
	flatten(keys, "", text)
	return keys
}

func flatten(keys map[string]json.RawMessage, name string, text json.RawMessage) {
	var object map[string]json.RawMessage
	if own()[name] || json.Unmarshal(text, &object) != nil || object == nil {
		keys[name] = text
		return
	}
	for key, value := range object {
		flatten(keys, strings.TrimPrefix(name+"."+key, "."), value)
	}
}

// mostValue is the most characters of a value in a message.
const mostValue = 24

func valueText(v json.RawMessage) string {
	text := strings.Trim(string(v), `"`)
	switch {
	case len(v) == 0:
		return "absent"
	case text == "":
		return "empty"
	case len(text) > mostValue:
		return strings.ToValidUTF8(text[:mostValue], "") + "…"
	}
	return text
}

// header is that of the whole series.
func header(files []*results.File) results.Header {
	h := files[0].Header
	h.Matrix.Shard, h.Matrix.Runs, h.Notes = nil, 0, nil
	h.Argv = withoutShard(h.Argv)
	for _, f := range files {
		of := &f.Header
		h.Parts = append(h.Parts, results.Part{Shard: *of.Matrix.Shard, SHA256: f.SHA256,
			Created: of.Created, Argv: of.Argv, Planned: of.Matrix.Runs, Host: of.Host})
		h.Matrix.Runs += of.Matrix.Runs
		if of.Host.Usable() < h.Host.Usable() {
			h.Host = of.Host
		}
		if of.Created.Before(h.Created) {
			h.Created = of.Created
		}
		for _, note := range of.Notes {
			if !slices.Contains(h.Notes, note) {
				h.Notes = append(h.Notes, note)
			}
		}
	}
	return h
}

// withoutShard is the command that makes the whole series.
func withoutShard(argv []string) []string {
	var out []string
	for i := 0; i < len(argv); i++ {
		switch {
		case argv[i] == "--shard":
			i++
		case !strings.HasPrefix(argv[i], "--shard="):
			out = append(out, argv[i])
		}
	}
	return out
}

// appendRecords adds the records of f behind those of the shards before it.
func appendRecords(out, f *results.File) {
	offset := 0
	for i := range out.Header.Parts {
		if p := &out.Header.Parts[i]; p.Index < f.Header.Matrix.Shard.Index {
			offset += p.Planned
		}
	}
	for i := range out.Runs {
		offset = max(offset, out.Runs[i].Index+1)
	}
	for i := range out.Failed {
		offset = max(offset, out.Failed[i].Index+1)
	}
	for _, r := range f.Runs {
		r.Index += offset
		out.Runs = append(out.Runs, r)
	}
	for _, r := range f.Failed {
		r.Index += offset
		out.Failed = append(out.Failed, r)
	}
}
