package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestWhichCommandsTakeLists: scans take any axis of a case; a command that makes one run, or whose
// calibration is of one, refuses a list in a sentence.
func TestWhichCommandsTakeLists(t *testing.T) {
	lists := map[string]string{"memory": "8MiB,16MiB", "content": "text,heap", "codec": "zlib,zstd",
		"level": "1,6", "pin": "core,spread"}
	for _, c := range []struct {
		name  string
		make  func() *cobra.Command
		takes string
	}{
		{"run", newRunCommand, "memory content codec level pin"},
		{"frontier", newFrontierCommand, "memory content codec level pin"},
		{"predict", newPredictCommand, "memory"},
		{"capture", newCaptureCommand, ""},
	} {
		for flag, list := range lists {
			cmd := c.make()
			err := cmd.ParseFlags([]string{"--" + flag + "=" + list})
			takes := strings.Contains(c.takes, flag)
			if takes && err != nil {
				t.Errorf("%s --%s %s: %v", c.name, flag, list, err)
			}
			if !takes && (err == nil || !strings.Contains(err.Error(), "takes one value")) {
				t.Errorf("%s --%s %s is not refused in a sentence: %v", c.name, flag, list, err)
			}
			if says := strings.Contains(cmd.Flag(flag).Usage, "a list makes an axis"); says != takes {
				t.Errorf("the help of %s --%s says %v of lists", c.name, flag, says)
			}
		}
	}
}
