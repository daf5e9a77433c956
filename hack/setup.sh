#!/bin/bash
# Sets up what is missing on a fresh machine. `setup.sh demo|test|all` says what for; a second run costs nothing.
. "$(dirname "$0")/lib.sh"

what=${1:-all}

# packages NAME… installs Debian packages if it can, or says what to do.
packages() {
  if is_root && have apt-get; then
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    local install=(apt-get -qq -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@")
    "${install[@]}" >/dev/null 2>&1 || { apt-get -qq update >/dev/null && "${install[@]}" >/dev/null; } ||
      die "apt-get could not install: $*"
  elif have apt-get; then
    die "missing: $*. Run: sudo apt-get install $*"
  else
    die "missing what Debian calls: $*. Install them with your package manager."
  fi
}

missing=()
have cc || missing+=(gcc libc6-dev)
have musl-gcc || missing+=(musl-tools)
have git || missing+=(git)
have rustup || have cargo || missing+=(rustup)
((${#missing[@]} == 0)) || packages "${missing[@]}"

have go || die "Go is missing: the test bed builds Kubernetes from its Go modules. Install Go 1.26 or newer (https://go.dev/dl)."
version=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')
IFS=. read -r major minor _ <<<"$version"
((major > 1 || (major == 1 && ${minor%%[!0-9]*} >= 26))) || die "Go $version is too old: 1.26 or newer is needed (https://go.dev/dl)."

# rust-toolchain.toml names toolchain, components and targets.
if have rustup; then
  channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
  target=$(uname -m)-unknown-linux-musl
  rustup run "$channel" cargo --version >/dev/null 2>&1 || {
    say "installing Rust $channel"
    rustup toolchain install "$channel" --profile minimal --component rustfmt,clippy --no-self-update
  }
  rustup target list --installed --toolchain "$channel" 2>/dev/null | grep -qx "$target" ||
    rustup target add --toolchain "$channel" "$target"
fi

if [[ $what != demo ]] && ! have cargo-deny; then
  say "building cargo-deny (once, a few minutes)"
  # It runs for seconds: what counts is how soon it is there.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 \
    CARGO_TARGET_DIR=$TOOLS/target cargo install cargo-deny --locked --quiet --root "$TOOLS"
  rm -rf "$TOOLS/target"
fi

case $what in
  all | test) cargo run --quiet --locked --package testbed -- setup ;;
  demo) cargo build --quiet --locked --package testbed ;;
  *) die "setup.sh: '$what' is not one of demo, test, all" ;;
esac
