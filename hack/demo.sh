#!/bin/bash
# A cluster, Berth by Helm, a web service in ECS JSON, one edit rolled while requests are answered.
#
#   make demo                    real nodes in three zones as root on Linux, simulated ones otherwise
#   DEMO_NODES=simulated …       simulated nodes for root, too
#   KUBECONFIG=… make demo       your cluster; its nodes must be able to pull the images:
#                                BERTH_IMAGE=…:TAG TESTAPP_IMAGE=… (tags v1 and v2 of it are used)
. "$(dirname "$0")/lib.sh"

NAMESPACE=${DEMO_NAMESPACE:-berth-demo}
RATE=${DEMO_RATE:-50}
VERSION=$(sed -n 's/^appVersion: "\(.*\)"/\1/p' charts/berth/Chart.yaml)
BERTH_IMAGE=${BERTH_IMAGE:-localhost/berth:$VERSION}
TESTAPP_IMAGE=${TESTAPP_IMAGE:-localhost/testapp}

# up ARGUMENTS… starts the bed, unless one of an earlier run is there.
up() {
  if testbed kubeconfig >/dev/null 2>&1; then
    echo "The cluster of an earlier run is still up; going on with it."
  else
    testbed up "$@"
  fi
}
testbed() { cargo run --quiet --locked --package testbed -- "$@"; }
program() { testbed build "$1" | awk '{print $2}'; }

