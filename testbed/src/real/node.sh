# The first process of a node, in namespaces of its own for mounts, processes, network, host name.
# $1: the node's folder. $2: its name. $3: the folder of image archives. $4: the folder of logs.
set -eu
node=$1
name=$2
images=$3
logs=$4

hostname "$name"

# Its own /run, as fresh as after a boot, and its own /var: kubelet, containerd and the CNI plugins
# keep to their usual paths there without knowing of the other nodes.
mount --bind "$node/var/lib" /var/lib
mount --bind "$node/var/log" /var/log
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /run/masks

# The kubelet sets these for the whole machine. Here it finds them set, in copies.
mask() {
    [ -e "$1" ] || return 0
    file=/run/masks/$(echo "$1" | tr / _)
    echo "$2" >"$file"
    mount --bind "$file" "$1"
}
mask /proc/sys/vm/overcommit_memory 1
mask /proc/sys/vm/panic_on_oom 0
mask /proc/sys/kernel/panic 10
mask /proc/sys/kernel/panic_on_oops 1
mask /proc/sys/kernel/keys/root_maxkeys 1000000
mask /proc/sys/kernel/keys/root_maxbytes 25000000
mask /proc/sys/kernel/random/boot_id "$(cat "$node/boot-id")"
mask /etc/machine-id "$(cat "$node/machine-id")"

# Volumes mounted by the kubelet must appear in containers.
mount --make-rshared /

# Starts a program again when it ends, as a service manager would.
keep() {
    log=$logs/$name.$1.log
    shift
    while :; do
        "$@" >>"$log" 2>&1 || true
        echo "ended; starts again" >>"$log"
        sleep 1
    done
}

keep containerd containerd --config "$node/containerd.toml" &
until ctr version >/dev/null 2>&1; do sleep 0.05; done

# Before the kubelet, so that no pod finds its image missing.
for archive in "$images"/*.tar; do
    mark=$node/imported/${archive##*/}
    [ -e "$mark" ] && continue
    ctr --namespace k8s.io images import "$archive" >/dev/null && : >"$mark"
done

until [ -e "$node/wired" ]; do sleep 0.02; done
keep kubelet kubelet --config "$node/kubelet.yaml" --kubeconfig "$node/kubelet.kubeconfig" \
    --hostname-override "$name" --node-ip "$(cat "$node/ip")" --node-labels "$(cat "$node/labels")" &
keep kube-proxy kube-proxy --config "$node/kube-proxy.yaml" &
while :; do
    wait || true
    sleep 1
done
