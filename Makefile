# `make` alone says what there is.
.PHONY: help test lint postgres soak bench demo

# How long `make soak` goes on.
MINUTES ?= 10

help: ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

test: postgres lint ## everything that must hold: format, lints, all tests, both databases
	cargo test

lint: ## format and lints alone
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

postgres: ## find PostgreSQL's server programs, or install them where that is allowed
	@.ci/postgres

soak: postgres ## look for counterexamples with ever new cases, kills and damages: make soak MINUTES=60
	PROPTEST_CASES=$$(($(MINUTES) * 2000)) cargo test --release --lib
	TILEWORK_SOAK_SECONDS=$$(($(MINUTES) * 60)) cargo test --release --test main -- properties:: --nocapture

bench: postgres ## journeys, segments, scores and mail beside yardsticks, on both databases
	cargo bench --bench journey
	cargo bench --bench segments
	cargo bench --bench scoring
	cargo bench --bench mail

demo: ## the product in one screen
	cargo run --release -- demo
