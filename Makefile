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
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

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

KIND_CLUSTER ?= conveyor
KIND_KUBECTL := kubectl --context kind-$(KIND_CLUSTER)
# as manifests/overlays/kind and kind-demo name them
KIND_IMAGES := e2e.local/conveyor-sidecar:dev e2e.local/conveyor-examples:dev

.PHONY: kind-up
kind-up: ## a cluster in Docker; then: make kind-load kind-deploy kind-demo
	kind create cluster --name $(KIND_CLUSTER) --config test/e2e/support/kind.yaml --wait 3m

.PHONY: kind-load
kind-load: ## build the images and give them to its nodes
	docker build --tag e2e.local/conveyor-sidecar:dev --file Dockerfile .
	docker build --tag e2e.local/conveyor-examples:dev --file examples/Dockerfile .
	kind load docker-image --name $(KIND_CLUSTER) $(KIND_IMAGES)

.PHONY: kind-deploy
kind-deploy: ## install router and injector in it
	$(KIND_KUBECTL) apply --server-side --kustomize manifests/overlays/kind
	$(KIND_KUBECTL) --namespace conveyor-system rollout status deployment/conveyor-router --timeout 3m
	$(KIND_KUBECTL) --namespace conveyor-system rollout status deployment/conveyor-injector --timeout 3m

.PHONY: kind-demo
kind-demo: ## a pipeline with 300,000 flights, Prometheus, and where to look
	$(KIND_KUBECTL) apply --server-side --kustomize manifests/overlays/kind-demo
	$(KIND_KUBECTL) apply --server-side --kustomize manifests/prometheus
	$(KIND_KUBECTL) --namespace flights wait --for condition=Ready pipeline/delayed-flights --timeout 5m
	$(KIND_KUBECTL) --namespace conveyor-system rollout status deployment/prometheus --timeout 5m
	$(KIND_KUBECTL) get pipelines --all-namespaces
	@echo
	@echo 'what the sink has:     $(KIND_KUBECTL) -n flights exec deploy/sink-sqlite -c sink-sqlite -- /nodejs/bin/node examples/count.ts'
	@echo 'what a sidecar does:   $(KIND_KUBECTL) -n flights exec deploy/sink-sqlite -c conveyor-sidecar -- conveyor-sidecar status'
	@echo 'what the router knows: $(KIND_KUBECTL) -n conveyor-system exec service/conveyor-router -- conveyor-sidecar status --admin localhost:9192'
	@echo 'Prometheus:            $(KIND_KUBECTL) -n conveyor-system port-forward service/prometheus 9090'
	@echo '                       http://localhost:9090/graph?g0.tab=0&g0.expr=conveyor_sidecar_records_total'

.PHONY: kind-down
kind-down: ## remove the cluster
	kind delete cluster --name $(KIND_CLUSTER)

.PHONY: bench
bench: $(INSTALLED) build ## the figures: sidecar against relay and direct calls (ARGS=--quick)
	$(NODE) test/bench/bench.ts $(ARGS)

.PHONY: build
build: $(INSTALLED) ## bundle the one file that the image holds: dist/conveyor-sidecar.cjs
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
	$(BIN)/eslint --max-warnings 0 .
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
