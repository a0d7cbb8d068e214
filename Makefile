# Harang: how to build, run, test. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CGO_ENABLED ?= 1

NPM_CI := node_modules/.package-lock.json

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}'

$(NPM_CI): package.json package-lock.json $(wildcard web/package.json clients/core/package.json clients/react/package.json clients/packaging/package.json e2e/package.json socketio/interop/package.json bench/node/package.json)
	npm ci --no-audit --no-fund
	@touch $@

.PHONY: build
build: $(NPM_CI) ## Build the whole program, page included, into bin/harang
	npm run --silent build -w web
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/harang ./cmd/harang

.PHONY: run
run: build ## Build everything and serve the demo at http://127.0.0.1:8080
	./bin/harang serve --demo

.PHONY: run-cluster
run-cluster: build deps ## Serve the demo with two nodes, PostgreSQL and Redis, at ports 8080 and 8090
	scripts/run-cluster

.PHONY: dev
dev: $(NPM_CI) ## Serve the page with hot reload at http://127.0.0.1:5173 (start `make run` beside it)
	npm run dev -w web

.PHONY: deps
deps: ## Install what the tests need (Redis, PostgreSQL, Chromium, fonts) where apt is at hand
	@scripts/test-deps

.PHONY: test
test: deps $(NPM_CI) ## Run every test: Go with the race detector, web, browser, acceptance status
	scripts/test

.PHONY: test-go
test-go: $(NPM_CI) ## Run the Go tests with the race detector
	go test -race -shuffle=on -p 2 ./...

.PHONY: test-web
test-web: $(NPM_CI) ## Run the page's and the client's unit tests
	npm run test:clients && npm run test -w web

.PHONY: test-e2e
test-e2e: build ## Run the browser tests against bin/harang
	npm run test -w e2e

.PHONY: soak
soak: deps $(NPM_CI) ## Run the long tests in full count
	scripts/soak

.PHONY: bench
bench: build ## Measure latency, throughput and memory of bin/harang with its own load program
	./bin/harang bench

.PHONY: race
race: build bin/centrifugo deps ## Compare bin/harang and its library with other servers; the tables go into docs/performance.md
	cd bench && go vet ./... && go test ./... && go build -o ../bin/race . && ../bin/race --write ../docs/performance.md

# A peer of the race, at the version that the tables name.
bin/centrifugo:
	GOBIN=$(CURDIR)/bin go install github.com/centrifugal/centrifugo/v6@v6.9.1

.PHONY: growth
growth: deps build ## Measure how cost grows with connections, listeners, tenants and events, into docs/performance.md
	go test ./internal/growth -run '^$$' -bench Growth -benchtime 1x -timeout 30m -growth.write ../../docs/performance.md

.PHONY: lint
lint: $(NPM_CI) bin/golangci-lint ## Lint Go and TypeScript
	bin/golangci-lint run ./...
	cd bench && ../bin/golangci-lint run ./...
	npm run lint --workspaces --if-present

bin/golangci-lint: tools/go.mod tools/go.sum
	cd tools && go build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: fmt
fmt: $(NPM_CI) ## Format Go and TypeScript
	gofmt -w $$(git ls-files '*.go')
	node_modules/.bin/prettier --log-level warn --write .

.PHONY: verify
verify: $(NPM_CI) ## Fail when formatting or tidying would change something, generated files are stale, or a line of Go is over 120 columns
	go mod tidy -diff
	cd bench && go mod tidy -diff
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run make fmt"; exit 1; }
	@scripts/long-lines $$(git ls-files '*.go')
	node_modules/.bin/prettier --log-level warn --check .
	node scripts/generate-types.mjs --check
	node scripts/subset-fonts.mjs --check
	node scripts/common-passwords.mjs --check
	go run ./internal/licenses --check

.PHONY: generate
generate: $(NPM_CI) ## Write the TypeScript types of the documents that the program prints, the page's fonts, the list of common passwords and the licences
	node scripts/generate-types.mjs
	node scripts/subset-fonts.mjs
	node scripts/common-passwords.mjs
	go run ./internal/licenses

.PHONY: sbom
sbom: build bin/cyclonedx-gomod ## Write what the program and its page are made of into bin/sbom, as CycloneDX documents
	scripts/sbom

.PHONY: audit
audit: sbom bin/govulncheck ## Look for known vulnerabilities, where their databases can be reached, and check the licences
	scripts/audit

bin/cyclonedx-gomod:
	GOBIN=$(CURDIR)/bin go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

bin/govulncheck:
	GOBIN=$(CURDIR)/bin go install golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: fuzz
fuzz: ## Fuzz every decoder for 20 seconds each
	scripts/fuzz 20s

.PHONY: screenshots
screenshots: build ## Take screenshots of the page into e2e/screenshots
	npm run screenshots -w e2e
