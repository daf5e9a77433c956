# Waits until the bed's owner is gone, however it went: its end of the pipe closes then. An owner
# that lets the bed live on says so first.
# Started as: sh -c GUARD name FOLDER KEEP END_SCRIPT
trap '' HUP INT TERM
read -r word
[ "$word" = release ] && exit 0
exec sh -c "$3" berth-testbed-end "$1" "$2"
