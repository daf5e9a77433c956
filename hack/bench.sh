#!/bin/bash
# Berth beside bare Deployments, on one test bed, in one run. Arguments go to the benchmark: `bench.sh --help`.
. "$(dirname "$0")/lib.sh"

say "building the optimized operator (minutes, the first time)"
cargo bench --quiet --locked --bench against_deployments -- "$@"
