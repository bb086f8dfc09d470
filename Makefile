# `make run` does the whole job, `make test` checks it; both set up .venv first.
EXPERIMENT ?= standard
PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell \
    $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
# what a user has set for other projects leads neither Python nor pip out of .venv
unexport PYTHONHOME PYTHONPATH PIP_PREFIX PIP_ROOT PIP_TARGET
export PIP_USER := 0

.PHONY: run test bench newest lock

run: .venv/ready
	$(BIN)/synthetic-data run --experiment $(EXPERIMENT) $(addprefix --minutes ,$(MINUTES)) $(ARGS)

test: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: .venv/ready # hours; also: make bench SOURCE=DIR_OR_URL
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	$(BIN)/python -m benchmarks.speed $(addprefix --source ,$(SOURCE))
	$(BIN)/python -m benchmarks.speed --widths 64 --shapes 28x28x1 32x32x1 32x32x3 48x64x3 64x64x3 128x128x3
	$(BIN)/python -m benchmarks.quality $(addprefix --source ,$(SOURCE))
	$(BIN)/python -m benchmarks.scaling $(addprefix --source ,$(SOURCE))
	$(BIN)/python -m benchmarks.exports $(addprefix --source ,$(SOURCE))

.venv/ready: requirements.txt pyproject.toml
	$(if $(PYTHON),,$(error Expected Python 3.11, 3.12 or 3.13 on the PATH, found none; say make PYTHON=/path/to/it))
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

newest: .venv-3.13/ready # the libraries for the newest Python: the tests try the wheel with them too

.venv-3.13/ready: requirements.txt
	python3.13 -m venv --clear .venv-3.13
	.venv-3.13/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	touch $@

lock: # needs uv
	uv pip compile pyproject.toml --extra dask --extra mlflow --extra onnx --extra s3 --extra tfds --group dev --universal --python-version 3.11 --no-strip-extras \
	    --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.txt
