# The commands of the project; `make` lists them. What is missing on the machine is installed first.

export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
release := $(CARGO_TARGET_DIR)/release/talentprompt
setup := packaging/setup/install
# Touched when the web build is complete; the build itself goes into the binary as it is.
web := web/.svelte-kit/.built
# make demo PORT=9000 serves elsewhere, DATA=folder keeps its data elsewhere, SAMPLE=no starts empty.
DATA ?= .demo
PORT ?=
SAMPLE ?= yes
RESUMES ?= 10000

.DEFAULT_GOAL := help
.PHONY: help demo test bench build deb apt-repo lint fmt e2e e2e-appliance openapi model samples sqlx setup-build setup-demo setup-web FORCE

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup-demo model $(release) $(if $(filter no,$(SAMPLE)),,$(DATA)/samples.json) ## The whole product with invented people, on this machine alone, until Ctrl-C
	@exec $(release) demo --data $(DATA) --model-dir packaging/models/data/all-minilm-l6-v2 $(if $(PORT),--port $(PORT)) $(if $(filter no,$(SAMPLE)),--no-sample)

test: ## Every test; one step: tests/run STEP, the steps: tests/run --list
	@exec tests/run

bench: setup-demo model $(release) ## Import, search, memory and start, measured on RESUMES=10000 invented resumes
	@exec tests/support/with-services tests/bench/run.py --binary $(release) --resumes $(RESUMES)

build: $(release) ## The release binary, with the web frontend inside

deb: model $(release) ## The .deb files, in dist/; VERSION=1.2.3 for another version than that of Cargo.toml
	@packaging/deb/build $(release) dist

apt-repo: deb ## A signed apt repository of dist/*.deb, in dist/apt; APT_KEY=file signs, APT_URL=where it will be
	@packaging/apt/build dist dist/apt

lint: setup-web $(web) ## Formatting and lints of Rust and web
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	npm --prefix web run --silent check

fmt: setup-web ## Formats Rust and web
	cargo fmt
	npm --prefix web run --silent format

e2e: ## The browser tests, and the packages on booted Debian machines
	@exec tests/run setup web rust browser packages appliance

e2e-appliance: apt-repo ## The release packages on booted Debian 12 and 13; needs root
	@tests/appliance/later.py --release --out dist/later
	@for what in run handbook tls upgrade undone debian13 power days clock readonly; do echo "$$what:"; tests/appliance/$$what.py --repository dist/apt || exit; done

openapi: setup-web $(web) ## Regenerates the OpenAPI document and the web client's types
	cargo run --quiet --locked -- openapi > web/openapi.json.part
	mv web/openapi.json.part web/openapi.json
	npm --prefix web run --silent api

model: ## Fetches the embedding model, once
	@$(setup) model

samples: ## Generates the invented resumes anew
	@rm -f $(DATA)/samples.json
	@$(MAKE) --no-print-directory $(DATA)/samples.json

sqlx: ## Regenerates .sqlx, against which the SQL is checked
	tests/run setup
	PATH="$(CARGO_TARGET_DIR)/tools/bin:$$PATH" tests/support/with-services sh -c \
	  'cargo sqlx migrate run --source src/store/migrations && cargo sqlx prepare -- --all-targets'

setup-build:
	@$(setup) build

setup-demo:
	@$(setup) demo

setup-web: setup-build
	@$(setup) web

# Cargo itself knows what to build again; asking it costs less than a second.
$(release): $(web) FORCE | setup-build
	cargo build --release --locked

web_sources := $(shell find web/src web/static web/tools packaging/handbook -type f 2>/dev/null) \
  $(wildcard web/*.json web/*.config.*) packaging/talentprompt.toml
$(web): $(web_sources) | setup-web
	npm --prefix web run --silent build
	@test -s web/build/index.html && touch $@

sample_sources := $(shell find packaging/samples -type f -not -name '*.pyc' 2>/dev/null)
$(DATA)/samples.json: $(sample_sources)
	@rm -rf $(DATA)/samples
	python3 packaging/samples/generate.py --to $(DATA)/samples --manifest $@
