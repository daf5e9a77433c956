# Waits until the bed's owner is gone, however it went: its end of the pipe closes then.
# Started as: sh -c GUARD name FOLDER KEEP END_SCRIPT
trap '' HUP INT TERM
cat >/dev/null
exec sh -c "$3" berth-testbed-end "$1" "$2"
