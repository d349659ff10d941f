package series

import (
	"fmt"
	"time"

	"mtbench/internal/host"
	"mtbench/results"
)

// Like returns the settings that make the series of a file once more on another occasion: the same
// workload and matrix to the byte, with the rates that its pilot came to. Seed is the new series'.
// Errors are the user's: the file cannot be read, is not measured, or is of another host.
func Like(path string, seed uint64) (Settings, error) {
	f, err := results.Read(path)
	if err != nil {
		return Settings{}, err
	}
	h := &f.Header
	if err := f.Current("made once more"); err != nil {
		return Settings{}, err
	}
	if h.Kind != results.Measured {
		return Settings{}, fmt.Errorf("%s holds %s figures; only a measured series has another occasion",
			path, h.Kind)
	}
	if err := unmerged(h); err != nil {
		return Settings{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := sameHost(h.Host, host.Local().Describe()); err != nil {
		return Settings{}, fmt.Errorf("%s cannot be made once more: %w", path, err)
	}
	s := Settings{Matrix: h.Matrix, Scenario: h.Scenario, Seed: seed, Like: h,
		Budget: time.Duration(h.Matrix.Budget)}
	s.Matrix.Runs = 0
	if s.Budget == 0 {
		s.Budget = Defaults().Budget
	}
	return s, nil
}

// repeat takes over what the series of the other occasion derived.
func (n *Series) repeat(like *results.Header) error {
	n.Header.Scenario, n.Header.Pilot = like.Scenario, like.Pilot
	n.Header.Host.WorkTurns = like.Host.WorkTurns
	if like.ContentSource == nil || n.Header.ContentSource == nil {
		return nil
	}
	if err := sameSource(like.ContentSource, n.Header.ContentSource); err != nil {
		return fmt.Errorf("--like: %w", err)
	}
	return nil
}
