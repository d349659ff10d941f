package workloads

import "testing"

func BenchmarkServiceTime(b *testing.B) {
	for _, kind := range []string{"zero", "text", "heap", "binary", "random", "mixed"} {
		for _, c := range []string{"zlib", "zstd", "s2", "none"} {
			b.Run(kind+"/"+c, func(b *testing.B) {
				sc := small()
				sc.Content, sc.Codec, sc.Level = kind, c, map[string]int{"zlib": 1, "zstd": 1, "s2": 1}[c]
				for range b.N {
					d, err := ServiceTime(sc)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(d), "ns/page")
				}
			})
		}
	}
}
