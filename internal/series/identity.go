package series

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"mtbench/results"
	"mtbench/workloads"
)

// protocol is the version of what parent and child tell each other: [job] and [outcome]. Whoever
// changes one of the two counts it up.
//
//   - 2: a child says what it is, and each run which content it was made of.
const protocol = 2

// roleProtocol asks a child for its protocol and what it is, and for nothing else.
const roleProtocol = "protocol"

// BinarySum is the SHA-256 of the running program, in hex.
func BinarySum() (string, error) {
	f, err := os.Open(running)
	if err != nil {
		return "", fmt.Errorf("this program cannot be read, which identifies a series: %w", err)
	}
	defer f.Close()
	sum, err := sumOf(f)
	if err != nil {
		return "", fmt.Errorf("this program cannot be read, which identifies a series: %w", err)
	}
	return sum, nil
}

// identity collects the keys in which a series that was begun differs from what would go on with
// it.
type identity struct{ keys []string }

func (d *identity) is(key, was, is string) {
	if was != is {
		d.keys = append(d.keys, fmt.Sprintf("%s (%s, now %s)", key, short(was), short(is)))
	}
}

// err says of what a series is one, or nothing where no key differs.
func (d *identity) err(begun, one string) error {
	if len(d.keys) == 0 {
		return nil
	}
	return fmt.Errorf("it was begun %s: %s; a series is one %s", begun, strings.Join(d.keys, ", "),
		one)
}

// sameProgram says in which keys this program, or the builds that it is given, differ from those
// that began a series, or nothing.
func sameProgram(h *results.Header, builds []*program) error {
	var d identity
	if err := sameNames(&h.Matrix, builds); err != nil {
		return err
	}
	if len(builds) > 0 {
		for i, b := range h.Matrix.Builds {
			of := "matrix.builds[" + b.Name + "]."
			d.is(of+"binary_sha256", b.Binary, builds[i].build.Binary)
		}
		return d.err("with other builds", "program a build")
	}
	sum, err := BinarySum()
	if err != nil {
		return err
	}
	d.is("binary_sha256", h.Binary, sum)
	d.is("go", h.Go, runtime.Version())
	return d.err("by another build", "program")
}

// sameNames says that the builds that are given are not those of a series, by their names.
func sameNames(m *results.Matrix, builds []*program) error {
	switch {
	case len(m.Builds) == 0 && len(builds) == 0:
		return nil
	case len(m.Builds) == 0:
		return errors.New("it is a series of one program; leave --build out")
	}
	names := m.Contenders()
	given := make([]string, len(builds))
	for i, p := range builds {
		given[i] = p.build.Name
	}
	if strings.Join(given, " ") == strings.Join(names, " ") {
		return nil
	}
	return fmt.Errorf("it is a series of the builds %s; give both, in this order: --build %s=PATH",
		strings.Join(names, " and "), strings.Join(names, "=PATH --build "))
}

// sameContent says that the pages of a content file are not those that a series was begun with.
func sameContent(h *results.Header, sc workloads.Scenario) error {
	if h.ContentSource == nil {
		return nil
	}
	from, err := sc.ContentSource()
	if err != nil {
		return err
	}
	return sameSource(h.ContentSource, from)
}

func sameSource(was, is *results.ContentSource) error {
	var d identity
	d.is("content_source.sha256", was.SHA256, is.SHA256)
	d.is("content_source.rule", was.Rule, is.Rule)
	return d.err("with other content", "workload")
}

// sameHost says in which keys this host differs from that of a series that was begun. They are the
// keys by which times change: a container that is made again has another name, and goes on.
func sameHost(was, here results.Host) error {
	var d identity
	d.is("host.cpu_model", was.CPUModel, here.CPUModel)
	d.is("host.cpus", fmt.Sprint(was.CPUs), fmt.Sprint(here.CPUs))
	d.is("host.quota_cpus", fmt.Sprint(was.QuotaCPUs), fmt.Sprint(here.QuotaCPUs))
	d.is("host.kernel", was.Kernel, here.Kernel)
	return d.err("on another host", "host")
}

// short is enough of a digest to tell two apart.
func short(s string) string {
	switch {
	case s == "":
		return "not recorded"
	case len(s) == 64:
		return s[:16] + "…"
	}
	return s
}

// strange says that the other side speaks another protocol, or none.
func strange(who string, theirs int) string {
	if theirs == 0 {
		return fmt.Sprintf("the %s names no protocol and this build speaks %d: it is older, and both "+
			"must speak the same", who, protocol)
	}
	return fmt.Sprintf("the %s speaks protocol %d and this build %d: both must speak the same", who,
		theirs, protocol)
}
