# Every target installs first what it needs. PYTHON picks the interpreter: 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
OUT ?= .
WORKERS ?= auto

.PHONY: install demo serve test test-clients build-clients check bench bench-clients endurance drill soak generate check-generated \
  coverage lint format types lock wheels docs breaking baseline tools

install: .venv/.installed

# What a server and its command line need, from the smaller lock: tools and tests come with `install`.
.venv/.runtime: requirements-runtime.lock pyproject.toml clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Interplay needs Python 3.11 or newer: make PYTHON=...")'
	@echo "installing into .venv; this takes a minute ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-runtime.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

.venv/.installed: requirements.lock .venv/.runtime
	@echo "installing tools and tests into .venv; this takes another minute ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# A real server on an empty folder, live interactions of twelve people, a kill in mid-stream, proofs; ends by itself.
demo: .venv/.runtime
	@$(BIN)/interplay demo

# LISTEN and DATA: where to listen and where to keep the data.
serve: .venv/.runtime
	@$(BIN)/interplay serve --listen $(or $(LISTEN),127.0.0.1:50051) --data $(or $(DATA),data)

# Workers share the cores with hundreds of servers: what fails among them runs once more, alone, and counts then. Both
# runs are printed.
test: install
	$(BIN)/python -m pytest -m "not endurance and not clients" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS) || \
	  $(BIN)/python -m pytest -m "not endurance and not clients" --last-failed --last-failed-no-failures none --maxfail 5 $(ARGS)

# Clients in five languages: built side by side, then one suite for all of them, and the matrix of docs/clients.md.
# LANGUAGES="go rust" picks some. A language whose tool chain is missing is left out, but fails with CI=true.
test-clients: build-clients
	LANGUAGES="$(LANGUAGES)" $(BIN)/python -m pytest tests/conformance -m clients -n $(WORKERS) $(ARGS) || \
	  LANGUAGES="$(LANGUAGES)" $(BIN)/python -m pytest tests/conformance -m clients --last-failed \
	    --last-failed-no-failures none --maxfail 5 $(ARGS)
	$(BIN)/python -m tests.conformance.matrix --check

build-clients: install
	$(BIN)/python -m tests.conformance.build $(LANGUAGES)

# Each client's publisher as a ratio to its own bare gRPC stream.
bench-clients: build-clients
	LANGUAGES="$(LANGUAGES)" $(BIN)/python -m tests.bench.clients $(ARGS)

# Everything that must hold before a change lands.
check: lint types check-generated test test-clients coverage

# The floor of branch coverage, of what runs inside the tests' own process: domain, models, retrieval and storage.
coverage: install
	$(BIN)/python -m pytest tests/unit tests/storage -m "not endurance" --cov --cov-fail-under=80

# 200 kills and other long runs.
endurance: install
	$(BIN)/python -m pytest -m endurance --timeout 3600 $(ARGS)

# A disaster, rehearsed: publish under load, back up, kill, corrupt, restore, compare.
drill: install
	$(BIN)/python -m tests.drill $(ARGS)

# Every service at once with kills and faults; writes soak.svg. MINUTES=30.
soak: install
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),30) $(ARGS)

# One table of ratios. ARGS="--quick" for three minutes, ARGS="--only streaming" for a part.
bench: install
	$(BIN)/python -m tests.bench $(ARGS)

# buf makes messages; services come from protoc itself, since buf has no built-in plugin for them. The other languages
# follow where their tool chain is; Java generates in every build.
generate: install
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/buf generate --output $(OUT)
	$(BIN)/python -m grpc_tools.protoc -I proto -I proto/third_party --grpc_python_out=$(OUT)/clients/python \
	  --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc --mypy_grpc_out=$(OUT)/clients/python \
	  proto/interplay/v1/*_service.proto
	$(if $(filter .,$(OUT)),$(BIN)/python -m tests.conformance.generate)

check-generated: install
	$(BIN)/python -m pytest tests/contract -k generated

# Pages of docs/api and the tables of the docs; after every change of proto/, errors or settings.
docs: install
	$(BIN)/python -m interplay_server.docs_tables

# Today's contract against that of the last release.
breaking: install
	$(BIN)/buf breaking --against proto/baseline/interplay-v1.binpb.gz

# At a release only: what later contracts are compared with.
baseline: install
	$(BIN)/buf build --exclude-source-info --path proto/interplay -o proto/baseline/interplay-v1.binpb.gz

# grpcurl for the tests of the docs, from the Go module proxy.
tools:
	GOBIN=$(CURDIR)/.tools go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4

lint: install
	$(BIN)/buf lint
	$(BIN)/buf breaking --against proto/baseline/interplay-v1.binpb.gz
	$(BIN)/buf format --diff --exit-code --path proto/interplay
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: install
	$(BIN)/buf format --write --path proto/interplay
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

types: install
	$(BIN)/mypy

# No index lines: a lock names no registry. The second one is what a server needs, without tools and tests.
lock: install
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-package interplay --python-version 3.11 --extra dev pyproject.toml clients/python/pyproject.toml \
	  -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-package interplay --python-version 3.11 --extra build --extra web pyproject.toml clients/python/pyproject.toml \
	  -c requirements.lock -o requirements-runtime.lock

wheels: install
	$(BIN)/python -m build --wheel --no-isolation --outdir dist clients/python
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .
