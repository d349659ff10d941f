package workloads

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/codec"
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
)

// Usage is what a destination says of itself.
type Usage struct {
	Threads []thread.Usage
	Pages   int64 // page records that were loaded
	Bytes   int64 // of the stream
	Buffer  int   // receive buffer of the stream's TCP connection, bytes; 0 = it is none
	Peak    int64 // peak resident memory of the process, bytes

	Took time.Duration // from the first record to the last page
}

// decompression is the work of the destination's pipeline. Its Fill reads the payload from the
// stream, so in the locked model the socket is read under both locks, as the original does.
type decompression struct {
	failure
	mem      *Memory
	decoders *codec.Decoders
	reader   *wire.Reader
	next     wire.Record // the record of the next Fill
}

// unjob is one request of the destination.
type unjob struct {
	page    int
	payload []byte // of compressed; empty if it could not be read
	buf     []byte
	decoder codec.Decoder
}

func (d *decompression) Init(req *models.Request) error {
	decoder, err := d.decoders.New()
	if err != nil {
		return err
	}
	req.User = &unjob{decoder: decoder, buf: make([]byte, wire.MaxCompressed)}
	return nil
}

// InitBare implements models.Lender: a request whose decoder is its worker's.
func (d *decompression) InitBare(req *models.Request) error {
	req.User = &unjob{buf: make([]byte, wire.MaxCompressed)}
	return nil
}

// NewState implements models.Lender: a worker's decoder.
func (d *decompression) NewState() (any, error) { return d.decoders.New() }

func (d *decompression) Fill(t thread.Thread, req *models.Request) {
	j := req.User.(*unjob)
	j.page, j.payload = d.next.Page, j.buf[:d.next.Len]
	if err := d.reader.Payload(t, j.payload); err != nil {
		d.set(err)
		j.payload = nil
	}
}

func (d *decompression) Handle(t thread.Thread, req *models.Request) {
	was := t.Enter(thread.Codec)
	j := req.User.(*unjob)
	if req.State != nil {
		j.decoder = req.State.(codec.Decoder)
	}
	if len(j.payload) > 0 {
		if err := j.decoder.Decode(t, d.mem.Page(j.page), j.payload); err != nil {
			d.set(fmt.Errorf("decompressing page %d: %w", j.page, err))
		}
	}
	t.Enter(was)
}

func (d *decompression) Done(thread.Thread, *models.Request) {}

// load reads the stream to its end. Raw and zero pages are loaded here, at once; an EOS waits for
// the workers.
func (d *decompression) load(t thread.Thread, pipe models.Pipeline) (pages int64, err error) {
	if err := d.reader.Open(t); err != nil {
		return 0, err
	}
	for {
		rec, err := d.reader.Next(t)
		if err != nil {
			return pages, err
		}
		switch rec.Kind {
		case wire.Compressed:
			d.next = rec
			if !pipe.Submit(t) {
				return pages, errors.New("the model refuses pages although it was told to wait: " +
					"it has no destination side")
			}
		case wire.Raw:
			err = d.reader.Payload(t, d.mem.Page(rec.Page))
		case wire.Zero:
			d.clear(t, rec.Page)
		case wire.EOS, wire.End:
			pipe.Flush(t)
		}
		if err = errors.Join(err, d.Err()); err != nil || rec.Kind == wire.End {
			return pages, err
		}
		if rec.Kind != wire.EOS && rec.Kind != wire.MemSize {
			pages++
		}
	}
}

// clear makes a page zero, if it is not: most that arrive as zero pages are.
func (d *decompression) clear(t thread.Thread, page int) {
	was := t.Enter(thread.Copying)
	if !d.mem.IsZero(page) {
		clear(d.mem.Page(page))
	}
	t.Enter(was)
}

// RunDestination is the far end of a run: it loads the stream from ends.Data through the model's
// own pool, tells the source what became of it, and hands its memory over for comparison. The
// error says what went wrong at either end.
func RunDestination(sc Scenario, build models.Builder, ends Ends) (*Usage, error) {
	defer sc.holdCollector()()
	return sc.runDestination(build, ends)
}

func (sc Scenario) runDestination(build models.Builder, ends Ends) (*Usage, error) {
	ctl, err := newControl(ends.Control, sc.timeout())
	if err != nil {
		return nil, err
	}
	mem, err := sc.prepareDestination(ends)
	if err != nil {
		return nil, errors.Join(err, ctl.send(hello{Error: err.Error()}))
	}
	defer mem.Unmap()
	usage, err := sc.loadStream(build, ends, ctl, mem)
	if usage == nil {
		return nil, err // the source was told by hello
	}
	return usage, ctl.conclude(mem, usage, err, ends)
}

