package thread

import (
	"runtime"
	"strings"
	"testing"
)

func TestTheSealIsForKnownVersions(t *testing.T) {
	if err := CheckSeal(runtime.Version()); err != nil {
		t.Errorf("the tests run sealed threads: %v", err)
	}
	for version, right := range map[string]bool{
		"go1.26": true, "go1.26.3": true, "go1.25.1": false, "go1.27.0": false, "go1.260.0": false,
		"go1.26rc1": false, "devel go1.28-abc": false, "go2.26": false, "": false,
	} {
		err := CheckSeal(version)
		if (err == nil) != right {
			t.Errorf("%q: %v", version, err)
		}
		if err != nil && !strings.Contains(err.Error(), "--sealed off") {
			t.Errorf("%q: %v does not say what to do", version, err)
		}
	}
}
