package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "mtbench",
		Short: "Compare models of hand-over between threads on QEMU's migration compression workload",
		Long: `mtbench migrates a guest whose memory is being written, compressing its pages in a pool of
threads, over interchangeable models of the hand-over between the migration thread and the
pool: "locked" (what QEMU shipped in 2018) and "lockless" (what a patch series proposed).
It reports what each costs and why, with the evidence that a design review can lean on.

Start with "mtbench run"; it ends with a table and names the file of its results.

Exit statuses:
` + strings.TrimRight(statusTable(), "\n"),
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	root.AddCommand(keeping(newRunCommand(), newFrontierCommand(), newHandoverCommand(),
		newCalibrateCommand(), newPredictCommand(), newExploreCommand(), newSoakCommand(),
		newValidateCommand(), newCaptureCommand(), newReproduceCommand(),
		newStreamCommand(), newReceiveCommand())...)
	root.AddCommand(newReportCommand(), newCiteCommand(), newClaimsCommand(), newCompareCommand(),
		newMergeCommand(), newGateCommand(), newDoctorCommand(), newFieldsCommand(), newVersionCommand(),
		newStatusTopic(), newWordsTopic(), newManCommand(), newChildCommand(),
		newDestinationCommand(), newCalibrationChildCommand(), newHandoverChildCommand())
	group(root)
	root.SetHelpCommand(newHelpCommand())
	root.SetFlagErrorFunc(flagError)
	completeValues(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		guard(cmd)
		return noEmptyValues(cmd.Flags())
	}
	return root
}
