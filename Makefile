# Needs make and any Python from 3.11 on; everything else is installed into .venv and .venv-demo, from the locks.
# Arguments pass through ARGS:  make test ARGS="-k subnet"   make demo ARGS="--serve"

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check --no-input
LOCKED := $(VENV)/.locked
READY := $(VENV)/.ready
# What `make demo` runs in: what the program and its emulator need, and nothing of what development needs.
DEMO := .venv-demo

# Folders with Python in them; one that is still empty is left out.
CODE := $(patsubst %/,%,$(sort $(dir $(wildcard controller/*.py emulators/*.py tests/*.py benchmarks/*.py))))
WORKERS ?= 3
# Some machines say that no bytecode be kept: every program that a test starts would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
ENGINE ?= docker
IMAGE ?= holdfast
COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# What the tests on a real Kubernetes API server need, outside the checkout, under a name that changes with what is built.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/holdfast
ASSETS := $(CACHE)/kubernetes-$(shell cat tests/kube/assets/build tests/kube/assets/go.mod | cksum | cut -d' ' -f1)
export KUBEBUILDER_ASSETS ?= $(wildcard $(ASSETS))

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)$$/\1|\2/' \
		| while IFS='|' read -r target text; do printf '  make %-10s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: $(DEMO)/.ready ## The whole story on an embedded AWS emulator, no account needed
	@$(DEMO)/bin/holdfast demo $(ARGS)

.PHONY: check
check: static test ## The one gate: format, lint, types, imports, generated files, tests

.PHONY: static
static: format-check lint types imports fresh ## The gate without the tests: some seconds

# What shares something dear is one worker's, see tests/conftest.py; all else is handed out one by one.
.PHONY: test
test: $(READY) ## The tests
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(ARGS)

.PHONY: assets
assets: ## Build the real parts that some tests need (API server, etcd, helm …), once; needs Go
	@tests/kube/assets/build $(ASSETS)

# BASE=…@sha256:… is the base image of a release, see the Dockerfile. The times in it are those of the commit.
.PHONY: image
image: ## Build the container image; ENGINE=podman where there is no docker, BASE=… for a release
	@$(ENGINE) build --tag $(IMAGE) $(if $(BASE),--build-arg PYTHON=$(BASE)) \
		--build-arg REVISION=$$(git rev-parse HEAD) \
		--build-arg CREATED=$$(TZ=UTC git log -1 --date=iso-strict-local --format=%cd) $(ARGS) .

.PHONY: bench
bench: $(READY) ## The benchmarks
	@$(PY) -m benchmarks $(ARGS)

# One seed alone, with its trace: make torture ARGS="--seed 7"
.PHONY: torture
torture: $(READY) ## The test bed: many seeds of faults between the program and AWS (ARGS="--seeds 2000")
	@$(PY) -m tests.torture $(ARGS)

.PHONY: format
format: $(READY) ## Put the code into its format, with what lint can mend by itself
	@$(PY) -m ruff check --quiet --fix-only $(CODE)
	@$(PY) -m ruff format --quiet $(CODE)

.PHONY: generated
generated: $(READY) ## Write the files that are made from the kinds: their manual and the editors' schema
	@$(PY) -m tests.generated

.PHONY: lock
lock: $(READY) ## Write the four lock files anew (ARGS=--upgrade for newer versions)
	@$(COMPILE) pyproject.toml --all-extras --output-file requirements.lock $(ARGS)
	@$(COMPILE) pyproject.toml --extra operator --no-annotate --constraints requirements.lock --output-file requirements-runtime.lock $(ARGS)
	@printf "hatchling\neditables\n" | $(COMPILE) pyproject.toml - --extra demo --no-annotate --constraints requirements.lock --output-file requirements-demo.lock $(ARGS)
	@echo hatchling | $(COMPILE) - --no-annotate --constraints requirements.lock --output-file requirements-build.lock $(ARGS)

.PHONY: clean
clean: ## Remove all that these targets made
	@rm -rf $(VENV) $(DEMO) build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# The parts of the gate, each of which can be run alone.
.PHONY: format-check lint types imports fresh
format-check: $(READY)
	@$(PY) -m ruff format --check $(CODE)

lint: $(READY)
	@$(PY) -m ruff check $(CODE)

types: $(READY)
	@$(PY) -m mypy $(CODE)

imports: $(READY)
	@$(BIN)/lint-imports --no-logo

fresh: $(READY)
	@$(PY) -m tests.generated --check

# An empty environment in the folder of the target, with the newest Python that is known to do.
define NEW_ENVIRONMENT
python=; for each in python3.13 python3.12 python3.11 python3; do \
		if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$each; break; fi; \
	done; \
	if test -z "$$python"; then \
		echo "Holdfast needs Python 3.11 or newer; none was found on the PATH (looked for python3.13, python3.12, python3.11, python3)." >&2; \
		exit 1; \
	fi; \
	echo "Making $(@D) with $$($$python --version), once; this takes up to a minute." >&2; \
	$$python -m venv --clear $(@D)
endef

# A changed lock makes a fresh environment, so that nothing stale can hide a missing dependency;
# a changed pyproject.toml only renews the install of the package itself.
$(LOCKED): requirements.lock
	@$(NEW_ENVIRONMENT)
	@$(PIP) install --require-hashes --requirement requirements.lock
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Each package is told as it comes.
$(DEMO)/.ready: requirements-demo.lock pyproject.toml
	@$(NEW_ENVIRONMENT)
	@{ $(DEMO)/bin/python -m pip --disable-pip-version-check --no-input install --no-compile \
			--require-hashes --requirement requirements-demo.lock && touch $(DEMO)/.locked; } \
		| while read -r word name _; do if test "$$word" = Collecting; then echo "  $$name"; fi; done >&2
	@test -e $(DEMO)/.locked
	@$(DEMO)/bin/python -m pip --quiet --disable-pip-version-check --no-input install --no-deps --no-build-isolation --editable .
	@touch $@
