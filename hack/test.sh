#!/bin/bash
# The checks, one after the other, each with its time; the first that fails ends the run.
# `test.sh` runs all, `test.sh lint` the quick ones, `test.sh soak` the tests at full size.
. "$(dirname "$0")/lib.sh"

started=$SECONDS
total=0
number=0
names=()
commands=()

step() { names+=("$1"); shift; commands+=("$*"); }

run_all() {
  total=${#names[@]}
  for number in "${!names[@]}"; do
    say "[$((number + 1))/$total] ${names[number]}"
    local from=$SECONDS
    bash -c "${commands[number]}" || die "${names[number]} failed after $((SECONDS - from)) s. To repeat it: ${commands[number]}"
    printf '%s\n' "${DIM}    ${names[number]}: $((SECONDS - from)) s${PLAIN}"
  done
  say "all of it passed in $((SECONDS - started)) s"
}

deny="cargo deny --log-level error --workspace check licenses bans sources"
chart="cargo test --quiet --locked --test chart --test rbac"

case ${1:-all} in
  lint)
    step "formatting" cargo fmt --all --check
    step "clippy" cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
    step "licences, bans, sources" "$deny"
    step "chart" "$chart"
    ;;
  all)
    step "formatting" cargo fmt --all --check
    step "clippy" cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
    # Advisories need their database from the network: not here, so that a run never depends on it.
    step "licences, bans, sources (no advisories: they need the network)" "$deny"
    # The chart's lint, goldens and schema are among the tests.
    step "tests" cargo test --workspace --locked --no-fail-fast
    step "documentation" RUSTDOCFLAGS='"-D warnings"' cargo doc --quiet --workspace --no-deps --locked
    ;;
  soak) step "tests at full size" cargo test --release --workspace --locked --no-fail-fast ;;
  *) die "test.sh: '$1' is not one of all, lint, soak" ;;
esac
run_all
