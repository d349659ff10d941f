package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mtbench/workloads"
)

// What the libraries for flags and commands say of bad usage is worded for programmers; here it is
// said again as the rest of the program says it.

// flagError is for what pflag refuses before a command begins.
func flagError(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &value):
		return badInput(fmt.Errorf("--%s: %s", value.GetFlag().Name,
			wrongValue(value.GetFlag().Value.Type(), value.GetValue(), value.Unwrap())))
	case errors.As(err, &unknown):
		name := "-" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() == "" {
			name = "-" + name
		}
		return badInput(fmt.Errorf("there is no flag %s; %s --help lists them", clean(name),
			cmd.CommandPath()))
	case errors.As(err, &missing):
		return badInput(fmt.Errorf("--%s needs a value", missing.GetFlag().Name))
	}
	return badInput(fmt.Errorf("%w; %s --help shows how flags are written", err, cmd.CommandPath()))
}

// wrongValue says what is wrong with a flag's value. The flag types of this program say it
// themselves, in cause.
func wrongValue(kind, value string, cause error) string {
	quoted := strconv.Quote(value)
	switch kind {
	case "int", "int64":
		return quoted + " is not a whole number"
	case "uint64":
		return quoted + " is not a whole number from 0 to 18446744073709551615"
	case "float64":
		return quoted + " is not a number"
	case "intSlice":
		return quoted + " is not a list of whole numbers; write for example 4,8,16"
	case "bool":
		return quoted + " is neither true nor false"
	case "stringSlice":
		return quoted + " is not a list; write words with commas between them"
	case "duration":
		return wrongDuration(value)
	}
	return cause.Error()
}

func wrongDuration(value string) string {
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return fmt.Sprintf("%q has no unit; write for example %ss or %sms", value, value, value)
	}
	return strconv.Quote(value) + " is not a duration; write for example 500ms, 5s or 2m"
}

// noEmptyValues refuses flags that were given and name nothing, as by an unset variable of a shell.
func noEmptyValues(f *pflag.FlagSet) error {
	var errs []error
	f.Visit(func(flag *pflag.Flag) {
		list, isList := flag.Value.(pflag.SliceValue)
		if isList && len(list.GetSlice()) == 0 || !isList && flag.Value.String() == "" &&
			flag.Value.Type() == "string" {
			errs = append(errs, fmt.Errorf("--%s is empty; name something or leave it out", flag.Name))
		}
	})
	return badInput(errors.Join(errs...))
}

// flagged gives the settings of a workload that are wrong the names of their flags.
func flagged(err error) error {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range list.Unwrap() {
			all = append(all, flagged(e))
		}
		return errors.Join(all...)
	}
	if setting, ok := err.(*workloads.SettingError); ok {
		return fmt.Errorf("--%w", setting)
	}
	return err
}

// noArgs is for commands that take flags alone.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return badInput(fmt.Errorf("%s takes flags alone, and %q is none; %s --help lists them",
			cmd.CommandPath(), args[0], cmd.CommandPath()))
	}
	return nil
}

func someFiles(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return badInput(fmt.Errorf("%s needs a result file; mtbench run makes one", cmd.CommandPath()))
	}
	return nil
}

func oneOrTwoFiles(cmd *cobra.Command, args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return badInput(fmt.Errorf("%s needs two result files, the old one and the new one, or one of "+
			"two builds; %d given", cmd.CommandPath(), len(args)))
	}
	return nil
}

// group makes cmd a command that does nothing but hold others: it shows its help, and refuses a
// word that is none of them.
func group(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return noCommand(cmd, args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

func noCommand(parent *cobra.Command, name string) error {
	text := fmt.Sprintf("%s has no command %q", parent.CommandPath(), name)
	parent.SuggestionsMinimumDistance = 2 // edits, as cobra's own default
	if near := parent.SuggestionsFor(name); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	} else {
		text += "; " + parent.CommandPath() + " --help lists them"
	}
	return badInput(errors.New(text))
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			of := cmd.Root()
			for _, name := range args {
				next := subcommand(of, name)
				if next == nil {
					return noCommand(of, name)
				}
				of = next
			}
			return of.Help()
		},
	}
}

func subcommand(parent *cobra.Command, name string) *cobra.Command {
	for _, c := range parent.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}
