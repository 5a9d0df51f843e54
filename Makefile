# The only place where developer commands are defined; CI calls the same targets.
# Every target sets up what it needs in .venv first, and does that only when something changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REGISTRY := sh scripts/from_registry.sh

# What the compiled module is made of; Python sources are used in place and need no set-up.
CORE_SOURCES := $(shell find crates -path crates/truth -prune -o \( -name '*.rs' -o -name '*.toml' \) -print) Cargo.toml Cargo.lock

# The binding is tested from Python; a test program of its own could not be linked.
RUST_TESTS := --locked --profile checked --workspace --exclude pycore --exclude truth
# Tests on real time need cores that CI's machine may take away; there a failure must come twice.
cargo_test = cargo test $(1) $(if $(CI),--no-fail-fast || cargo test $(1))

# Its engine has hooks that the product does not have, so it is built and tested apart.
TRUTH_TESTS := --locked --profile checked --package truth

# They know neither clock nor network, so each core takes some; all others need the machine alone.
PURE_TESTS := tests/unit tests/knee_bench

# Coverage of the parser for libFuzzer, by options that the stable compiler has; the target is named
# so that build scripts and macros are built without them.
FUZZ_TARGET = $(shell PATH="$(PATH)" rustc --print host-tuple)
FUZZ_FLAGS := -Cpasses=sancov-module -Ccodegen-units=1 -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	-Cllvm-args=-sanitizer-coverage-trace-compares
FUZZ := target/$(FUZZ_TARGET)/checked/fuzz_answers -max_len=4096 -timeout=5 \
	-artifact_prefix=build/fuzz/crash-

# rustup puts cargo here; a shell opened before that does not know it yet.
export PATH := $(HOME)/.cargo/bin:$(PATH)
# One interpreter for every build of the binding, so that cargo can reuse what it compiled.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Cargo counts its own jobs, also below a make that counts its.
export CARGO_MAKEFLAGS :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test truth soak known zoo fuzz lint lint-python lint-rust bench knee-bench clean anew

help: ## print this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 17

setup: $(VENV)/installed ## .venv with capacity in it, the Rust core built for release

demo: $(VENV)/installed ## a run against the built-in demo service, with its graphs
	@$(BIN)/capacity run profiles/demo.yaml

test: $(VENV)/developer ## all tests, Rust and Python, with the coverage bars
	@sh scripts/install_debian_packages.sh
	@$(REGISTRY) cargo test --quiet --no-run $(RUST_TESTS)
	$(call cargo_test,$(RUST_TESTS))
	$(call cargo_test,$(TRUTH_TESTS))
	@mkdir -p build
	$(BIN)/python -m pytest $(PURE_TESTS) --numprocesses=logical --cov --cov-report=
	$(BIN)/python -m pytest $(PURE_TESTS:%=--ignore=%) --cov --cov-append --cov-report=
	@$(BIN)/python -m coverage json --quiet -o build/coverage.json
	@$(BIN)/python scripts/check_coverage.py build/coverage.json

truth: SEEDS := 3
truth: $(VENV)/developer ## what the engine says against what servers know (20 minutes)
	@$(REGISTRY) cargo build --quiet $(TRUTH_TESTS)
	target/checked/truth long $(SEEDS) 2
	$(BIN)/python -m tests.truth.burners --seeds 100

soak: SECONDS := 3600
soak: $(VENV)/developer ## SECONDS=3600 of half load: nothing grows, nothing is lost
	@$(REGISTRY) cargo build --quiet $(TRUTH_TESTS)
	$(BIN)/python -m tests.truth.soak --seconds $(SECONDS)

# All servers, or some: make known RUNS=1 HOLD=2s SERVERS="servers mm8 usl limiter gateway lock"
known: RUNS := 10
known: HOLD := 5s
known: $(VENV)/developer ## capacity and knee of servers built to be known (over an hour)
	@$(BIN)/python -m tests.known $(SERVERS) --runs $(RUNS) --hold $(HOLD)

