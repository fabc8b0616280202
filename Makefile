# The index of verbs. A laptop and CI call the same ones; `make` alone prints them.

PROFILE ?= release
DATA    ?= .papergate
OFFSET  ?= 20000
FILTER  ?=
CHAPTERS ?=
SHELL   := /bin/bash

ifeq ($(PROFILE),release)
BUILD_FLAGS := --release
OUT := target/release
else
BUILD_FLAGS :=
OUT := target/debug
endif

.PHONY: help
help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: setup
setup: ## install what building and running needs (asks for sudo when not root)
	@scripts/setup.sh build

.PHONY: build
build: setup ## build every program
	@scripts/progress.sh "Building Papergate (the first time takes a few minutes)" cargo build --workspace --bins $(BUILD_FLAGS)

.PHONY: run
run: build ## start the whole suite here with a demonstration person, queue and printer
	@scripts/run.sh $(OUT) "$(DATA)" $(OFFSET)

.PHONY: demo
demo: build ## print a PDF, collect it by card, show the tracking record; exits 0 only if all of it happened
	@scripts/demo.sh $(OUT)

.PHONY: test
test: ## install what tests need and run all of them (FILTER=name for some)
	@scripts/setup.sh build test
	cargo build --workspace --bins --locked
	cargo test --workspace --locked -- $(FILTER)

.PHONY: check
check: ## formatting, lints, documentation, licences, forbidden crates, the dependency fence, links
	@scripts/setup.sh build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --workspace --no-deps --locked --document-private-items
	cargo test -p suite-tests --locked -- workspace:: documents::

.PHONY: bench
bench: ## measure us and the peers on this machine in one run and print ratios (CHAPTERS='submit tap' for some)
	@scripts/setup.sh build test bench
	cargo build --workspace --bins --release --locked
	target/release/bench $(CHAPTERS)

.PHONY: fuzz
fuzz: ## run every fuzz target for SECONDS_EACH (60) seconds
	@scripts/fuzz.sh $${SECONDS_EACH:-60}

.PHONY: clean
clean: ## remove what building and `make run` left
	cargo clean
	rm -rf "$(DATA)"
