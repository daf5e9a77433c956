# `make` shows what there is. Everything a command needs and the machine lacks is set up on the way; only Go
# (1.26 or newer), rustup and, for the demo and real nodes, Linux are expected to be there.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint update bench soak image clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install and build what the other commands need (they do it themselves, too)
	@hack/setup.sh all

demo: ## start a cluster, install Berth, run a web service, roll an edit under load; KUBECONFIG=… uses yours
	@hack/setup.sh demo
	@hack/demo.sh

test: ## everything that .ci/run runs
	@hack/setup.sh test
	@hack/test.sh

lint: ## formatting, clippy, licences, chart: the quick part of `make test`
	@hack/setup.sh test
	@hack/test.sh lint

update: ## rewrite what is made from the code: crds/, the chart's copies, rights, tables, goldens
	UPDATE=1 cargo test --workspace --locked

bench: ## Berth beside bare Deployments on one test bed; prints ratios
	@hack/setup.sh demo
	@hack/bench.sh

soak: ## the long campaigns: the same tests as in `make test`, at full size
	@hack/setup.sh test
	@BERTH_SOAK=1 hack/test.sh soak

image: ## build localhost/berth:VERSION and print the path of its OCI archive
	@hack/setup.sh demo
	@cargo run --quiet --locked --package testbed -- image berth --print

clean: ## end the test bed and remove what was built here
	@-cargo run --quiet --locked --package testbed -- down
	@cargo clean
