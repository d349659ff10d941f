package explore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Schedule says which thread goes on at each choice, in as few numbers as it takes: pairs of how
// many choices are left at their default, and which of the options (0 is the default) is then
// taken. After the last pair everything is at its default. The empty schedule is the default order.
type Schedule []int

// String prints the numbers with spaces between them; "default" if there are none.
func (s Schedule) String() string {
	if len(s) == 0 {
		return "default"
	}
	var b strings.Builder
	for i, n := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// maxScheduleText bounds what ParseSchedule takes, in bytes.
const maxScheduleText = 1 << 20

// ParseSchedule reads what String prints.
func ParseSchedule(text string) (Schedule, error) {
	text = strings.TrimSpace(text)
	if text == "default" {
		return nil, nil
	}
	if len(text) > maxScheduleText {
		return nil, fmt.Errorf("%d bytes are more than the limit of %d", len(text), maxScheduleText)
	}
	var s Schedule
	for i, word := range strings.Fields(text) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("number %d is %q; it must be a whole number, 0 or more", i+1, word)
		}
		s = append(s, n)
	}
	if len(s) == 0 || len(s)%2 != 0 {
		return nil, fmt.Errorf("%d numbers; they come in pairs: choices to leave alone, option to take",
			len(s))
	}
	return s, nil
}

// scheduleOf compresses what a run recorded.
func scheduleOf(record []choice) Schedule {
	var s Schedule
	gap := 0
	for _, c := range record {
		if c.taken == 0 {
			gap++
			continue
		}
		s = append(s, gap, int(c.taken))
		gap = 0
	}
	return s
}

// ErrSchedule says that a schedule asks for an option that is not there.
var ErrSchedule = errors.New("the schedule does not fit the program: it takes an option that " +
	"does not exist")

// Replay runs the program on one schedule and returns what was wrong.
func Replay(p Program, s Schedule) error {
	at, gap := 0, 0
	var misfit error
	r := &run{}
	r.choose = func(options []int, _ bool) int {
		if at == len(s) || len(options) == 1 {
			return 0
		}
		if gap < s[at] {
			gap++
			return 0
		}
		i := s[at+1]
		at, gap = at+2, 0
		if i >= len(options) {
			misfit = ErrSchedule
			return -1
		}
		return i
	}
	err := r.execute(p)
	if misfit != nil {
		return misfit
	}
	return err
}
