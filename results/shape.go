package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// shape is what can be seen of a record without decoding it: which names it has, and the text of
// their values. Of a line that is not a JSON object it is whatever comes out: decoding tells.
type shape struct {
	values  map[string][]byte // by name, of the outermost object
	longest int               // bytes of the longest string, name or value
	doubt   string            // why the record cannot be read in one way only; "" for none

	names [][][]byte // by depth, of the present object
}

// Limits of a record that no limit on its bytes gives: what is checked by pairs.
const (
	maxNames = 1000 // of an object
	mostDeep = 32   // objects and lists within each other
)

// shapeOf scans line once. Decoding it twice instead, once for the names, took twice as long.
func shapeOf(line []byte) shape {
	sh := shape{values: map[string][]byte{}}
	var name []byte
	depth, from := 0, 0 // from: where the present name or value of the outermost object begins
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '"':
			end := stringEnd(line, i)
			sh.longest = max(sh.longest, end-i-1)
			if isName(line, end) {
				sh.take(depth, line[i+1:min(end, len(line))])
			}
			i = end
		case '{', '[':
			if depth++; depth == 1 {
				from = i + 1
			}
			sh.open(depth)
		case ':':
			if depth == 1 {
				name, from = line[from:i], i+1
			}
		case ',':
			if depth == 1 {
				sh.put(name, line[from:i])
				from = i + 1
			}
		case '}', ']':
			switch depth--; {
			case depth == 0:
				sh.put(name, line[from:i])
			case depth < 0:
				return sh // it is no JSON
			}
		}
	}
	return sh
}

// isName reports whether the string whose last quote is at end is a name: a colon follows.
func isName(line []byte, end int) bool {
	for end++; end < len(line); end++ {
		if c := line[end]; c != ' ' && c != '\t' {
			return c == ':'
		}
	}
	return false
}

// open begins an object or a list.
func (sh *shape) open(depth int) {
	switch {
	case depth > mostDeep:
		sh.doubts("more than %d objects and lists within each other", mostDeep)
	case depth < len(sh.names):
		sh.names[depth] = sh.names[depth][:0]
	}
}

// take looks at a name of the present object. Decoding ignores case and takes the last of two, so
// that another program would read another record.
func (sh *shape) take(depth int, name []byte) {
	if sh.doubt != "" || depth > mostDeep {
		return
	}
	for len(sh.names) <= depth {
		sh.names = append(sh.names, nil)
	}
	for _, other := range sh.names[depth] {
		if bytes.Equal(other, name) {
			sh.doubts("the name %s is given twice in one object", quote(string(name)))
		}
	}
	if sh.names[depth] = append(sh.names[depth], name); len(sh.names[depth]) > maxNames {
		sh.doubts("an object of more than %d names", maxNames)
	}
	if plain(name) {
		return
	}
	var text string
	if json.Unmarshal(slices.Concat([]byte{'"'}, name, []byte{'"'}), &text) != nil {
		return // decoding tells
	}
	// Upper case first: some letters have one only there (ſ).
	if small := strings.ToLower(strings.ToUpper(text)); small != string(name) && isFieldName(small) {
		sh.doubts("the name %s is written %s", quote(string(name)), quote(small))
	}
}

// plain reports whether a name is one that decoding takes as it stands.
func plain(name []byte) bool {
	for _, c := range name {
		if c >= utf8.RuneSelf || c == '\\' || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

func isFieldName(name string) bool {
	return slices.ContainsFunc(Fields(), func(f Field) bool {
		return name == f.Path[strings.LastIndexByte(f.Path, '.')+1:]
	})
}

func (sh *shape) doubts(format string, args ...any) {
	if sh.doubt == "" {
		sh.doubt = fmt.Sprintf(format, args...)
	}
}

func (sh *shape) put(name, value []byte) {
	name = bytes.Trim(bytes.TrimSpace(name), `"`)
	sh.values[string(name)] = bytes.TrimSpace(value)
}

// stringEnd is the index of the quote that ends the string that begins at i, or the end of line.
func stringEnd(line []byte, i int) int {
	for i++; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(line)
}
