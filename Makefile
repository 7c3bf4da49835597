# Allpa: what a developer types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The system's Python is the one that QGIS's bindings belong to; the engine has an environment of its own.
SYSTEM_PYTHON := /usr/bin/python3
ENGINE := build/engine
PYTHON := $(ENGINE)/bin/python
LOCKS := resources/requirements
LOCK := $(LOCKS)/linux-$(shell uname -m)
GROUP_LOCKS := $(foreach group,learn encoders cluster,$(LOCKS)/$(group)/linux-$(shell uname -m))
REQUIREMENTS := $(wildcard $(LOCK)*.txt) $(GROUP_LOCKS:=.txt) tests/requirements.txt
DEBIAN_PACKAGES := qgis python3-qgis python3-venv python3-pytest xvfb xauth
VERSION := $(shell sed -n 's/^version=//p' metadata.txt)
PIP := $(PYTHON) -m pip install -qq --no-input --disable-pip-version-check --no-deps --require-hashes

.PHONY: help demo test engine-tests qgis-tests ui-tests process-tests package-tests test-newer coverage run package lint gate translations docs \
  bench lock clean system

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: system $(ENGINE)/.installed ## set up, then map the sample archive through qgis_process
	@$(PYTHON) tools/demo.py

# A test opens the report in a browser.
test engine-tests: DEBIAN_PACKAGES += chromium

test: system $(ENGINE)/.installed ## set up, then run every tier of tests
	@$(PYTHON) tools/tiers.py engine qgis ui process package

engine-tests qgis-tests ui-tests process-tests package-tests: system $(ENGINE)/.installed
	@$(PYTHON) tools/tiers.py $(@:-tests=)

test-newer: ## the tests of the QGIS side on newer QGIS, with the engine: Debian 13 and testing, unpacked below build/newer (needs root)
	@$(SYSTEM_PYTHON) tools/newer_qgis.py

coverage: system $(ENGINE)/.installed ## the share of the engine's lines and branches that its tests run
	@$(PYTHON) tools/tiers.py coverage

run: system $(ENGINE)/.installed ## open QGIS with the plugin, in a throw-away profile
	@$(PYTHON) tools/run_desktop.py

package: ## build/allpa-VERSION.zip, to be installed or published
	@$(SYSTEM_PYTHON) tools/pack.py build/allpa-$(VERSION).zip

gate: system $(ENGINE)/.installed ## the upload rules of the plugin repository on the zip, and a first use of it in QGIS
	@$(PYTHON) tools/gate.py

lint: $(ENGINE)/.installed ## ruff and mypy
	$(ENGINE)/bin/ruff check .
	$(ENGINE)/bin/ruff format --check .
	@mkdir -p build/typed && ln -sfn ../.. build/typed/allpa  # mypy needs the plugin under its package's name
	cd build/typed && ../engine/bin/mypy --config-file ../../pyproject.toml -p allpa.plugin -p allpa.ui
	MYPYPATH=plugin:tools $(ENGINE)/bin/mypy --config-file pyproject.toml -p training -p evaluation

translations: ## collect the texts that users read, and compile their Spanish
	@$(SYSTEM_PYTHON) tools/translations.py

docs: $(ENGINE)/.docs ## build/docs: these pages and the engine's functions, to be read without a network
	@NO_MKDOCS_2_WARNING=1 $(ENGINE)/bin/mkdocs build --strict

bench: $(ENGINE)/.bench ## measure speed, growth and memory; tables and plots into docs
	@PYTHONPATH=plugin:tools $(PYTHON) -m bench

lock: $(ENGINE)/.installed ## pin the requirements anew (needs the network)
	PATH=$(CURDIR)/$(ENGINE)/bin:$$PATH $(PYTHON) tools/lock.py

clean: ## remove everything that was built
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What the distribution brings; asked for only where it is missing.
system:
	@missing=; for name in $(DEBIAN_PACKAGES); do \
	  [[ "$$(dpkg-query -W -f '$${Status}' $$name 2>/dev/null)" == "install ok installed" ]] || missing+=" $$name"; done; \
	if [[ -n "$$missing" ]]; then \
	  sudo=; [[ $$(id -u) == 0 ]] || sudo=sudo; \
	  echo "Installing$$missing"; \
	  $$sudo apt-get -qq update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $$missing >/dev/null; \
	fi

# PyTorch's CPU build where pip's settings offer it; else the default index's, which on x86-64 is a CUDA build of 2.9 GB.
$(ENGINE)/.installed: $(REQUIREMENTS)
	@echo "Installing the engine's packages into $(ENGINE)"
	@rm -rf $(ENGINE) && mkdir -p build && $(SYSTEM_PYTHON) -m venv $(ENGINE)
	@$(PIP) -r $(LOCK).txt 2>build/pip.log || { [[ -f $(LOCK)-cuda.txt ]] || { cat build/pip.log; exit 1; }; \
	  echo "No CPU build of PyTorch is offered here: the CUDA build is taken, 2.9 GB to download and 5.2 GB on disk"; \
	  $(PIP) -r $(LOCK)-cuda.txt; }
	@$(PIP) $(foreach lock,$(GROUP_LOCKS),-r $(lock).txt)
	@$(PIP) -r tests/requirements.txt
	@$(PYTHON) -c "import torch, rasterio, requests" && touch $@

$(ENGINE)/.bench: $(ENGINE)/.installed tools/bench/requirements.txt
	@$(PIP) -r tools/bench/requirements.txt && touch $@

$(ENGINE)/.docs: $(ENGINE)/.installed docs/requirements.txt
	@$(PIP) -r docs/requirements.txt && touch $@
