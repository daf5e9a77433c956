# Ends a bed: every process that carries its mark, whatever became of its parent, process group
# or session; then the clean-up scripts that the bed left behind; then its folder.
# $1: the bed's folder. $2: "keep" to leave the folder for inspection.
dir=$1
[ -n "$dir" ] && [ -f "$dir/.berth-testbed" ] || exit 0

members() {
    grep -lzxF -- "BERTH_TESTBED_BED=$dir" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

# A process that is just being started shows its parent's environment for a moment, so only the
# second empty look in a row counts.
clean=0
tries=0
while [ "$clean" -lt 2 ] && [ "$tries" -lt 200 ]; do
    pids=$(members)
    if [ -z "$pids" ]; then
        clean=$((clean + 1))
    else
        clean=0
        kill -9 $pids 2>/dev/null
    fi
    tries=$((tries + 1))
    sleep 0.03
done

for script in "$dir"/cleanup/*; do
    [ -f "$script" ] && sh "$script" >/dev/null 2>&1
done

[ "$2" = keep ] && exit 0
tries=0
until rm -rf --one-file-system -- "$dir" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -ge 50 ] && exit 1
    sleep 0.1
done
exit 0
