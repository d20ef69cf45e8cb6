# make run    set up on first use, then every figure and table on stand-in data
# make test   set up on first use, then all tests
# The rest:   make plan | verify | save | restore | check | slurm-test | bench | pictures | lock | clean

# The first of these that is there, or whichever PYTHON= names.
PYTHON ?= $(firstword $(foreach name,python3.11 python3,$(if $(shell command -v $(name)),$(name))) python3)
VENV := .venv
BIN := $(VENV)/bin
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
EDITION ?= demo
# A folder or address that holds corpora, for EDITION=public or paper.
MIRROR ?=
# A folder of profiles/ whose scheduler gets the jobs, instead of this machine's cores.
PROFILE ?=
# Extra words for snakemake, e.g. ARGS="hashing --resources gpu=2".
ARGS ?=
# Where `make save` and `make restore` keep contents: a DVC remote's name, a folder or an address.
REMOTE ?=
# TORCH=cpu installs the small CPU builds of torch from the index that TORCH_INDEX names
# (PyTorch's installation page says which); everything else comes from the lock.
TORCH ?= gpu
TORCH_INDEX ?=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
HASHED := --no-deps --require-hashes
# One word for the shell, whatever it holds.
quoted = '$(subst ','\'',$(1))'

# Before anything is fetched.
CHECK_PYTHON = @$(PYTHON) -c 'import sys; found = sys.version_info[:2]; \
	print("Python %d.%d: $(PYTHON)" % found); \
	sys.exit(found != (3, 11) and "error: Python 3.11 is needed. Name it: make PYTHON=FOLDER/python3.11")'

.PHONY: run plan verify test save restore check slurm-test bench pictures lock clean setup

run: setup
	$(BIN)/python workflow/scripts/run_once.py \
		$(if $(PROFILE),--profile $(PROFILE),--cores $(CORES)) $(ARGS) \
		--config edition=$(EDITION) $(if $(MIRROR),$(call quoted,mirror=$(MIRROR)))

plan: setup
	$(BIN)/snakemake --cores 1 --quiet all settings --config edition=$(EDITION)
	$(BIN)/crossmodal estimate --run results/$(EDITION)/run.yaml $(ARGS)

verify: setup
	$(BIN)/crossmodal verify --run results/$(EDITION)/run.yaml

test: setup
	$(BIN)/python -m pytest -n $(CORES) --dist worksteal

save restore: setup
	$(BIN)/python workflow/scripts/ledger.py $@ --edition $(EDITION) $(if $(REMOTE),--remote $(call quoted,$(REMOTE)))

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

slurm-test: setup
	PYTHONPATH=tests/workflow $(BIN)/python tests/slurm/check_on_slurm.py

bench: setup
	$(BIN)/python -m measure

pictures: setup
	$(BIN)/python docs/images/make.py results/$(EDITION) $(PICTURES)

lock: setup
	$(BIN)/python envs/lock.py

clean:
	rm -rf results/* data/*/synthetic-* logs benchmarks .snakemake

setup: $(VENV)/.ready-$(TORCH)

$(VENV)/.ready-gpu: envs/requirements.txt pyproject.toml
	$(CHECK_PYTHON)
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the locked environment into $(VENV) (a few minutes, about 5 GB)"
	$(PIP) $(HASHED) -r envs/requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-cpu: envs/requirements-cpu.txt pyproject.toml
	$(CHECK_PYTHON)
	@test -n "$(TORCH_INDEX)" || { echo "error: TORCH=cpu needs TORCH_INDEX=<address of PyTorch's CPU builds>"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-deps --index-url $(TORCH_INDEX) torch==2.11.0 torchaudio==2.11.0 torchvision==0.26.0
	$(PIP) $(HASHED) -r envs/requirements-cpu.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@
