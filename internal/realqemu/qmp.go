package realqemu

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Limits of what is taken from the program.
const (
	maxReply  = 1 << 20 // bytes of a line
	maxEvents = 10_000  // before a reply
	patience  = 20 * time.Second
)

// qmp is a connection to the program's monitor: one command at a time, one JSON value a line.
type qmp struct {
	conn  net.Conn
	lines *bufio.Reader
}

// newQMP takes the greeting and leaves negotiation.
func newQMP(conn net.Conn) (*qmp, error) {
	q := &qmp{conn, bufio.NewReaderSize(conn, 4096)}
	var greeting struct{ QMP json.RawMessage }
	line, err := q.line()
	if err == nil {
		err = json.Unmarshal(line, &greeting)
	}
	if err == nil && greeting.QMP == nil {
		err = errors.New("it does not greet as a QMP monitor")
	}
	if err != nil {
		return nil, fmt.Errorf("the monitor: %w", err)
	}
	return q, q.do("qmp_capabilities", nil, nil)
}

// do sends a command and reads its reply into answer, unless that is nil. Events are skipped.
func (q *qmp) do(command string, arguments, answer any) error {
	err := q.exchange(command, arguments, answer)
	if err != nil {
		return fmt.Errorf("the monitor, asked to %s: %w", command, err)
	}
	return nil
}

func (q *qmp) exchange(command string, arguments, answer any) error {
	request, err := json.Marshal(struct {
		Execute   string `json:"execute"`
		Arguments any    `json:"arguments,omitempty"`
	}{command, arguments})
	if err != nil {
		return err
	}
	if err := q.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := q.conn.Write(append(request, '\n')); err != nil {
		return err
	}
	for range maxEvents {
		line, err := q.line()
		if err != nil {
			return err
		}
		var reply struct {
			Return json.RawMessage
			Error  *struct{ Desc string }
		}
		if err := json.Unmarshal(line, &reply); err != nil {
			return fmt.Errorf("a reply that is no JSON: %w", err)
		}
		switch {
		case reply.Error != nil:
			return fmt.Errorf("it says %.200q", reply.Error.Desc)
		case reply.Return != nil && answer != nil:
			return json.Unmarshal(reply.Return, answer)
		case reply.Return != nil:
			return nil
		}
	}
	return fmt.Errorf("%d events and no reply", maxEvents)
}

// line reads one line of at most maxReply bytes.
func (q *qmp) line() (line []byte, err error) {
	for {
		part, err := q.lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxReply:
			return nil, fmt.Errorf("a reply of more than %d bytes", maxReply)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return nil, errors.New("it ended the connection")
		}
		return line, err
	}
}
