{{- /* The status of a pod on a simulated node. $mode says what happens to it:
  start     the node took it on
  advance   a container's wish comes due
  deadline  spec.activeDeadlineSeconds is over
  kill      the same, and containers that are slow to stop have had their time
  stop      it is deleted
One template for all: kwok renders it with the pod, and it prints the status as JSON. */ -}}
{{- $pod := . -}}
{{- $now := Now -}}
{{- $clock := now | unixEpoch | int64 -}}
{{- $layout := "2006-01-02T15:04:05Z07:00" -}}
{{- /* Nothing is due before a container ran for a moment. */ -}}
{{- $elapsed := int64 -1 -}}
{{- if .status.startTime -}}
  {{- $elapsed = sub $clock (toDate $layout .status.startTime | unixEpoch | int64) -}}
{{- end -}}
{{- $grace := 30 | int64 -}}
{{- with .metadata.deletionGracePeriodSeconds -}}{{- $grace = toString . | int64 -}}
{{- else -}}{{- with .spec.terminationGracePeriodSeconds -}}{{- $grace = toString . | int64 -}}{{- end -}}
{{- end -}}
{{- $ending := has $mode (list "deadline" "kill" "stop") -}}

{{- $before := dict -}}
{{- range concat (.status.containerStatuses | default list) (.status.initContainerStatuses | default list) -}}
  {{- $_ := set $before .name . -}}
{{- end -}}

{{- $statuses := list -}}
{{- $inits := list -}}
{{- $unready := list -}}
{{- $running := 0 -}}{{- $waiting := 0 -}}{{- $failed := 0 -}}{{- $left := 0 -}}
{{- range $i, $container := concat .spec.containers (.spec.initContainers | default list) -}}
  {{- $init := ge $i (len $pod.spec.containers) -}}
  {{- $old := get $before .name | default dict -}}
  {{- $state := get $old "state" | default dict -}}
  {{- $startedAt := $now -}}
  {{- with get $state "running" -}}{{- $startedAt = .startedAt -}}{{- end -}}
  {{- $ready := true -}}{{- $slow := int64 -1 -}}{{- $missing := false -}}
  {{- $code := -1 -}}{{- $reason := "" -}}
  {{- if contains "sim/" .image -}}
    {{- range splitList "_" (regexReplaceAll "^.*sim/([^:@]*).*$" .image "${1}") -}}
      {{- $words := splitList "-" . -}}
      {{- $kind := first $words -}}
      {{- $after := last $words | trimSuffix "s" | int64 -}}
      {{- $due := ge $elapsed $after -}}
      {{- if eq . "no-such-image" -}}{{- $missing = true -}}
      {{- else if eq . "never-ready" -}}{{- $ready = false -}}
      {{- else if and (eq $kind "ready") (not $due) -}}{{- $ready = false -}}
      {{- else if and (eq $kind "unhealthy") $due -}}{{- $ready = false -}}
      {{- else if eq $kind "slow" -}}{{- $slow = $after -}}
      {{- else if and (eq $kind "oom") $due -}}{{- $code = 137 -}}{{- $reason = "OOMKilled" -}}
      {{- else if and (eq $kind "exit") $due -}}
        {{- $code = index $words 1 | int -}}
        {{- $reason = ternary "Completed" "Error" (eq $code 0) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- $sidecar := and $init (eq (.restartPolicy | default "") "Always") -}}
  {{- if and $init (not $sidecar) -}}{{- $code = 0 -}}{{- $reason = "Completed" -}}{{- end -}}
  {{- /* Containers come first in this loop, so it is known whether any is left to help. */ -}}
  {{- if and $sidecar (eq $left 0) (eq $waiting 0) -}}{{- $code = 143 -}}{{- $reason = "Error" -}}{{- end -}}
  {{- if and $ending (hasKey $state "running") -}}
    {{- $code = ternary 137 143 (and (ge $slow 0) (ge $slow $grace)) -}}{{- $reason = "Error" -}}
    {{- if and (eq $mode "deadline") (ge $slow 0) -}}{{- $code = -1 -}}{{- end -}}
  {{- end -}}

  {{- if hasKey $state "terminated" -}}
  {{- else if and $ending (hasKey $state "waiting") (ne $mode "stop") -}}
    {{- $state = dict "terminated" (dict "exitCode" 137 "reason" "ContainerStatusUnknown" "message" "The container could not be located when the pod was terminated") -}}
  {{- else if and $ending (not (hasKey $state "running")) -}}
  {{- else if contains " " .image -}}
    {{- $message := printf "Failed to apply default image tag %q: couldn't parse image name %q: invalid reference format" .image .image -}}
    {{- $state = dict "waiting" (dict "reason" "InvalidImageName" "message" $message) -}}
  {{- else if $missing -}}
    {{- $message := printf "Back-off pulling image %q: there is no such image" .image -}}
    {{- $state = dict "waiting" (dict "reason" "ImagePullBackOff" "message" $message) -}}
  {{- else if ge $code 0 -}}
    {{- $state = dict "terminated" (dict "exitCode" $code "reason" $reason "startedAt" $startedAt "finishedAt" $now "containerID" (get $old "containerID" | default (printf "containerd://%s" (sha256sum (printf "%s/%s" $pod.metadata.uid .name))))) -}}
  {{- else -}}
    {{- $state = dict "running" (dict "startedAt" $startedAt) -}}
  {{- end -}}

  {{- $up := hasKey $state "running" -}}
  {{- $status := dict "name" .name "image" .image "restartCount" 0 "state" $state "started" $up "ready" (and $up $ready) -}}
  {{- if hasKey $state "waiting" -}}
    {{- $_ := set $status "imageID" "" -}}
  {{- else -}}
    {{- $_ := set $status "imageID" (printf "sim@sha256:%s" (sha256sum .image)) -}}
    {{- $_ := set $status "containerID" (printf "containerd://%s" (sha256sum (printf "%s/%s" $pod.metadata.uid .name))) -}}
  {{- end -}}
  {{- if $init -}}
    {{- if not $sidecar -}}{{- $_ := set $status "ready" true -}}{{- end -}}
    {{- $inits = append $inits $status -}}
  {{- else -}}
    {{- $statuses = append $statuses $status -}}
    {{- if not $status.ready -}}{{- $unready = append $unready .name -}}{{- end -}}
    {{- with get $state "terminated" -}}{{- if ne (toString .exitCode) "0" -}}{{- $failed = add $failed 1 -}}{{- end -}}{{- end -}}
    {{- if hasKey $state "waiting" -}}{{- $waiting = add $waiting 1 -}}{{- end -}}
  {{- end -}}
  {{- if $up -}}{{- $running = add $running 1 -}}{{- if not $init -}}{{- $left = add $left 1 -}}{{- end -}}{{- end -}}
{{- end -}}

