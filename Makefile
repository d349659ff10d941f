# The README's two commands need only Go; this file is for those who develop.

.PHONY: test race soak soak-aa explore mutants rendered

test:
	go test ./...

race:
	go test -race -short ./...

# 200 migrations with random settings, each verified; every conformance suite at length.
soak:
	MTBENCH_SOAK=1 go test -timeout 60m ./workloads/... ./models/... ./internal/...

# 100 comparisons of a model with itself: prints how many differ before and after floor and Holm.
soak-aa:
	go run ./cmd/mtbench soak aa

# Schedules of the shipped models, of the planted bugs, and of what the models are built from.
explore:
	go test -tags explore -timeout 60m ./internal/explore/... ./internal/ptrring ./internal/thread

# Faults planted in a copy of the tree: each must be caught by its package's own tests.
mutants:
	scripts/mutants.sh

# The committed report is what the committed results generate.
rendered:
	scripts/check-rendered.sh