# The bed: yours, or one of ours.
if [[ -n ${KUBECONFIG:-} ]]; then
  kind=yours
  say "using your cluster: $KUBECONFIG"
  [[ $BERTH_IMAGE != localhost/* && $TESTAPP_IMAGE != localhost/* ]] || cat <<END
The nodes of your cluster need two images. Unless they have them already as $BERTH_IMAGE
and $TESTAPP_IMAGE:v1 and :v2, stop here, bring these archives to a registry of yours and name
them with BERTH_IMAGE and TESTAPP_IMAGE:

$(testbed image berth --print)
$(testbed image testapp --print v1 v2)

END
elif [[ ${DEMO_NODES:-real} == real && $(uname) == Linux ]] && is_root; then
  kind=real
  say "starting a cluster with real nodes in three zones (this is root on Linux)"
  up --real 3 --zones 3
  say "building the images of Berth and of the web service"
  testbed image berth "$VERSION"
  testbed image testapp v1 v2
else
  kind=simulated
  say "starting a cluster with 30 simulated nodes in three zones (no container really runs on them; real ones need root)"
  up --simulated 30 --zones 3
fi
[[ $kind == yours ]] || KUBECONFIG=$(testbed kubeconfig)
export KUBECONFIG
KUBECTL=$(program kubectl)
HELM=$(program helm)
k() { "$KUBECTL" --namespace "$NAMESPACE" "$@"; }

say "installing Berth with Helm"
values=(--set "image.repository=${BERTH_IMAGE%:*}" --set "image.tag=${BERTH_IMAGE##*:}")
if [[ $kind == simulated ]]; then
  # Simulated nodes run no program, so Berth runs beside the cluster, with the chart's objects in place.
  values+=(--set replicas=0 --set networkPolicy.enabled=false)
fi
if [[ $kind != yours ]]; then
  # Network plugins that look behind a Service see the API server's own port.
  port=$("$KUBECTL" config view --minify -o 'jsonpath={.clusters[0].cluster.server}' | sed 's/.*://; s/[^0-9].*//')
  values+=(--set "networkPolicy.apiServerPorts={443,6443,$port}")
fi
"$HELM" upgrade --install berth charts/berth --namespace berth-system --create-namespace --wait --timeout 3m "${values[@]}" >/dev/null
if [[ $kind == simulated ]]; then
  cargo build --quiet --locked --release
  berth=${CARGO_TARGET_DIR:-target}/release/berth
  log=$(mktemp -t berth-demo-XXXXXX.log)
  POD_NAME=demo POD_NAMESPACE=berth-system setsid nohup "$berth" controller --listen 127.0.0.1:0 >"$log" 2>&1 </dev/null &
  controller=$!
  echo "Berth runs beside the cluster as process $controller; its log is $log."
else
  "$KUBECTL" --namespace berth-system get pods -o wide
fi

say "applying examples/web: an ECS task definition, a service and a discovery name"
"$KUBECTL" create namespace "$NAMESPACE" --dry-run=client -o yaml | "$KUBECTL" apply -f - >/dev/null
for file in examples/web/*.yaml; do
  sed "s|localhost/testapp:|$TESTAPP_IMAGE:|" "$file" | k apply --server-side -f -
done

# What happens from here on is told by events.
"$KUBECTL" --namespace "$NAMESPACE" get events --watch-only --field-selector involvedObject.name=web \
  -o 'custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message' --no-headers 2>/dev/null \
  > >(sed -u "s/^/${DIM}  event  /; s/\$/${PLAIN}/") &
watcher=$!
trap 'kill "$watcher" 2>/dev/null || true' EXIT

settled() { # settled REVISION: steady and on that revision
  local until=$((SECONDS + ${DEMO_WAIT:-180})) now last=''
  while ((SECONDS < until)); do
    now=$(k get ecssvc web -o 'jsonpath={.status.taskDefinition} running {.status.runningCount}/{.status.desiredCount} pending {.status.pendingCount} ready {.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null || true)
    [[ $now == "$last" ]] || echo "  web    $now"
    last=$now
    [[ $now == "web:$1 "*"ready True" ]] && return
    sleep 0.5
  done
  k get ecssvc web -o yaml
  die "the service did not reach a steady state on web:$1 in time"
}
zones() {
  "$KUBECTL" get nodes -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.labels.topology\.kubernetes\.io/zone}{"\n"}{end}' |
    awk 'NR == FNR {zone[$1] = $2; next} {printf "  %-24s %-10s %-12s %s\n", $1, $2, $3, zone[$3]}' - \
      <(k get pods --selector app.kubernetes.io/managed-by=berth -o 'jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.spec.nodeName}{"\n"}{end}')
}

from=$SECONDS
settled 1
say "a steady state after $((SECONDS - from)) s; the tasks and their zones:"
zones

if [[ $kind != simulated ]]; then
  say "asking http://web-tg:8080 at $RATE requests a second from inside the cluster, and editing the image meanwhile"
  k delete pod load --ignore-not-found >/dev/null
  k run load --image="$TESTAPP_IMAGE:v1" --restart=Never -- load http://web-tg:8080/ --rate "$RATE" --duration 90 >/dev/null
  k wait --for=condition=Ready pod/load --timeout=60s >/dev/null || true
  sleep 2
else
  say "editing the image (no requests: nothing answers on simulated nodes)"
fi
from=$SECONDS
k patch ecstd web --type=json \
  -p "[{\"op\": \"replace\", \"path\": \"/spec/containerDefinitions/0/image\", \"value\": \"$TESTAPP_IMAGE:v2\"}]"
settled 2
say "rolled from web:1 to web:2 after $((SECONDS - from)) s; the tasks now:"
zones
if [[ $kind != simulated ]]; then
  say "waiting for the load generator's summary"
  k wait --for=jsonpath='{.status.phase}'=Succeeded pod/load --timeout=120s >/dev/null || true
  k logs load
fi

cat <<END

${BOLD}The cluster stays up. Go on with:${PLAIN}

  export KUBECONFIG=$KUBECONFIG
  kubectl -n $NAMESPACE get ecs
  kubectl -n $NAMESPACE scale ecssvc web --replicas 5
END
[[ $kind != simulated ]] || echo "  kill $controller        # ends Berth"
[[ $kind == yours ]] || echo "  cargo run -p testbed -- down        # ends the cluster"