{{- $phase := "Running" -}}
{{- if gt $waiting 0 -}}{{- $phase = "Pending" -}}
{{- else if eq $left 0 -}}{{- $phase = ternary "Failed" "Succeeded" (gt $failed 0) -}}{{- end -}}
{{- $exceeded := and (has $mode (list "deadline" "kill")) (eq $running 0) -}}
{{- if $exceeded -}}{{- $phase = "Failed" -}}{{- end -}}

{{- $isReady := eq (len $unready) 0 -}}
{{- $why := "" -}}{{- $message := "" -}}
{{- if not $isReady -}}
  {{- $why = "ContainersNotReady" -}}
  {{- $message = printf "containers with unready status: [%s]" (join " " $unready) -}}
{{- end -}}
{{- if eq $phase "Succeeded" -}}{{- $why = "PodCompleted" -}}{{- $message = "" -}}
{{- else if or (eq $phase "Failed") (has $mode (list "deadline" "kill")) -}}
  {{- $isReady = false -}}{{- $why = "PodFailed" -}}{{- $message = "" -}}
{{- end -}}
{{- $truth := ternary "True" "False" $isReady -}}

{{- $since := dict -}}
{{- range .status.conditions -}}{{- $_ := set $since (printf "%s=%s" .type .status) .lastTransitionTime -}}{{- end -}}
{{- $conditions := list -}}
{{- range list "PodReadyToStartContainers" "Initialized" -}}
  {{- $conditions = append $conditions (dict "type" . "status" "True" "lastTransitionTime" (get $since (printf "%s=True" .) | default $now)) -}}
{{- end -}}
{{- range list "ContainersReady" "Ready" -}}
  {{- /* From here on the time of those that are slow to stop is counted. */ -}}
  {{- $time := ternary "" (get $since (printf "%s=%s" . $truth)) (eq $mode "deadline") | default $now -}}
  {{- $conditions = append $conditions (dict "type" . "status" $truth "reason" $why "message" $message "lastTransitionTime" $time) -}}
{{- end -}}

{{- $result := dict "phase" $phase "conditions" $conditions "containerStatuses" $statuses -}}
{{- if $inits -}}{{- $_ := set $result "initContainerStatuses" $inits -}}{{- end -}}
{{- if $exceeded -}}
  {{- $_ := set $result "reason" "DeadlineExceeded" -}}
  {{- $_ := set $result "message" "Pod was active on the node longer than the specified deadline" -}}
{{- end -}}
{{- if eq $mode "start" -}}
  {{- $host := NodeIPWith .spec.nodeName -}}
  {{- $ip := PodIPWith .spec.nodeName (.spec.hostNetwork | default false) .metadata.uid .metadata.name .metadata.namespace -}}
  {{- $_ := set $result "startTime" $now -}}
  {{- $_ := set $result "hostIP" $host -}}{{- $_ := set $result "hostIPs" (list (dict "ip" $host)) -}}
  {{- $_ := set $result "podIP" $ip -}}{{- $_ := set $result "podIPs" (list (dict "ip" $ip)) -}}
{{- end -}}
{{- toJson $result -}}
