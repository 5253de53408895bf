# shellcheck shell=bash
# shellcheck disable=SC2034
# Folders, names and addresses of the cluster. What the variables are for stands in README.md.

CLUSTER=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPOSITORY=$(cd "$CLUSTER/../.." && pwd)
STATE=${E2E_CLUSTER_DIR:-$REPOSITORY/.cache/cluster}
CACHE=${E2E_CLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/conveyor-e2e}
RUN=$STATE/run
LOGS=$STATE/logs
PKI=$STATE/pki

# what a cluster was made with stays until it is down
setting() { # NAME DEFAULT
  local variable=E2E_CLUSTER_$1 kept=$STATE/settings/$1
  if [ -f "$kept" ]; then cat "$kept"; else echo "${!variable:-$2}"; fi
}
NODES=$(setting NODES 1)
K8S=$(setting K8S 1.34)
PORT=$(setting PORT 26443)
PROXY_MODE=$(setting PROXY_MODE iptables)

MODFILE=$CLUSTER/kubernetes/go-$K8S.mod
K8S_VERSION=$(sed -n 's/^.*k8s.io\/kubernetes \(v[0-9.]*\)$/\1/p' "$MODFILE" 2>/dev/null || true)

SERVICE_CIDR=10.96.0.0/16
POD_CIDR=10.244.0.0/16
DNS_IP=10.96.0.10
# below /sys/fs/cgroup: one for each cluster of the machine
CGROUP=conveyor-e2e-$(sha256sum <<< "$STATE" | cut -c1-6)

node_ip() { echo "10.250.0.$((10 + ${1#node}))"; }
pod_cidr() { echo "10.244.${1#node}.0/24"; }
nodes() { seq -f node%.0f "$NODES"; }

check_settings() {
  [ "$(id -u)" = 0 ] || die "needs root: a node is a set of Linux namespaces"
  [ -n "$K8S_VERSION" ] || die "E2E_CLUSTER_K8S=$K8S: only $(cd "$CLUSTER/kubernetes" && echo go-*.mod | sed 's/go-//g; s/\.mod//g')"
  local path
  for path in "$STATE" "$CACHE" "$REPOSITORY"; do
    case $path/ in /var/lib/* | /var/log/* | /run/* | /var/run/*) die "$path: a node has its own /var/lib, /var/log and /run, set E2E_CLUSTER_DIR and E2E_CLUSTER_CACHE to others" ;; esac
  done
}

keep_settings() {
  mkdir -p "$STATE/settings"
  local name
  for name in NODES K8S PORT PROXY_MODE; do echo "${!name}" > "$STATE/settings/$name"; done
}
