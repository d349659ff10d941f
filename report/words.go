package report

import "mtbench/report/internal/table"

// Word is a term of this program, what it means, and an example.
type Word = table.Word

// Words returns the terms that help, reports and documents use, in the order of the alphabet.
func Words() []Word { return table.Words() }