# Some services only: make zoo REPETITIONS=1 NAMES="pool cpu-limit"
zoo: REPETITIONS := 3
zoo: $(VENV)/developer ## is the bottleneck of services named that have one each (2 hours)
	@$(BIN)/python -m tests.targets $(NAMES) --repetitions $(REPETITIONS) --blind $(ZOO_FLAGS)

fuzz: SECONDS := 600
fuzz: ## SECONDS=600 of guided fuzzing of the answer parser; needs g++
	$(REGISTRY) cargo build --locked --profile checked --package answers --bin answers
	RUSTFLAGS="$(FUZZ_FLAGS)" $(REGISTRY) cargo build --locked --profile checked --package answers \
		--features libfuzzer --bin fuzz_answers --target $(FUZZ_TARGET)
	@mkdir -p build/fuzz/found
	rm -rf build/fuzz/corpus
	target/checked/answers unpack build/fuzz/corpus
	nice -n 19 $(FUZZ) -max_total_time=$(SECONDS) build/fuzz/found build/fuzz/corpus
	$(FUZZ) -set_cover_merge=1 -use_counters=0 build/fuzz/corpus build/fuzz/found
	target/checked/answers gather build/fuzz/corpus > build/fuzz/found.txt
	@echo "no property broken; what covers more than the corpus is in build/fuzz/found.txt"

lint: $(BIN)/python ## style, types, layers, size bars; changes nothing
	@sh scripts/check_machine.sh lint
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line lint-python lint-rust

lint-python: $(VENV)/developer
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python scripts/check_bars.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m mypy.stubtest capacity._core --mypy-config-file pyproject.toml

# Beside the other half: in a fresh clone the release build leaves one core idle for most of a minute.
lint-rust: $(BIN)/python
	cargo fmt --all --check
	$(REGISTRY) cargo clippy --locked --workspace --exclude truth --all-targets -- -D warnings
	cargo clippy --locked --package truth --package loadgen --all-targets -- -D warnings

# Shorter, or only a part: make bench ROUNDS=1 SECONDS=1 PEERS="capacity wrk" TARGETS=get-64
bench: ROUNDS := 3
bench: SECONDS := 2
bench: $(VENV)/installed ## speed and memory beside other load clients (22 minutes)
	@$(BIN)/python -m bench --rounds $(ROUNDS) --seconds $(SECONDS) \
	    --peers "$(PEERS)" --targets "$(TARGETS)"

# Shorter, and without the page: .venv/bin/python -m knee_bench --curves 100 --only ours
knee-bench: CURVES := 1000
knee-bench: $(VENV)/installed ## error of knee and steps on curves of known truth; writes docs/knee.md
	$(REGISTRY) $(BIN)/python -m pip install --quiet --group knee-bench
	@$(BIN)/python -m knee_bench page --curves $(CURVES)

clean: ## remove what make made; runs under output/ stay
	rm -rf $(VENV) target build dist .coverage .hypothesis
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -f capacity/_core*.so
	find bench capacity knee_bench tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# The interpreter itself is the stamp: when it is gone or broken the environment is made anew, and
# so it is when it was moved or copied, since it still points at its old place.
HERE := $(shell grep -sF ' $(CURDIR)/$(VENV)' $(VENV)/pyvenv.cfg)
$(BIN)/python: $(if $(HERE),,anew)
	@PYTHON="$(PYTHON)" sh scripts/check_machine.sh
	$(PYTHON) -m venv --clear $(VENV)

COMPILED := $(wildcard capacity/_core*.so)
$(VENV)/installed: $(BIN)/python pyproject.toml $(CORE_SOURCES) $(if $(COMPILED),,anew)
	@PYTHON="$(PYTHON)" sh scripts/check_machine.sh
	@echo "Setting up $(VENV): libraries, then the Rust core (some minutes the first time)"
	$(REGISTRY) $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(REGISTRY) $(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/developer: $(VENV)/installed
	$(REGISTRY) $(BIN)/python -m pip install --quiet --group dev
	@touch $@
