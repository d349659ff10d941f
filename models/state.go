package models

// StatePlace is where codec states are: with the requests or with the workers.
type StatePlace uint8

// The places.
const (
	OwnPlace   StatePlace = iota // the model's own choice
	PerRequest                   // each request has a state, whoever handles it
	PerWorker                    // each worker has one, and lends it
)

// States makes requests, and what workers lend to them, as a configuration says.
type States struct {
	work   Work
	lender Lender // nil: states are the requests'
}

// StatesOf is where the states of a model are whose own choice is own. Of a work that lends none
// they are the requests' in any case.
func (c Config) StatesOf(work Work, own StatePlace) States {
	place := c.State
	if place == OwnPlace {
		place = own
	}
	s := States{work: work}
	if place == PerWorker {
		s.lender = LenderOf(work)
	}
	return s
}

// Init makes a request.
func (s States) Init(r *Request) error {
	if s.lender != nil {
		return s.lender.InitBare(r)
	}
	return s.work.Init(r)
}

// New makes what a worker puts into Request.State before each Handle: nil where it lends nothing.
func (s States) New() (any, error) {
	if s.lender != nil {
		return s.lender.NewState()
	}
	return nil, nil
}
