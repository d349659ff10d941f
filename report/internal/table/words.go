package table

import "mtbench/report/internal/view"

// Word is a term of this program, what it means, and an example.
type Word struct{ Term, Means, Example string }

// Words returns the terms that help, reports and documents use, in the order of the alphabet. This
// is their one home.
func Words() []Word {
	return []Word{
		{"A/A pair", "two runs of one model in one case, which shows how much a model differs from itself",
			"3 A/A pairs differ by up to 3.0 %"},
		{"base", "the first model of a series: the others are compared with it",
			"with --models locked,lockless the base is locked"},
		{"baseline", "a model that shows what the harness costs, or what could be reached at most; it " +
			"is part of no verdict", "null, inline, ideal"},
		{"bound", "the time after which a run counts as one that cannot complete", "bound 3700 ms"},
		{"budget", "the time for all runs of a series", "--budget 4m"},
		{"busy-ratio", "the share of pages for which no thread was free and which went out uncompressed",
			"0.82: four pages in five went out raw"},
		{"calibration", "what the work and the threads of a host take, measured for predictions",
			"mtbench calibrate"},
		{"CAN'T COMPLETE", "a run that reached its bound, because the guest writes pages faster than " +
			"the model sends them", "CAN'T COMPLETE 7 of 10"},
		{"case", "one setting of the matrix, without the model", "4 threads, wait on"},
		{"ceiling", "what the model ideal reaches, whose threads share the pages without coordination",
			"lockless reaches 92 % of the ceiling"},
		{"cell", "a case with its model", "lockless, 4 threads, wait on"},
		{"contender", "a model that is compared and ranked", "locked, lockless, workqueue"},
		{"dirty rate", "how many pages the guest writes in a second", "5486 pages/s"},
		{"equal", "proved to differ by less than a margin, 10 % unless --equal says otherwise",
			"equal within 10 %"},
		{"evidence (e)", "how much the pairs speak against no difference; 20 proves, over all cases " +
			"together", "e = 55.6"},
		{"floor", "how much a model differs from itself by chance on this host", "floor 3.0 %"},
		{"hand-over", "the way a page goes from the main thread to a compression thread and back",
			"a lock and a condition variable, or a ring"},
		{"interval", "the range that holds the true ratio with a confidence of 95 %", "[0.277, 0.330]"},
		{"migration thread, main", "the thread that finds dirty pages and hands them over",
			"CPU main 62.8 %"},
		{"model", "one way to hand pages over between threads", "locked, lockless"},
		{"pair", "two runs, one a model, of the same case, seed and moment", "7 of 7 pairs are faster"},
		{"proved", "shown with a confidence of 95 % over all cases of the series together", "faster"},
		{"ratio", "the model's time over the base's time: below 1 the model is faster", "0.298"},
		{"raw page", "a page that goes out uncompressed", "2.5 % of the pages are raw"},
		{"regime, outside its", "said of a claim in a case with more threads than the host has CPUs: it " +
			"is judged, and does not count", "outside its regime: 8 threads, wait on"},
		{"regret", "how far a model is from the best one of a case", "at worst 1.37 ×"},
		{"run", "one migration in processes of its own", "run 12 of 116"},
		{"same work", "yes where all models compress every page, so that times can be compared as they " +
			"are; else time is per compressed page", "no: 17.7 → 51.4 % compressed"},
		{"service time", "the time that the codec takes for a page", "21.1 µs"},
		{"spin", "to wait for something without sleeping, which uses CPU", "the main thread spins 33 %"},
		{"unproved", "neither a difference nor equality is proved; more pairs may prove one",
			"about 1.9, 2 of 2 pairs"},
		{"wait off, on, self", "what happens to a page for which no thread is free: it is sent " +
			"uncompressed, waits, or is compressed by the main thread", "--wait on"},
		{"worker", "a compression thread of the source", "a worker uses 10.5 % of a CPU"},
	}
}

func wordSpecs() []Spec {
	return []Spec{{Name: "words", Title: "Words", Place: Apart,
		Of: always(func(*view.Source) Section { return wordsSection() })}}
}

func wordsSection() Section {
	g := &Grid{Keys: 1, Cols: []Column{{Head: "term", Text: true}, {Head: "meaning", Text: true},
		{Head: "example", Text: true}}}
	for _, w := range Words() {
		g.Rows = append(g.Rows, GridRow{Cells: textCells(w.Term, w.Means, w.Example)})
	}
	return Section{Table: g}
}
