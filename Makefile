# `make run` regenerates everything, `make test` tests everything; both set up what they need.

PYTHON ?= python3
CORES ?= $(shell $(PYTHON) -c "import os; print(len(os.sched_getaffinity(0)))")
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Snakemake starts Python, here that of .venv, by an unquoted path; venv refuses a colon.
UNSAFE := $(shell pwd | LC_ALL=C tr -d 'A-Za-z0-9_./+,@%=^!\200-\377-')
ifneq ($(words $(CURDIR))$(UNSAFE),1)
$(error $(CURDIR): Snakemake cannot start Python from a path with blanks or characters of the shell; move the project)
endif
# A user without an entry in passwd, as in some containers, has no name otherwise.
LOGNAME ?= $(or $(filter-out $(shell id -u),$(shell id -un 2>/dev/null)),uid$(shell id -u))
export LOGNAME

.PHONY: run test quick benchmark docs docs-environment environment lock cluster deploy-tools root dst clean

# `make run CONFIG="one.yaml two.yaml"`: files for --configfile, checked before Snakemake trips over them.
run: environment
	$(if $(CONFIG),$(BIN)/python workflow/check_configuration.py $(CONFIG))
	$(BIN)/snakemake --cores $(CORES) $(if $(CONFIG),--configfile $(CONFIG))

test: environment
	$(BIN)/python -m pytest -n $(CORES)

# What needs neither kernels nor Snakemake: the quick half, some 50 s of processor time.  Left out are the slowest.
QUICK := tests/unit/publication tests/unit/papers tests/unit/selection tests/unit/interpretation \
	tests/unit/test_limit_inputs.py tests/unit/test_tables.py tests/unit/test_systematics.py tests/docs/test_pages.py \
	tests/scripts tests/test_layout.py \
	--ignore tests/unit/interpretation/test_explore.py --ignore tests/unit/interpretation/test_mixing_table.py
quick: environment
	$(BIN)/python -m pytest -n $(CORES) $(QUICK)

# Rates on one core and their ratios to those of ROOT (if `make root` was run before) and of numpy.
benchmark: environment
	$(BIN)/python benchmark/run.py results/benchmark.json

# The documentation as pages in site/, with the tutorial's notebook run.
docs: docs-environment
	PATH="$(CURDIR)/$(BIN):$$PATH" NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --site-dir site

docs-environment: environment
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-docs.lock

environment: $(INSTALLED)

# Every package is checked against the hashes of the lock files.
$(INSTALLED): requirements.lock requirements-build.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and '$(PYTHON) is Python %d.%d: give one of 3.11 or later (make … PYTHON=python3.12)' % sys.version_info[:2])"
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# Extras: the plugin of one cluster (`make cluster EXECUTOR=htcondor` for the other); ROOT as a test oracle.
EXECUTOR ?= slurm
cluster: environment
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-$(EXECUTOR).lock

# snakefmt and snakedeploy, for the tests of the rules' format and of a deployed workflow.
deploy-tools: environment
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-deploy.lock

root: environment
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-root.lock

# `lnvsearch convert-dst`: DST files of BESIII.
dst: environment
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dst.lock

# Resolve the dependencies anew; the lock files name no registry.
lock: environment
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --group pyproject.toml:build -o requirements-build.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra workflow --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --group pyproject.toml:deploy -c requirements.lock -o requirements-deploy.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra slurm -c requirements.lock pyproject.toml -o requirements-slurm.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra htcondor -c requirements.lock pyproject.toml -o requirements-htcondor.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra root -c requirements.lock pyproject.toml -o requirements-root.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra dst -c requirements.lock pyproject.toml -o requirements-dst.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra docs -c requirements.lock pyproject.toml -o requirements-docs.lock

clean:
	rm -rf $(VENV) .snakemake
