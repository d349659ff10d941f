package results

import "strings"

// Scenario is the workload of a run, declared once: the command line fills it, the header of a file
// states it, a run executes it, and virtual time predicts it. What a cell of the matrix may vary is
// in [Cell].
type Scenario struct {
	// The guest.
	Memory            int64   `json:"memory_bytes" unit:"bytes" doc:"guest memory"`
	VCPUs             int     `json:"vcpus" unit:"count" doc:"guest writer threads"`
	DirtyRate         float64 `json:"dirty_rate_pages_per_second" unit:"pages/s" doc:"page writes a second asked for, over all vCPUs; 0 = none" misread:"as unique pages: uniform writes hit a page twice before it is sent"`
	DirtyRateMultiple float64 `json:"dirty_rate_multiple,omitempty" unit:"× single-thread rate" doc:"the same as the multiple it was given as"`
	DirtyOfPool       float64 `json:"dirty_rate_of_pool,omitempty" unit:"× pool" doc:"the same as the part of the pilot's pool that it was given as"`
	Pattern           string  `json:"pattern" doc:"which pages are written: uniform, sequential or zipf"`
	WriteBytes        int     `json:"write_bytes" unit:"bytes" doc:"bytes stored in a page at each write"`
	Content           string  `json:"content" doc:"page content generator"`

	// The migration.
	Codec                string   `json:"codec" doc:"compressor"`
	Level                int      `json:"level" doc:"compress-level"`
	MaxBandwidth         float64  `json:"max_bandwidth_bytes_per_second" unit:"bytes/s" doc:"QEMU's max-bandwidth, applied in windows of 100 ms; 0 = unlimited"`
	MaxBandwidthMultiple float64  `json:"max_bandwidth_multiple,omitempty" unit:"× single-thread rate × page size" doc:"the same as the multiple it was given as"`
	MaxBandwidthOfPool   float64  `json:"max_bandwidth_of_pool,omitempty" unit:"× pool × page size" doc:"the same as the part of the pilot's pool that it was given as"`
	LinkBandwidth        float64  `json:"link_bandwidth_bytes_per_second" unit:"bytes/s" doc:"what the link drains; 0 = unlimited"`
	LinkMultiple         float64  `json:"link_bandwidth_multiple,omitempty" unit:"× single-thread rate × page size" doc:"the same as the multiple it was given as"`
	LinkOfPool           float64  `json:"link_bandwidth_of_pool,omitempty" unit:"× pool × page size" doc:"the same as the part of the pilot's pool that it was given as; less where raw pages cannot fill that"`
	LinkBurst            int64    `json:"link_burst_bytes" unit:"bytes" doc:"what the link takes at once before the sender is held" misread:"as a detail: against the number of threads it decides busy_ratio"`
	SocketBuffer         int      `json:"socket_buffer_bytes" unit:"bytes" doc:"send buffer of the socket as the kernel set it; 0 with discard, and with a destination on another host, where the kernel grows it: see tcp of the run"`
	DowntimeLimit        Duration `json:"downtime_limit_ms" unit:"ms" doc:"downtime-limit: threshold = bandwidth × this"`
	Flush                string   `json:"flush" doc:"where the pipeline is flushed: wrap, sync or iteration"`
	DecompressThreads    int      `json:"decompress_threads" unit:"count" doc:"workers of the destination"`
	Destination          string   `json:"destination" doc:"process, discard, or the other host: as ssh knows it, or where mtbench receive listens"`
	Sides                string   `json:"sides,omitempty" doc:"destination: the stream of content was sent as it is, before the measured time, and the model works at the destination alone, with the threads of the case. Absent: the model works at both ends"`

	// The threads.
	Machine    string   `json:"machine" doc:"kernel or goroutine: what a thread is"`
	Placement  string   `json:"placement,omitempty" doc:"which CPUs the threads are pinned to: core, smt, llc, node, spread or a list of CPUs; absent where they are not pinned"`
	Sealed     bool     `json:"sealed" doc:"whether the Go runtime's scheduler was kept out of the measured threads" misread:"as a detail: on two CPUs the runtime takes a tenth to a fifth of them without it, and makes a third of the preemptions"`
	Limit      Duration `json:"limit_ms" unit:"ms" doc:"bound of a run: CAN'T COMPLETE after it"`
	Account    bool     `json:"account" doc:"whether the time of each thread was accounted by state"`
	Counters   bool     `json:"counters,omitempty" doc:"whether the CPU's counters of each thread were asked for; the host says if it has none"`
	RoundRobin bool     `json:"round_robin,omitempty" doc:"lockless searches no ring: plain round robin"`
}

// Unit is what rates that are no absolute ones are multiples of, in pages a second.
type Unit struct {
	Thread float64 // what one thread compresses
	Pool   float64 // what the pilot's pool drains; 0 before a pilot
}

// Far reports whether the destination is on another host, of which there are two kinds.
func (s *Scenario) Far() bool {
	return strings.HasPrefix(s.Destination, "ssh://") || strings.HasPrefix(s.Destination, "tcp://")
}

// DestinationSide is the value of Sides where the destination alone is measured.
const DestinationSide = "destination"

// DestinationAlone reports whether the destination alone is measured.
func (s *Scenario) DestinationAlone() bool { return s.Sides == DestinationSide }

// Measured is the process whose threads the figures of main thread and workers are of: "source", or
// "destination" where that alone is measured.
func (s *Scenario) Measured() string { return measured(s.Sides) }

// Measured is the same of a run.
func (r *Run) Measured() string { return measured(r.Sides) }

func measured(sides string) string {
	if sides == DestinationSide {
		return "destination"
	}
	return "source"
}

// Runnable is how many threads of the source's host may want a CPU at once with so many compression
// threads: those of both sides, where both are on it.
func (s *Scenario) Runnable(threads int) int {
	if s.DestinationAlone() {
		return threads + 1
	}
	n := threads + 1 + s.VCPUs
	if s.Destination == "process" {
		n += s.DecompressThreads + 1
	}
	return n
}

// Resolve gives rates that were asked for as multiples their value, for pages of pageSize bytes.
func (s *Scenario) Resolve(u Unit, pageSize float64) {
	for _, r := range []struct {
		rate             *float64
		multiple, ofPool float64
		pageBytes        float64
	}{
		{&s.DirtyRate, s.DirtyRateMultiple, s.DirtyOfPool, 1},
		{&s.MaxBandwidth, s.MaxBandwidthMultiple, s.MaxBandwidthOfPool, pageSize},
		{&s.LinkBandwidth, s.LinkMultiple, s.LinkOfPool, pageSize},
	} {
		switch {
		case r.multiple != 0:
			*r.rate = r.multiple * u.Thread * r.pageBytes
		case r.ofPool != 0:
			*r.rate = r.ofPool * u.Pool * r.pageBytes
		}
	}
}

// OfPool reports whether a rate is given in units of the pilot's pool.
func (s *Scenario) OfPool() bool {
	return s.DirtyOfPool != 0 || s.MaxBandwidthOfPool != 0 || s.LinkOfPool != 0
}
