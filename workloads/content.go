package workloads

import (
	"mtbench/internal/content"
	"mtbench/results"
)

// ContentChanged is the error of a run whose content file holds other bytes than it must: figures
// of its run could not be compared with those of earlier ones.
type ContentChanged struct{ Was, Is string } // SHA-256 in hex

func (e *ContentChanged) Error() string {
	return "its bytes have changed since the series began (SHA-256 " + e.Was + ", now " + e.Is +
		"): put them back and go on, or begin a new series"
}

// ContentSource returns which bytes of a content file are the pages of sc; nil if a generator makes
// them.
func (sc Scenario) ContentSource() (*results.ContentSource, error) {
	gen, err := content.New(sc.Content, sc.Seed)
	if err != nil {
		return nil, err
	}
	return content.SourceOf(gen), nil
}

// OfFile reports whether the pages of a content are those of a user's file: they are private.
func OfFile(spec string) bool { return content.OfFile(spec) }

// ContentDigest returns the SHA-256 of what sc takes for content, in hex: of the sampled pages of a
// content file, or of the first pages that a generator makes for the seed of sc.
func (sc Scenario) ContentDigest() (string, error) {
	gen, err := content.New(sc.Content, sc.Seed)
	if err != nil {
		return "", err
	}
	return content.Digest(gen), nil
}

// pages makes the content of sc, whose bytes must be those that sc was made for.
func (sc Scenario) pages() (content.Generator, error) {
	gen, err := content.New(sc.Content, sc.Seed)
	if err != nil {
		return nil, err
	}
	from := content.SourceOf(gen)
	if from != nil && sc.ContentSum != "" && from.SHA256 != sc.ContentSum {
		return nil, &ContentChanged{Was: sc.ContentSum, Is: from.SHA256}
	}
	return gen, nil
}
