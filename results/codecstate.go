package results

import "fmt"

// CodecState is where the states of the codec are; empty is the model's own choice.
type CodecState string

// The places.
const (
	StateOfWorker  CodecState = "worker"  // a worker lends its own to each request
	StateOfRequest CodecState = "request" // each request has one
)

func (s CodecState) words() string {
	if s == "" {
		return ""
	}
	return "state a " + string(s)
}

func (s CodecState) wrong() string {
	switch s {
	case "", StateOfWorker, StateOfRequest:
		return ""
	}
	return fmt.Sprintf("codec_state is %q; it is worker or request", string(s))
}
