# Everything here is a script in bin/; PORT and STOPLINE_DATA are read from the environment.
.PHONY: run test check bench setup clean

run: ## Start Stopline with demo data; Ctrl-C stops everything
	@bin/dev

test: ## Check the code, then run all tests
	@bin/test

check: ## Lint, types, layers and missing migrations
	@bin/check

bench: ## Measure, each workload beside its limit
	@bin/bench

setup: ## Create .venv and install what development needs
	@bin/setup dev

clean: ## Remove what can be made again; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results *.egg-info
