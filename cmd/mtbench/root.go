package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "mtbench",
		Short: "Compare models of hand-over between threads on QEMU's migration compression workload",
		Long: `mtbench compares models of the hand-over between threads. It migrates a guest whose memory is
being written, and a pool of threads compresses its pages. A model is the way in which the
migration thread hands pages to the pool: "locked" is what QEMU shipped in 2018, "lockless" is
what a patch series proposed. The report says what each costs and why, with its evidence.

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
	fitHelp(root)
	completeValues(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		guard(cmd)
		return noEmptyValues(cmd.Flags())
	}
	return root
}
