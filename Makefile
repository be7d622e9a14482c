# Everything installs what it needs first. PYTHON picks the interpreter (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo serve test check bench endurance generate lint lock
install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Interplay needs Python 3.11 or newer; set PYTHON=...")'
	@echo "installing into .venv (about a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

generate: install
	PATH="$(CURDIR)/$(BIN):$$PATH" buf generate
	$(BIN)/python -m grpc_tools.protoc -I proto -I proto/third_party --grpc_python_out=clients/python \
	  --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc --mypy_grpc_out=clients/python \
	  proto/interplay/v1/*_service.proto

# `uv pip compile` without index lines: the lock names no registry.
lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-package interplay \
	  --python-version 3.11 --extra dev pyproject.toml clients/python/pyproject.toml -o requirements.lock
