package results

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Build is a program whose runs are compared with those of another in one series.
type Build struct {
	Name string `json:"name" doc:"what the series calls it"`
	File string `json:"file" doc:"name of its file, without the directory" misread:"as what it was judged by: that is its digest"`
	ID
}

// ID is what tells one program from another.
type ID struct {
	Binary   string `json:"binary_sha256" doc:"SHA-256 of the program, in hex"`
	Version  string `json:"version" doc:"version of mtbench, as the program itself says"`
	Revision string `json:"revision" doc:"revision of the source that it was built from, with + if the tree was changed; empty if nobody knows"`
	Go       string `json:"go" doc:"Go toolchain"`
}

// Builds is how many programs a series compares.
const Builds = 2

// buildName is what is safe in a terminal, a table, a file name and a flag.
var buildName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,31}$`)

// CheckBuildName says why no build can be called so.
func CheckBuildName(name string) error {
	if buildName.MatchString(name) {
		return nil
	}
	return fmt.Errorf("build is %s; its name has 1 to 32 letters, digits and ._+-, and begins with a "+
		"letter or digit", quote(name))
}

// String is a build in words: its name, file and revision.
func (b *Build) String() string {
	if b.Revision == "" {
		return fmt.Sprintf("%s (%s, revision unknown)", b.Name, b.File)
	}
	return fmt.Sprintf("%s (%s, %s)", b.Name, b.File, b.Revision)
}

// wrongBuilds says what cannot be of the builds of a series, or nothing.
func (m *Matrix) wrongBuilds() string {
	if len(m.Builds) == 0 {
		return ""
	}
	for i := range m.Builds {
		if err := CheckBuildName(m.Builds[i].Name); err != nil {
			return err.Error()
		}
	}
	switch {
	case len(m.Builds) != Builds:
		return fmt.Sprintf("the matrix has %s; a series compares %d, or has none",
			Plural(len(m.Builds), "build"), Builds)
	case m.Builds[0].Name == m.Builds[1].Name:
		return fmt.Sprintf("both builds are called %s; each has a name of its own",
			quote(m.Builds[0].Name))
	}
	return ""
}

// stranger says that no build of m has made a run of c, or nothing.
func (m *Matrix) stranger(c Cell) string {
	switch {
	case len(m.Builds) == 0 && c.Build != "":
		return fmt.Sprintf("build is %s; the matrix of this series has no builds", quote(c.Build))
	case len(m.Builds) > 0 && !slices.Contains(m.Contenders(), c.Build):
		return fmt.Sprintf("build is %s; the builds of this series are %s", quote(c.Build),
			strings.Join(m.Contenders(), ", "))
	}
	return ""
}
