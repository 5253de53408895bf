# Everything runs with the Node of node_modules (24); a machine needs make, npm and some Node to begin with.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := node_modules/.bin
NODE := $(BIN)/node
INSTALLED := node_modules/.package-lock.json
SYSTEM_PATH := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)

TESTS := 'test/unit/**/*.test.ts' 'test/property/**/*.test.ts' 'test/integration/**/*.test.ts'
TEST := $(NODE) --test --test-reporter=spec --test-timeout=120000

.PHONY: help
help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# npm itself replaces the Node that is in node_modules, so it runs with the machine's. Not `npm ci`: it refuses a lock
# file that lacks the binaries of other platforms, which not every registry has
$(INSTALLED): export PATH := $(SYSTEM_PATH)
$(INSTALLED): package-lock.json
	npm install --no-save
	touch $@

.PHONY: setup
setup: $(INSTALLED) ## install what package-lock.json names

.PHONY: demo
demo: $(INSTALLED) ## watch records flow: a router, three sidecars, real data (ARGS="--records all --chaos")
	@$(NODE) src/main.ts demo $(ARGS)

.PHONY: test
test: check build ## check, then all tests but interop
	$(TEST) $(TESTS)

.PHONY: test-interop
test-interop: $(INSTALLED) ## services in Python and Go; installs what it needs
	sh test/interop/build.sh
	$(TEST) 'test/interop/**/*.test.ts'

.PHONY: e2e
e2e: $(INSTALLED) ## the tests on a real cluster, which is started where E2E_KUBECONFIG names none (ARGS="test/e2e/x.test.ts")
	$(NODE) test/e2e/run.ts $(ARGS)

.PHONY: bench
bench: $(INSTALLED) build ## the figures: sidecar against relay and direct calls (ARGS=--quick)
	$(NODE) test/bench/bench.ts $(ARGS)

.PHONY: build
build: $(INSTALLED) ## bundle the one file that the image holds: dist/conveyor-sidecar.mjs
	$(NODE) scripts/build.ts

.PHONY: generate
generate: $(INSTALLED) ## write what is generated: protocol types, docs/*.md, definitions of custom resources, alerts
	$(NODE) scripts/generate-protos.ts
	$(NODE) scripts/generate-docs.ts
	$(NODE) scripts/generate-crds.ts
	$(NODE) scripts/generate-prometheus-rule.ts

.PHONY: format
format: $(INSTALLED) ## format everything
	$(BIN)/prettier --log-level warn --write .

CHECKS := check-types check-lint check-format check-imports check-dead-code check-protos check-generated
.PHONY: check $(CHECKS)
check: $(CHECKS) ## types, lint, format, import directions, dead code, protos, generated files
check-types: $(INSTALLED)
	$(BIN)/tsc -p .
check-lint: $(INSTALLED)
	$(BIN)/eslint --cache --cache-location node_modules/.cache/eslint/ --max-warnings 0 .
check-format: $(INSTALLED)
	$(BIN)/prettier --log-level warn --cache --check .
check-imports: $(INSTALLED)
	$(BIN)/depcruise --config .dependency-cruiser.cjs --output-type err src
check-dead-code: $(INSTALLED)
	$(BIN)/knip
check-protos: $(INSTALLED)
	$(BIN)/buf lint
check-generated: $(INSTALLED)
	rm -rf node_modules/.cache/gen
	$(NODE) scripts/generate-protos.ts node_modules/.cache/gen
	diff -r src/foundation/grpc/gen node_modules/.cache/gen || { echo 'run "make generate"' >&2; exit 1; }
	$(NODE) scripts/generate-docs.ts --check
	$(NODE) scripts/generate-crds.ts --check
	$(NODE) scripts/generate-prometheus-rule.ts --check

.PHONY: clean
clean: ## remove what was built and installed
	[ ! -d .cache/cluster ] || test/cluster/cluster down
	rm -rf dist .cache node_modules
