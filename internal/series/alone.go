package series

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Alone does a job in a process of its own, this executable with args, which calls AnswerAlone, and
// gives what it answered. The process is killed when ctx ends.
func Alone(ctx context.Context, args []string, job any) (json.RawMessage, error) {
	c, err := this().start(args[len(args)-1], args, job)
	if lack := lackOf(err); lack != "" {
		return nil, fmt.Errorf("%s: %w", lack, err)
	}
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	report, how := c.reap()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var a answer
	switch err := json.Unmarshal(report, &a); {
	case err != nil:
		return nil, fmt.Errorf("the %s process %s without an answer: %s", c.name, how, c.stderr)
	case a.Error != "":
		return nil, errors.New(a.Error)
	}
	return a.Answer, nil
}
