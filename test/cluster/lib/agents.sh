# shellcheck shell=bash
# What runs on every node: containerd, kubelet, kube-proxy.

containerd_up() { # NODE
  local node=$1 folder=$STATE/nodes/$1
  cat > "$folder/cni/10-pods.conflist" << JSON
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$(pod_cidr "$node")"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
  # without CAP_SYS_RESOURCE runc may not lower oom_score_adj: it would say "can't get final child's PID from pipe: EOF"
  cat > "$folder/containerd.toml" << TOML
version = 2
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "e2e.local/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$folder/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
TOML
  define "$node.containerd" "$node" containerd --config "$folder/containerd.toml"
  start "$node.containerd"
}
node_ctr() { # NODE ARGUMENTS...
  in_node "$1" ctr --address /run/containerd/containerd.sock --namespace k8s.io "${@:2}"
}
load() { # NODE ARCHIVE...: those that the node does not have
  local node=$1 archive mark
  shift
  for archive in "$@"; do
    mark=$STATE/nodes/$node/loaded/$(sha256sum <<< "$archive $(stat -c %i.%Y "$archive")" | cut -c1-16)
    [ -f "$mark" ] && continue
    node_ctr "$node" images import "$archive" > /dev/null
    mkdir -p "$(dirname "$mark")"
    touch "$mark"
  done
}

kubelet_up() { # NODE
  local node=$1 folder=$STATE/nodes/$1
  cat > "$folder/kubelet.yaml" << YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP/$node
enforceNodeAllocatable: [pods]
failCgroupV1: false
failSwapOn: false
clusterDNS: [$DNS_IP]
clusterDomain: cluster.local
resolvConf: /etc/resolv.conf
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
volumePluginDir: /var/lib/kubelet/volumeplugins
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%", nodefs.inodesFree: "1%"}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
maxPods: 250
nodeStatusUpdateFrequency: 5s
# a test does not wait five minutes for a container to come back
crashLoopBackOff: {maxContainerRestartPeriod: 20s}
featureGates: {KubeletCrashLoopBackOffMax: true}
YAML
  define "$node.kubelet" "$node" "$KUBERNETES/kubelet" --config="$folder/kubelet.yaml" \
    --kubeconfig="$PKI/$node.conf" --hostname-override="$node" --node-ip="$(node_ip "$node")" \
    --root-dir=/var/lib/kubelet --cert-dir=/var/lib/kubelet/pki --v=2
  start "$node.kubelet"
}

proxy_up() { # NODE
  local node=$1 folder=$STATE/nodes/$1
  # in a network namespace it cannot set nf_conntrack_max and the like
  cat > "$folder/proxy.yaml.new" << YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: $PROXY_MODE
clientConnection: {kubeconfig: $PKI/kube-proxy.conf}
clusterCIDR: $POD_CIDR
hostnameOverride: $node
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
iptables: {minSyncPeriod: 0.1s}
nftables: {minSyncPeriod: 0.1s}
YAML
  # one that runs ends when its file is written, even with the same content
  cmp -s "$folder/proxy.yaml.new" "$folder/proxy.yaml" || cp "$folder/proxy.yaml.new" "$folder/proxy.yaml"
  define "$node.kube-proxy" "$node" "$KUBERNETES/kube-proxy" --config="$folder/proxy.yaml" --v=2
  start "$node.kube-proxy"
}
