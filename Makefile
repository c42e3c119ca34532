# A list of recipes, each a job of CI; what they do stands in scripts/ and in Cargo's configuration.
.DEFAULT_GOAL := help
.PHONY: help run dev setup build test e2e-compose e2e-deploy e2e-remote check fmt lint gen bench deny release fuzz clean
# Where rustup puts cargo: a shell that was open before the installation does not look there.
export PATH := $(HOME)/.cargo/bin:$(PATH)

help: ## Show the recipes
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## Install what is missing to build PAKE
	@scripts/setup

run: setup ## Serve PAKE at http://localhost:8000
	@scripts/web build || test $$? -eq 69
	cargo run --quiet --locked --package pake -- serve

dev: setup ## The app at http://localhost:5173 and the server, both anew with each change
	@scripts/dev

build: setup ## Build PAKE as it is developed
	cargo build --locked --package pake

release: setup ## Build PAKE as it is shipped, with the web app in it
	@scripts/web build
	@scripts/release

e2e-remote: setup ## Another machine over ssh, with an sshd on loopback (needs openssh-server)
	cargo nextest run --package ops --run-ignored ignored-only -E 'test(remote::)'

check: setup ## Format, lints and the rules of the house: what is quick
	@scripts/check

test: setup ## Everything: check, and every test, on SQLite, PostgreSQL and Redis and in a browser
	@scripts/test

e2e-compose: setup ## The whole production in containers, from outside (needs a Docker engine)
	@scripts/e2e-compose

e2e-deploy: setup ## Deployments of the real image under load, and all that goes wrong with them (needs a Docker engine)
	@scripts/e2e-deploy

fmt: setup ## Format the code
	cargo fmt --all

lint: setup ## Lints of the code and of the scripts
	@scripts/lint

gen: setup ## Write docs/reference and the types of the web app anew from the code
	cargo run --quiet --locked --package pake -- generate docs/reference
	@scripts/web gen

bench: setup ## Measure PAKE against the floor of this machine, into docs/performance.md
	@scripts/bench

deny: setup ## Licences, sources and advisories of the dependencies
	cargo deny check

fuzz: setup ## Fuzz every parser for five minutes each
	@scripts/fuzz

clean: ## Remove what was built
	cargo clean
