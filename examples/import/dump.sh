#!/usr/bin/env bash
# Writes down what one region of an account runs on ECS, for `berth convert --from-dir DUMP`:
#
#   bash dump.sh DUMP [CLUSTER…]
#
# It only reads, with the aws CLI and its configured profile and region; the managed policy ReadOnlyAccess is enough.
# Definitions may hold values that somebody should have kept in a secret store: treat the folder accordingly.
set -euo pipefail
export AWS_RETRY_MODE=adaptive AWS_MAX_ATTEMPTS=10 AWS_PAGER=""

dump=${1:?usage: dump.sh DUMP [CLUSTER…]}
shift
umask 077
mkdir -p "$dump"

# save NAME CALL…: what a call says goes to DUMP/NAME.json.
save() {
  local name=$1
  shift
  aws "$@" --output json >"$dump/$name.json"
}

# list QUERY CALL…: the texts that a query finds, one a line.
list() {
  local query=$1
  shift
  aws "$@" --query "$query" --output text | tr '\t' '\n' | sed '/^None$/d'
}

clusters=$*
[ -n "$clusters" ] || clusters=$(list 'clusterArns[]' ecs list-clusters)
for cluster in $clusters; do
  short=${cluster##*/}
  save "cluster-$short" ecs describe-clusters --clusters "$cluster" --include TAGS SETTINGS CONFIGURATIONS
  services=$(list 'serviceArns[]' ecs list-services --cluster "$cluster")
  for service in $services; do
    save "service-$short-${service##*/}" ecs describe-services --cluster "$cluster" --services "$service" --include TAGS
  done
done

save target-groups elbv2 describe-target-groups
groups=$(list 'TargetGroups[].TargetGroupArn' elbv2 describe-target-groups)
for group in $groups; do
  # The call does not say whose attributes they are.
  save "target-group-attributes-${group##*/}" elbv2 describe-target-group-attributes \
    --target-group-arn "$group" --query "{TargetGroupArn: '$group', Attributes: Attributes}"
done
save load-balancers elbv2 describe-load-balancers
balancers=$(list "LoadBalancers[?Type=='application' || Type=='network'].LoadBalancerArn" elbv2 describe-load-balancers)
for balancer in $balancers; do
  save "listeners-${balancer##*/}" elbv2 describe-listeners --load-balancer-arn "$balancer"
  [[ $balancer == *:loadbalancer/app/* ]] || continue
  listeners=$(list 'Listeners[].ListenerArn' elbv2 describe-listeners --load-balancer-arn "$balancer")
  for listener in $listeners; do
    save "rules-${listener##*/}" elbv2 describe-rules --listener-arn "$listener"
  done
done

save namespaces servicediscovery list-namespaces
registries=$(list 'Services[].Id' servicediscovery list-services)
for registry in $registries; do
  save "registry-$registry" servicediscovery get-service --id "$registry"
done

for what in scalable-targets scaling-policies scheduled-actions; do
  save "$what" application-autoscaling "describe-$what" --service-namespace ecs
done

schedules=$(list "Schedules[?contains(Target.Arn, ':ecs:')].join('/', [GroupName, Name])" scheduler list-schedules)
for schedule in $schedules; do
  save "schedule-${schedule/\//-}" scheduler get-schedule --group-name "${schedule%%/*}" --name "${schedule#*/}"
done
save rules events list-rules
rules=$(list 'Rules[].Name' events list-rules)
for rule in $rules; do
  # Nor does this one say whose targets they are.
  save "targets-$rule" events list-targets-by-rule --rule "$rule" --query "{Rule: '$rule', Targets: Targets}"
done

# Every definition that anything above names; one that was deleted since is no loss.
definitions=$(grep -rhoE 'arn:aws[a-z-]*:ecs:[^"]*:task-definition/[^"]+' "$dump" | sort -u || true)
for definition in $definitions; do
  save "definition-${definition##*/}" ecs describe-task-definition --task-definition "$definition" --include TAGS ||
    { echo "left out: $definition" >&2 && rm -f "$dump/definition-${definition##*/}.json"; }
done
