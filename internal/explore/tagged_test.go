//go:build !explore

package explore

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// patience is far more than the child needs, with its build; it is no measure of speed.
const patience = 5 * time.Minute

// TestInAnExploringBuild has the shipped models explored by a build that switches at every shared
// access, which this one cannot: a wake-up that is left out because of a look at a ring shows only
// if the worker comes in between the look and the store.
func TestInAnExploringBuild(t *testing.T) {
	args := []string{"test", "-tags", "explore", "-count=1", "-timeout", patience.String(),
		"-run", "^(TestShippedModelsAreClean$|TestRegressions$|TestReduction|TestSpoiltReduction)", "."}
	if testing.Short() {
		args = slices.Insert(args, 1, "-short")
	}
	c := exec.Command("go", args...)
	c.Env = append(os.Environ(), "MTBENCH_SOAK=")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("go %v: %v\n%s", args, err, out)
	}
}
