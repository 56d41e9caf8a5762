# Every target makes its own environment: python3 with its venv module, and make, are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OUT := out

.PHONY: demo demo-short test lint types docs house mutants bench study comparison pathologies long sources tools gri30 clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: $(STAMP)          ## the main job: solves, trainings, report (at most 5 minutes on 2 cores)
	$(BIN)/sobolev study talk --config studies/demo.toml --out $(OUT)/demo
	$(BIN)/sobolev report $(OUT)/demo
	@echo "Open $(OUT)/demo/report.html"

demo-short: $(STAMP)    ## the same job on a coarse budget, for continuous integration
	rm -rf $(OUT)/demo-short
	$(BIN)/sobolev study talk --config studies/short.toml --out $(OUT)/demo-short
	$(BIN)/sobolev report $(OUT)/demo-short

study: $(STAMP)         ## the full study of the talk, the one whose table is in docs/
	$(BIN)/sobolev study talk --config studies/talk.toml --out $(OUT)/talk
	$(BIN)/sobolev report $(OUT)/talk

comparison: $(STAMP)    ## every weighting on five problems, the tables of docs/; some hours
	$(BIN)/sobolev study weighting --out $(OUT)/weighting
	$(BIN)/python docs/draw_comparison.py $(OUT)/weighting

pathologies: $(STAMP)   ## the four models of the paper on gradient pathologies at its own budget; half an hour
	$(BIN)/python benchmarks/gradient_pathologies.py

test: $(STAMP)          ## first the unit tests, with every array held to its annotation (tests/support/shapes.py)
	$(BIN)/python -m pytest -n 2 --jaxtyping-packages=sobolev,shapes.check_arrays tests/unit
	$(BIN)/python -m pytest -n 2 tests/contracts tests/system

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/pyright

docs: $(STAMP)          ## figures of the examples, the page that shows them, and who imports whom
	$(BIN)/python docs/draw.py
	$(BIN)/python docs/draw_imports.py

house: $(STAMP)         ## the figures of the house: names, sizes, protocols, imports
	$(BIN)/python docs/house.py

long: $(STAMP)          ## long versions: 1000 kills each, 200 faults of workers, 10⁶ damaged files
	$(BIN)/python tests/system/faults/kill_fit.py --kills 1000
	$(BIN)/python tests/system/faults/kill_store.py --kills 10000
	$(BIN)/python tests/system/faults/kill_store.py --kills 10000 --store archive
	$(BIN)/python tests/system/faults/kill_generate.py --kills 1000
	$(BIN)/python tests/system/faults/kill_generate.py --kills 30 --workers 2
	$(BIN)/python tests/system/faults/kill_workers.py --faults 200
	$(BIN)/python tests/system/faults/kill_workers.py --faults 200 --executor dask
	$(BIN)/python tests/system/faults/fuzz_readers.py --count 1000000

gri30: $(STAMP)         ## a learnt source term of methane, 53 species and 325 reactions: whatever comes out
	$(BIN)/python benchmarks/stiff_kinetics.py --case few --mechanism gri30.yaml

sources:                ## one FE model through files, UM-Bridge and Tesseract, with the real packages
	$(PYTHON) -m venv .venv-sources
	.venv-sources/bin/python -m pip install --quiet --disable-pip-version-check -e . umbridge==1.2.10 'tesseract-core[runtime]==1.15.0'
	.venv-sources/bin/python tests/system/faults/real_sources.py

tools:                  ## the bridges to PyTorch and Tesseract, with the real packages: 7 GB, ten minutes
	$(PYTHON) -m venv .venv-tools
	.venv-tools/bin/python -m pip install --quiet --disable-pip-version-check -e '.[torch,tesseract,openmdao,openturns,cuqi,casadi,umbridge]' hypothesis pytest pytest-xdist
	.venv-tools/bin/python -m pytest tests/contracts/test_bridges.py tests/unit/bridges/test_torch.py

mutants: $(STAMP)       ## break the code a sign or a factor at a time: does a test notice?
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	$(BIN)/python tests/system/faults/mutants.py --each 25 --processes 2

bench: $(STAMP)         ## every benchmark script; never run beside anything else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) .venv-sources .venv-tools $(OUT)