func (sc Scenario) prepareDestination(ends Ends) (*Memory, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if err := link.SetTimeouts(ends.Data, sc.timeout(), sc.timeout()); err != nil {
		return nil, err
	}
	if sc.Far() {
		if err := link.SetNoDelay(ends.Data); err != nil {
			return nil, err
		}
	}
	mem, err := mapGuest(sc)
	if err == nil {
		mem.Populate()
	}
	return mem, err
}

// loadStream runs the incoming main thread. Usage is nil if it did not come to that.
func (sc Scenario) loadStream(build models.Builder, ends Ends, ctl control, mem *Memory) (
	*Usage, error) {
	c, err := codec.Lookup(sc.Codec)
	if err != nil {
		return nil, err
	}
	decoders, err := codec.NewDecoders(c, PageSize)
	if err != nil {
		return nil, err
	}
	receiver := link.NewReceiver(ends.Data)
	d := &decompression{mem: mem, decoders: decoders, reader: wire.NewReader(receiver, sc.Memory)}
	m := sc.machine(sc.DecompressThreads)
	var usage *Usage
	var failed error
	err = m.Run("incoming", func(t thread.Thread) {
		pipe, err := sc.buildDestination(build, m, t, d)
		if err != nil {
			failed = errors.Join(err, ctl.send(hello{Error: err.Error()}))
			return
		}
		usage = &Usage{}
		if !sc.DestinationAlone() {
			m.OpenBracket(t)
		}
		failed = ctl.send(hello{PID: os.Getpid()})
		if failed == nil {
			failed = sc.readStored(t, receiver, d)
		}
		if sc.DestinationAlone() {
			m.OpenBracket(t)
		}
		begin := t.Now()
		if failed == nil {
			usage.Pages, failed = d.load(t, pipe)
		}
		usage.Took = t.Now() - begin
		m.ShutBracket(t)
		pipe.Flush(t)
		pipe.Close(t)
	})
	if usage != nil {
		usage.Threads, usage.Bytes, usage.Peak = m.Usages(), receiver.Bytes(), peakMemory()
		err = errors.Join(err, leaveTrace(sc.TraceTo, m))
		if sc.Far() {
			state, unknown := link.ReadTCP(ends.Data)
			usage.Buffer, err = state.ReceiveBuffer, errors.Join(err, unknown)
		}
	}
	return usage, errors.Join(failed, err)
}

// buildDestination makes the pipeline, with decoders that its threads may use when they are sealed.
func (sc Scenario) buildDestination(build models.Builder, m thread.Machine, t thread.Thread,
	d *decompression) (models.Pipeline, error) {
	pipe, err := build(m, t, sc.destinationConfig(), d)
	if err != nil {
		return nil, err
	}
	if err = d.decoders.Spare(sc.DecompressThreads); err != nil {
		pipe.Close(t)
		return nil, err
	}
	return pipe, nil
}

// conclude tells the source how it went, hands the memory over if asked to, and returns what
// either end has to say.
func (c control) conclude(mem *Memory, usage *Usage, failed error, ends Ends) error {
	message := arrival{Usage: ThreadUsage("destination", usage.Threads), Pages: usage.Pages,
		Bytes: usage.Bytes, Peak: usage.Peak, Took: usage.Took, ReceiveBuffer: usage.Buffer}
	if failed != nil {
		message.Error = failed.Error()
	}
	err := c.send(message)
	if failed != nil {
		// A source that is still sending must not wait for us.
		_ = unix.Shutdown(ends.Data, unix.SHUT_RDWR)
		return c.withReason(failed)
	}
	var a answer
	for err == nil {
		if err = c.receive(&a); err != nil {
			break
		}
		switch {
		case a.Send:
			err = c.write(mem.bytes)
		case a.Hash:
			err = c.hashes(mem)
		default:
			return a.err()
		}
	}
	return errors.Join(err, a.err())
}

// withReason adds to a failure what the source says, if it is still there to say something.
func (c control) withReason(failed error) error {
	c.lastWords()
	var a answer
	if c.receive(&a) == nil && a.Error != "" && a.Error != failed.Error() {
		return fmt.Errorf("%w (the source: %s)", failed, a.Error)
	}
	return failed
}

func (a answer) err() error {
	if a.Error == "" {
		return nil
	}
	return fmt.Errorf("the source: %s", a.Error)
}
