# Targets with a ## comment are listed by `make help`.

GOLANGCI_LINT ?= go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
STATICCHECK   ?= go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME      ?= 60s
ARGS          ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-broker test-web check generate fuzz newcomer soak chaos bench bench-autoscaler clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## digest Go's own source tree as tasks, verified; needs no server. More: ARGS="-redis URL"
	@go run ./examples/digest -verify $(ARGS)

test: ## everything CI runs: finds or installs a Redis server; one suite: ARGS=house
	@go run ./internal/ci $(ARGS)

test-web: ## the dashboard in a browser (chromium), and the contract of its API
	@go run ./internal/ci web

test-broker: ## hold both stores against the law and the model: 10,000 random steps on each
	@go run ./internal/ci broker

check: ## format, vet, static analysis, generated code up to date
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	go vet ./...
	$(STATICCHECK) ./...
	$(GOLANGCI_LINT) run
	go run ./cmd/tqgen -check ./...
	go build -o bin/tqgen-vet ./cmd/tqgen-vet
	go vet -vettool=bin/tqgen-vet ./...

generate: ## rewrite generated code and golden files
	go generate ./...

fuzz: ## run each fuzz target for FUZZTIME, 60s: half an hour in all
	@for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		dir=$$(dirname $$file); \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$file); do \
			echo "$$dir $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$dir || exit 1; \
		done; \
	done

newcomer: ## do what README.md and docs/first-task.md say, in an empty folder with empty caches
	@go run ./internal/newcomer $(ARGS)

soak: ## the whole model, long property tests, a load that must stay flat, and fuzz: an hour or two
	TASKQUEUE_SOAK=1 go test -count=1 -timeout=1h ./runtime/... ./internal/model ./gen/codec
	go run ./internal/chaos/run -only steady -scale 10
	@$(MAKE) --no-print-directory fuzz

chaos: ## break everything that can break, asynq too, and check that no promise does; < 4 minutes: QUICK=1
	@cd bench && go run ./chaos -o results/asynq-faults.json $(if $(QUICK),-quick)
	@go run ./internal/chaos/run -asynq bench/results/asynq-faults.json -o docs/figures/faults.md $(if $(QUICK),-quick) $(ARGS)

bench: ## compare with the peers, side by side; asynq alone, in 3 minutes: QUICK=1; with another revision: BASE=ref
	cd bench && go run . $(if $(QUICK),-quick) $(if $(BASE),-base $(BASE)) $(ARGS)

bench-autoscaler: ## our autoscaler beside the peers, in simulation, some minutes
	@go run ./runtime/internal/autoscaler/bench $(ARGS)

clean: ## remove what builds and tests leave behind
	rm -rf bin bench/results/tmp
	find . -name '*.test' -o -name '*.out' -o -name '*.prof' -o -name dump.rdb | xargs rm -f
