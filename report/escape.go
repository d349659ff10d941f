package report

// Strings of result files and file names are made harmless here, for each format by its own rule.

// mostShown is the most characters of a string that any format shows.
const mostShown = 600

// cleanLine is s without what moves a cursor, colours, hides or reorders text, on one line.
func cleanLine(s string) string { return cleanText(s, mostShown) }
