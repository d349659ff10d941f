package results

import "testing"

func TestSizeText(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 B", 100: "100 B", 1000: "1 kB", 1024: "1 KiB",
		1536: "1.5 KiB", 3 << 19: "1.5 MiB", 64 << 20: "64 MiB", 64e6: "64 MB", 65_536_000: "62.5 MiB",
		1 << 40: "1 TiB", 1_234_567: "1.18 MiB", 1023: "1023 B", 5 << 28: "1.25 GiB"} {
		if got := SizeText(bytes); got != want {
			t.Errorf("%d is %q, want %q", bytes, got, want)
		}
	}
	for rate, want := range map[float64]string{0: "unlimited", 100: "100 B/s", 1e8: "100 MB/s",
		0.5: "0.5 B/s"} {
		if got := RateText(rate); got != want {
			t.Errorf("%g is %q, want %q", rate, got, want)
		}
	}
}

func TestExactSize(t *testing.T) {
	for bytes, want := range map[int64]string{100: "100 bytes", 1<<20 + 1: "1048577 bytes",
		3 << 19: "1.5 MiB"} {
		if got := ExactSize(bytes); got != want {
			t.Errorf("%d is %q, want %q", bytes, got, want)
		}
	}
}

// What is printed is what was asked for, and can be asked for again.
func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"64MiB": 64 << 20, "64MB": 64e6, "1.5MiB": 3 << 19,
		"1.5 MiB": 3 << 19, "100": 100, "100 B": 100, "1kB": 1000, "1.0": 1, "2GiB": 2 << 30} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
		if got, err := ParseSize(SizeText(want)); err != nil || got != want {
			t.Errorf("%q is read back as %d (%v)", SizeText(want), got, err)
		}
	}
	for _, text := range []string{"1,5MiB", "1,000", "", "MiB", "-1", "1.5", "1.5B", "1e99", "0x10",
		"64 parsecs", "NaN"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
}
