package series

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"mtbench/internal/peer"
)

// directly is the way to mtbench receive.
type directly struct{ *peer.Conversation }

func comeDirectly(ctx context.Context, target peer.Target, o FarOptions) (*directly, error) {
	if o.Secret == nil {
		return nil, errors.New("there is no secret to call it with")
	}
	s, err := o.Secret(ctx)
	if err != nil {
		return nil, err
	}
	c, err := peer.Call(ctx, target, s)
	return &directly{c}, err
}

func (d *directly) open() (io.Reader, error) { return d.Conversation, nil }

// address has the host that was called: the other side may know itself by another name.
func (d *directly) address(says netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(d.There().Addr(), says.Port())
}

// stream derives the secret, which never goes over the network.
func (d *directly) stream(run uint32) (peer.Secret, *peer.Secret) { return d.Stream(run), nil }

func (d *directly) part() { d.Finish() }

func (d *directly) drain(most time.Duration) { d.Drain(most) }

func (d *directly) kill() { d.Close() }

func (d *directly) wait(failed error) error { return failed }
