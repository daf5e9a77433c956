# What happens next to a pod on a simulated node, and when: {do, at}. One program decides for all
# stages, so no two of them ever claim the same pod. Every time is absolute and computed from what
# the API server holds (whole seconds), so an unrelated change of the pod moves nothing. A second is
# added where a whole second was cut off: "after 2s" is never early.

# A wish that makes no sense counts as 0: an error here would leave the pod without any stage.
def number: (rtrimstr("s") | tonumber)? // 0;

# An image's wishes: "sim/ready-after-2s_exit-1-after-9s:v2" gives ["ready","after","2s"],
# ["exit","1","after","9s"].
def wishes: .image | select(contains("sim/")) | split("sim/")[-1] | split(":")[0] | split("@")[0]
  | split("_")[] | split("-");

def patience: [.spec.containers[] | wishes | select(.[0] == "slow") | .[-1] | number + 1] | max;

def running: any((.status.containerStatuses // [])[]; .state.running != null);

# Seconds of a time of the API server.
def clock: if . == null then 0 else fromdate end;

# How long containers go on after they were asked to stop.
def lingering($grace): patience as $p | if $p == null then 0 else [$p, $grace] | min end;

# The next change that a container of a running pod asks for.
def changes($start):
  (.status.containerStatuses // []) as $statuses
  | .spec.containers[]
  | .name as $name
  | ($statuses[] | select(.name == $name)) as $status
  | wishes
  | select(
      if .[0] == "exit" or .[0] == "oom" then $status.state.running != null
      elif .[0] == "ready" then $status.ready == false and $status.state.running != null
      elif .[0] == "unhealthy" then $status.ready
      else false end
    )
  | (.[-1] | number) as $after
  | {do: "advance", at: ($start + $after + (if $after > 0 then 1 else 0 end))};

# An image that no node can read is waited for, until another one is named in its place.
def named: (.status.containerStatuses // []) as $statuses
  | .spec.containers[]
  | select(.image | contains(" ") | not)
  | .name as $name
  | $statuses[]
  | select(.name == $name and .state.waiting.reason == "InvalidImageName")
  | {do: "advance", at: 0};

if .metadata.deletionTimestamp != null then
  .metadata.deletionGracePeriodSeconds as $grace
  # Somebody else's finalizer holds a pod whose containers are long gone.
  | if $grace == 0 then {do: "nothing"}
    elif running then
      {do: "stop", at: ((.metadata.deletionTimestamp | clock) - $grace + lingering($grace))}
    else {do: "remove", at: 0} end
elif .status.phase == "Succeeded" or .status.phase == "Failed" then {do: "nothing"}
elif .status.startTime == null then {do: "start", at: 0}
else
  ((.status.conditions // [])[] | select(.type == "Ready" and .reason == "PodFailed")) as $stopping
  | {do: "kill", at: (($stopping.lastTransitionTime | clock)
      + lingering(.spec.terminationGracePeriodSeconds // 30))}
end // (
  (.status.startTime | clock) as $start
  | [
      (.spec.activeDeadlineSeconds | select(. != null) | {do: "deadline", at: ($start + .)}),
      changes($start),
      named
    ]
  | min_by(.at) // {do: "nothing"}
)
