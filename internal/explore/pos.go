package explore

import "math/rand/v2"

// Sampled tries limit random schedules by partial-order sampling (Yuan, Yang and Gu, 2018), until
// one goes wrong: the next step of each thread has a random priority, the highest is taken, and
// those that conflict with it draw anew. So the order of each pair of steps that conflict is about
// as likely as the other one, however many steps lie between. Schedule i of a seed is always the
// same one.
func Sampled(p Program, seed uint64, limit int64) Report {
	return repeat(p, limit, func(r *run, i int64) {
		s := &pos{run: r, rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		r.choose = s.choose
	})
}

// repeat runs the program up to limit times, each under the policy that begin sets, until a run
// goes wrong.
func repeat(p Program, limit int64, begin func(r *run, i int64)) Report {
	report := Report{Bound: -1}
	r := &run{}
	for i := range limit {
		if p.stopped() {
			break
		}
		begin(r, i)
		err := r.execute(p)
		report.Schedules++
		report.Points += int64(len(r.record))
		if err != nil {
			report.Failure = &Failure{Program: p.Name, Schedule: scheduleOf(r.record), Err: err,
				Found: report.Schedules}
			return report
		}
	}
	return report
}

// pos chooses by the priorities of steps.
type pos struct {
	run      *run
	rand     *rand.Rand
	priority [maxThreads]int64 // of each thread's next step; 0: to be drawn
}

func (s *pos) choose(options []int, _ bool) int {
	best := 0
	for i, t := range options {
		if s.priority[t] == 0 {
			s.priority[t] = 1 + s.rand.Int64()
		}
		if s.priority[t] > s.priority[options[best]] {
			best = i
		}
	}
	taken := s.run.machine.Intended(options[best])
	for _, t := range options {
		if taken.Conflicts(s.run.machine.Intended(t)) {
			s.priority[t] = 0
		}
	}
	s.priority[options[best]] = 0
	return best
}

// Uniform tries limit schedules that take each option at each point with the same chance.
func Uniform(p Program, seed uint64, limit int64) Report {
	return repeat(p, limit, func(r *run, i int64) {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		r.choose = func(options []int, _ bool) int { return rng.IntN(len(options)) }
	})
}
