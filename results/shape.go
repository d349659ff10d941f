package results

import "bytes"

// shape is what can be seen of a record without decoding it: which names it has, and the text of
// their values. Of a line that is no JSON object it is whatever comes out: decoding tells.
type shape struct {
	values  map[string][]byte // by name, of the outermost object
	longest int               // bytes of the longest string, name or value
}

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
			i = end
		case '{', '[':
			if depth++; depth == 1 {
				from = i + 1
			}
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
			if depth--; depth == 0 {
				sh.put(name, line[from:i])
			}
		}
	}
	return sh
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
