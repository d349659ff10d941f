package thread

// A State is what a thread's time is spent on. The account of a thread's time by State is the
// first of the two sums that close to its wall time; the second is the kernel's (on CPU, waiting
// for a CPU, blocked).
type State uint8

const (
	Remainder   State = iota // what no other state claims; printed, never hidden
	Codec                    // compressing or decompressing (the zero test of a worker included)
	Copying                  // moving a result into the stream, or a page out of it
	Sending                  // in the link: writing, or held by its bandwidth
	Receiving                // reading from the link
	Scanning                 // searching and clearing the bitmap, syncing the dirty log
	Writing                  // a vCPU storing into guest memory
	Sleeping                 // rate limit of the migration, pacing of a vCPU
	WaitWork                 // asleep: a worker has nothing to do
	WaitRoom                 // asleep: the submitter waits for a free thread or for results
	SpinWork                 // polling: a worker has nothing to do yet
	SpinRoom                 // polling: the submitter waits for room or for results
	LockGlobal               // waiting for the pipeline's global lock
	LockSlot                 // waiting for a thread's own lock
	LockResults              // waiting for the lock of the results ring
	Waking                   // in the system call that wakes another thread, or preempted by it there
	Joining                  // waiting for a thread to end

	NumStates // how many there are
)

var stateNames = [NumStates]string{
	"remainder", "codec", "copying", "sending", "receiving", "scanning", "writing", "sleeping",
	"wait-work", "wait-room", "spin-work", "spin-room",
	"lock-global", "lock-slot", "lock-results", "waking", "joining",
}

// String is the name of s in result files.
func (s State) String() string { return stateNames[s] }

var roleNames = [...]string{"main", "worker", "vcpu", "other"}

// String is the name of r in result files.
func (r Role) String() string { return roleNames[r] }
