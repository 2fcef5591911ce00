# What one does every day. .ci/run has every check that a change must pass, and runs single ones by their name.

.PHONY: test test-kafka test-page screenshots crash race lint fuzz bench bench-scale bench-memory tidy ci

test:
	go test ./...

# The Kafka tests against a real Kafka, which is started for them; the first time, Maven fetches its jars.
test-kafka:
	.ci/run kafka

# The monitor's page in Chromium (on Debian: apt-get install chromium).
test-page:
	.ci/run monitor

# The pictures of the monitor's page in docs/images, in Chromium; they are prettiest where the font Inter is installed.
screenshots:
	go -C internal/monitor/browser run ./screenshots

# Mills on a real Kafka are killed in every way for two minutes. CRASHTIME=1h make crash
crash:
	.ci/run crash

race:
	go test -race ./...

lint:
	.ci/run format vet lint

# FUZZTIME=5m make fuzz
fuzz:
	.ci/run fuzz

# Leat against hand-written loops, Kafka Streams, the Python package and others, on files and on a Kafka that it starts: some
# twenty minutes. What it prints is Markdown; interrupted, it prints what it has. BENCH="-on files -rounds 5" is a part of it;
# go -C bench run . -h has all flags.
bench:
	go -C bench run . $(BENCH)

# Many partitions in one instance and in many, and kills: BENCH="-instances 1,20 -partitions 200" make bench-scale
bench-scale:
	go -C bench run . -scale $(BENCH)

# The peak memory of a join over a file of 1 GiB; needs 3 GiB of temporary disk for a minute.
bench-memory:
	go -C bench run . -memory

# The micro-benchmarks of the rooms: decode, encode, framing, keys, merge, window, commit, call. ROOMS=./codec COUNT=1 make
# bench-micro
ROOMS ?= . ./codec ./broker/file ./internal/engine ./internal/expression ./pipeline/internal/rawjson
COUNT ?= 6
bench-micro:
	@go test -run '^$$' -bench . -count $(COUNT) $(ROOMS)

# The same here and at another commit: BASE=main make bench-compare. Times are told by benchstat; more allocations than there
# are failures. BENCHTIME is how long a benchmark runs each time.
BENCHTIME ?= 1s
bench-compare:
	@git rev-parse --verify --quiet "$(BASE)^{commit}" >/dev/null || { echo 'say which commit: make bench-compare BASE=main' >&2; exit 1; }
	@there=$$(mktemp -d) && git worktree add --quiet --detach "$$there/base" "$(BASE)" && \
	trap 'git worktree remove --force "$$there/base"; rm -r "$$there"' EXIT && \
	micro() { go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -count $(COUNT) $(ROOMS); } && \
	(cd "$$there/base" && micro) >"$$there/old" && micro >"$$there/new" && \
	go tool -modfile=tools/go.mod benchstat "$(BASE)=$$there/old" "here=$$there/new" && \
	go -C bench run ./allocations "$$there/old" "$$there/new"

# All module files, after a dependency of the main module has changed.
tidy:
	for module in . bench codec/compare internal/monitor/browser tools; do go -C $$module mod tidy || exit; done

ci:
	.ci/run
