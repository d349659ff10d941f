package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mtbench/internal/codec"
	"mtbench/internal/content"
	"mtbench/internal/topology"
	"mtbench/models/registry"
	"mtbench/report"
	"mtbench/results"
	"mtbench/workloads"
)

// completions are the values that a shell offers for flags, by the name of the flag.
func completions() map[string][]string {
	return map[string][]string{
		"models": append(modelNames(), "all"), "model": modelNames(),
		"codec":   codecWords(),
		"content": contentWords(),
		"wait":    {"off", "on", "self"}, "sealed": {"on", "off"}, "account": {"on", "off"},
		"pattern":     {"uniform", "sequential", "zipf"},
		"destination": {workloads.Process, workloads.Discard},
		"flush":       {"sync", "wrap", "iteration"},
		"machine":     {workloads.Kernel, workloads.Goroutines},
		"pin":         append(topology.Names(), results.NotPinned),
		"only":        report.SectionNames(), "plots": report.PlotFormats(), "by": results.Keys(),
		"where": conditions(),
	}
}

// modelNames are all contenders, ranked or not.
func modelNames() []string {
	var names []string
	for _, c := range registry.All() {
		names = append(names, c.Name)
	}
	return names
}

// codecWords are the codecs; of one with a duration, what stands before it.
func codecWords() []string {
	words := codec.Names()
	for i := range words {
		words[i] = strings.TrimSuffix(words[i], "DURATION")
	}
	return words
}

// contentWords are the kinds of page content; of one with a path, what stands before it.
func contentWords() []string {
	words := content.Names()
	for i := range words {
		words[i] = strings.TrimSuffix(words[i], "PATH")
	}
	return words
}

// conditions are the begins of conditions, one an axis.
func conditions() []string {
	keys := results.Keys()
	for i := range keys {
		keys[i] += "="
	}
	return keys
}

// fileFlags are flags that take a file, with the ends of its name.
func fileFlags() map[string][]string {
	resultFile := []string{"jsonl", "jsonl.gz"}
	return map[string][]string{"resume": resultFile, "like": resultFile, "against": resultFile,
		"matrix": {"yaml", "yml"}}
}

// completeValues lets shells complete the values of flags and the files of all commands.
func completeValues(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		completeValues(sub)
	}
	values, files := completions(), fileFlags()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		words, ends := values[f.Name], files[f.Name]
		switch {
		case f.Name == "format":
			words = formatWords(f)
		case ends != nil:
			_ = cmd.RegisterFlagCompletionFunc(f.Name, offerFiles(ends)) // the flag exists
			return
		}
		if words != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, offer(words)) // the same
		}
	})
	if takesFiles(cmd) {
		cmd.ValidArgsFunction = offerFiles([]string{"jsonl", "jsonl.gz"})
	} else if cmd.ValidArgsFunction == nil && cmd.Runnable() && !cmd.HasSubCommands() &&
		cmd.Name() != "help" {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
}

// formatWords are the formats that the usage of a flag lists: each command has its own.
func formatWords(f *pflag.Flag) []string {
	var words []string
	for _, w := range strings.FieldsFunc(f.Usage, func(r rune) bool { return r == ',' || r == ' ' }) {
		if w != "or" && w != "and" {
			words = append(words, strings.TrimSuffix(w, ":"))
		}
	}
	return words
}

// takesFiles says whether the arguments of a command are result files, as its usage says.
func takesFiles(cmd *cobra.Command) bool {
	use := cmd.Use
	return strings.Contains(use, "FILE") || strings.Contains(use, "OLD NEW")
}

// offer completes a word of a list, which commas divide.
func offer(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		given := strings.Split(before, ",")
		var all []string
		for _, w := range words {
			if !slices.Contains(given, w) {
				all = append(all, before+w)
			}
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		if strings.HasSuffix(strings.Join(all, ""), "=") || slices.Contains(words, "spin:") ||
			slices.Contains(words, "file:") {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return all, directive
	}
}

// offerFiles completes files by the ends of their names.
func offerFiles(ends []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return ends, cobra.ShellCompDirectiveFilterFileExt
	}
}
