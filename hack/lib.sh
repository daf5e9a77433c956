# Shared by the scripts beside it.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tools that are built once are kept outside the tree.
TOOLS=${BERTH_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/berth/tools}
PATH=$PATH:$HOME/.cargo/bin:$TOOLS/bin:/usr/local/go/bin
export PATH

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then BOLD=$'\e[1m' DIM=$'\e[2m' PLAIN=$'\e[0m'; else BOLD='' DIM='' PLAIN=''; fi

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [[ $(id -u) == 0 ]]; }
say() { printf '%s\n' "${BOLD}==> $*${PLAIN}"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
