package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/internal/peer"
	"mtbench/internal/series"
)

type receiveOptions struct {
	listen     string
	streamPort int
	secretFile string
	once       bool
}

func newReceiveCommand() *cobra.Command {
	o := &receiveOptions{}
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "Make the destinations of another host's series, where there is no ssh",
		Long: `Listens for mtbench run --destination tcp://HOST[:PORT] on another host, and makes the destinations
of its runs here, one series at a time, until it is interrupted. Both sides need the same build and
the same secret: a line of text that is asked for at the terminal, or kept in a file.

Whoever has the secret can have this user run migrations here. The conversation is authenticated and
not secret, and pages go in clear: SECURITY.md says what is promised.`,
		Example: `  (umask 077; head -c 32 /dev/urandom | base64 > mtbench.secret)
  mtbench receive --listen 192.0.2.7 --secret-file mtbench.secret
  mtbench receive --listen 192.0.2.7:7317 --stream-port 7318`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return receive(cmd, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "", fmt.Sprintf(
		"address of this host to listen at, and port (default port %d; 0 takes a free one)",
		peer.DefaultPort))
	f.StringVar(&o.secretFile, secretFlag, "", secretUsage)
	f.IntVar(&o.streamPort, "stream-port", 0,
		"port of the migration streams, for a firewall (default: any free one)")
	f.BoolVar(&o.once, "once", false, "end after one series")
	f.SortFlags = false
	return cmd
}

func receive(cmd *cobra.Command, o *receiveOptions) error {
	addr, err := listenAddress(o.listen)
	if err != nil {
		return badInput(err)
	}
	if o.streamPort < 0 || o.streamPort > 65535 {
		return badInput(fmt.Errorf("--stream-port: %d is not between 1 and 65535", o.streamPort))
	}
	if err := refuseToMeasure(); err != nil {
		return badInput(err)
	}
	ask, err := sharedSecret(o.secretFile)
	if err != nil {
		return badInput(err)
	}
	secret, err := ask(cmd.Context())
	if err != nil {
		return badInput(err)
	}
	err = series.Receive(cmd.Context(), series.ReceiveOptions{
		Listen: addr, StreamPort: uint16(o.streamPort), Secret: secret, Once: o.once,
		Build: series.Build{Version: release, Revision: revision()},
		Say:   func(line string) { fmt.Fprintf(cmd.OutOrStdout(), "mtbench: %s\n", clean(line)) },
	})
	var lost *series.SourceLost
	switch {
	case errors.Is(err, context.Canceled):
		return withStatus(statusInterrupted, "interrupted; whoever was served was told")
	case errors.As(err, &lost):
		return withStatus(statusChild, "%w", err)
	}
	return badInput(err)
}

// listenAddress reads ADDR[:PORT].
func listenAddress(text string) (netip.AddrPort, error) {
	const right = "it is an address of this host, as 192.0.2.7, 192.0.2.7:7317, " +
		"[2001:db8::7]:7317, or 0.0.0.0 for all of them"
	if text == "" {
		return netip.AddrPort{}, fmt.Errorf("--listen: give where to listen; %s", right)
	}
	host, port := text, strconv.Itoa(peer.DefaultPort)
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || addr.IsMulticast() {
		return netip.AddrPort{}, fmt.Errorf("--listen: %q is no address; %s", text, right)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("--listen: %q has a port that is not between 0 and 65535; %s",
			text, right)
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
}
