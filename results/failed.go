package results

// StillFailed lists the failures in whose place no later run counts. A run that was made again
// after it had failed, and ended, supersedes the failure, which stays in the file.
func (f *File) StillFailed() []*Failed {
	last := map[int]int{}
	for i := range f.Runs {
		r := &f.Runs[i]
		last[r.Index] = max(last[r.Index], r.Attempt+1)
	}
	var left []*Failed
	for i := range f.Failed {
		if r := &f.Failed[i]; last[r.Index] <= r.Attempt+1 {
			left = append(left, r)
		}
	}
	return left
}
