package models

// Lender is a Work whose requests need no codec state of their own: a model with many more requests
// than workers makes one state a worker and lends it to each request for the time of Handle.
type Lender interface {
	Work

	// InitBare is Init without a codec state. Such a request is handled only with a lent one.
	InitBare(*Request) error

	// NewState makes the state of one worker, on the thread that builds the pipeline. The model puts
	// it into Request.State before each Handle by that worker.
	NewState() (any, error)
}

// LenderOf is work as a Lender, nil if it is none.
func LenderOf(work Work) Lender {
	l, _ := work.(Lender)
	return l
}
