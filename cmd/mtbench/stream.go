package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"mtbench/internal/qemustream"
	"mtbench/results"
)

// unixPrefix begins the name of a socket that a stream is awaited on.
const unixPrefix = "unix:"

func newStreamCommand() *cobra.Command {
	var cut string
	cmd := &cobra.Command{
		Use:   "stream FILE",
		Short: "Check a migration stream of a real QEMU, page by page",
		Long: `Reads a migration stream of QEMU up to the end of the guest's memory, decompresses every
page, and says what it holds. FILE is a file, - for standard input, or unix:PATH: then it listens
there for one stream (QEMU's migrate unix:PATH). What devices save behind the memory is read to its
end and not looked at. scripts/qemu-stream.sh makes a stream with the QEMU of a distribution.`,
		Example: `  mtbench stream guest.stream
  mtbench stream unix:/tmp/migration
  mtbench stream guest.stream --cut memory.stream`,
		Args: oneStream,
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := openStream(cmd.Context(), args[0], cmd.InOrStdin())
			if err != nil {
				return badInput(fmt.Errorf("%s: %w", args[0], err))
			}
			defer in.Close()
			defer endAtSignal(cmd, "interrupted; the stream was not read to its end")()
			return checkStream(cmd.OutOrStdout(), in, args[0], cut)
		},
	}
	cmd.Flags().StringVar(&cut, "cut", "",
		"write the stream without what follows the memory to this new file")
	return cmd
}

func oneStream(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return badInput(fmt.Errorf("%s needs one stream: a file, - or unix:PATH; %d given",
			cmd.CommandPath(), len(args)))
	}
	return nil
}

// openStream opens what name says.
func openStream(ctx context.Context, name string, stdin io.Reader) (io.ReadCloser, error) {
	path, isSocket := strings.CutPrefix(name, unixPrefix)
	switch {
	case name == "-":
		return io.NopCloser(stdin), nil
	case isSocket:
		return awaitStream(ctx, path)
	}
	f, err := results.Open(name, os.O_RDONLY)
	if err != nil {
		return nil, results.Reason(err)
	}
	return f, nil
}

// awaitStream listens at path, where nothing may be yet, and takes one connection. It ends with
// ctx, and nothing is left at path.
func awaitStream(ctx context.Context, path string) (io.ReadCloser, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	c, err := l.Accept()
	if !stop() {
		return nil, ctx.Err()
	}
	return c, err
}

// checkStream reads the stream, says what it holds, and leaves its memory in the new file cut,
// unless that is "".
func checkStream(out io.Writer, in io.Reader, name, cut string) error {
	var err error
	var r *qemustream.Reader
	if cut == "" {
		r = qemustream.NewReader(in, 0)
		_, err = qemustream.Check(r, nil)
	} else {
		r, err = cutStream(in, cut)
	}
	if err != nil {
		return badInput(fmt.Errorf("%s: %w", name, err))
	}
	behind, err := io.Copy(io.Discard, r.Rest())
	if err != nil {
		return badInput(fmt.Errorf("%s: reading what follows the memory: %w", name, err))
	}
	return printStream(out, r, behind)
}

// cutStream checks the stream and writes it up to the end of its memory, and the end of a stream,
// to the new file cut, which is there once it is whole.
func cutStream(in io.Reader, cut string) (*qemustream.Reader, error) {
	f, err := results.NewUnseen(cut)
	if err != nil {
		return nil, fmt.Errorf("--cut: %w", results.Reason(err))
	}
	r := qemustream.NewReader(io.TeeReader(in, f), 0)
	counts, err := qemustream.Check(r, nil)
	if err != nil {
		return nil, errors.Join(err, f.Drop())
	}
	_, err = f.WriteAt([]byte{qemustream.EndOfStream}, counts.Bytes)
	if err = errors.Join(err, f.Truncate(counts.Bytes+1)); err == nil {
		err = f.Show(cut)
	}
	if err = errors.Join(err, f.Drop()); err != nil {
		return nil, fmt.Errorf("--cut: %w", results.Reason(err))
	}
	return r, nil
}

// printStream says what a stream that was read holds.
func printStream(out io.Writer, r *qemustream.Reader, behind int64) error {
	c := r.Counts()
	var err error
	say := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(out, format+"\n", args...)
		}
	}
	say("machine     %s", orNone(r.Machine()))
	for _, b := range r.Blocks() {
		say("block       %s, %s (%d pages)", b.Name, humanize.IBytes(uint64(b.Size)), b.Pages())
	}
	say("pages       %d, each right: %d compressed, %d raw, %d zero", c.Pages(), c.Compressed, c.Raw,
		c.Zero)
	if c.Compressed > 0 {
		say("compressed  %d bytes, %.2f times smaller", c.Payload,
			float64(c.Compressed*qemustream.PageSize)/float64(c.Payload))
	}
	say("sections    %d of memory, %d bytes; %d bytes follow", c.Sections, c.Bytes, behind)
	return err
}

func orNone(name string) string {
	if name == "" {
		return "not named"
	}
	return name
}
