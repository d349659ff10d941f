package predict

import (
	"context"
	"fmt"
	"mtbench/results"
	"testing"
)

// BenchmarkLetter is the speed of a prediction: events of virtual time a second, over cells of the
// letter's table at 1/800.
func BenchmarkLetter(b *testing.B) {
	h, err := Letter()
	if err != nil {
		b.Fatal(err)
	}
	h = h.Smaller()
	sc, err := Scale(h.Scenario(), h.Scale)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []results.Cell{
		{Model: "locked", Threads: 8, Wait: true}, {Model: "locked", Threads: 16, Wait: false}, {Model: "locked", Threads: 4, Wait: true}, {Model: "lockless", Threads: 8, Wait: false}, {Model: "lockless", Threads: 4, Wait: true},
	} {
		b.Run(fmt.Sprintf("%s-%d-%v", c.Model, c.Threads, c.Wait), func(b *testing.B) {
			events := int64(0)
			for b.Loop() {
				_, n, err := Run(context.Background(), Setup{Scenario: sc, CPUs: 64, Apart: true}, h.profile(),
					c, 1)
				if err != nil {
					b.Fatal(err)
				}
				events += n
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds()/1e6, "Mevents/s")
			b.ReportMetric(float64(events)/float64(b.N)/1e6, "Mevents")
		})
	}
}
