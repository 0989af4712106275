# Every command of the project. `make help` explains them.
# Paths are relative and programs are called as modules: the checkout's own path may hold a space.

PYTHON := .venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run card stop reset shell logs test check torture bench lock messages local-environment dev-environment

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: local-environment ## Run the whole shop on this machine (PORT=8000); Ctrl-C stops it
	@exec $(PYTHON) -m localstack run

card: local-environment ## Show the addresses and log-ins of the running shop again
	@$(PYTHON) -m localstack card

stop: local-environment ## Stop the shop of this checkout from another terminal
	@$(PYTHON) -m localstack stop

reset: local-environment ## Stop the shop and delete its data (asks first; YES=1 does not)
	@$(PYTHON) -m localstack reset

shell: local-environment ## Open a Python shell with the models of the running shop
	@$(PYTHON) manage.py shell

logs: ## Follow the logs of all processes
	@if ls .local/logs/*.log >/dev/null 2>&1; then tail -n 20 -F .local/logs/*.log; \
	else echo "There are no logs yet: make run begins them."; fi

test: dev-environment ## Run the tests on all cores (ARGS="tests/core -k cache")
	@$(PYTHON) -m pytest --numprocesses auto $(ARGS)

torture: dev-environment ## Break the shop at full counts, to prove docs/reliability.md (about two hours)
	@TORTURE=full $(PYTHON) -m pytest -m torture --numprocesses 2 $(ARGS)

check: dev-environment ## Check format, lint, types, imports, migrations, schema and deployment files
	@sh deploy/check.sh

bench: dev-environment ## Measure the shop beside Express (needs Node and wrk); ARGS="orders" or "hot_sku": what else there is
	@$(PYTHON) -m benchmarks $(ARGS)

messages: dev-environment ## Compile the translations in locale/ (the result is committed with them)
	@$(PYTHON) -m babel.messages.frontend compile --domain django --directory locale

lock: ## Pin every package anew, with hashes (needs uv)
	@sh deploy/lock.sh

local-environment:
	@sh deploy/environment.sh requirements-local.txt

dev-environment:
	@sh deploy/environment.sh requirements-dev.txt
