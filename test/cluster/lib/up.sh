# shellcheck shell=bash
# From nothing, or from whatever part of the cluster runs, to nodes that are Ready.

up() {
  local node begin pause coredns importing=()
  packages
  build
  pause=$(image pause)
  coredns=$(image coredns)
  begin=$SECONDS
  keep_settings
  mkdir -p "$RUN" "$LOGS"
  certificates
  for node in $(nodes); do node_up "$node"; done
  lan_cables
  for node in $(nodes); do containerd_up "$node"; done
  define_control_plane
  start etcd
  start kube-apiserver
  forward forward "$PORT" 127.0.0.1:6443
  for node in $(nodes); do
    wait_for 30 "containerd on $node" node_ctr "$node" version
    load "$node" "$pause" "$coredns" &
    importing+=($!)
  done
  wait_for 120 "the API server" kubectl get --raw /readyz
  log "API server ready: $((SECONDS - begin)) s"
  start kube-controller-manager
  start kube-scheduler
  for node in $(nodes); do
    kubelet_up "$node"
    proxy_up "$node"
  done
  kubectl apply --server-side --force-conflicts --filename "$CLUSTER/config/coredns.yaml" > /dev/null
  for node in "${importing[@]}"; do wait "$node" || die "cannot load images"; done
  ready "$begin"
}

ready() { # BEGIN
  local node
  for node in $(nodes); do
    wait_for 120 "$node" kubectl get node "$node"
    kubectl wait --for=condition=Ready --timeout=120s "node/$node" > /dev/null
    log "$node Ready: $((SECONDS - $1)) s"
  done
  wait_for 30 "the default service account" kubectl get serviceaccount default
  kubectl --namespace kube-system rollout status deployment/coredns --timeout=60s > /dev/null
  log "DNS ready: $((SECONDS - $1)) s; in all $SECONDS s"
}

down() {
  local file name pid
  shopt -s nullglob
  for file in "$RUN"/forward*.pid "$RUN"/*.init.pid; do
    name=$(basename "$file" .pid)
    pid=$(pid_of "$name") || continue
    kill -KILL "$pid"
    while pid_of "$name" > /dev/null; do sleep 0.05; done
  done
  cgroup_remove "$CGROUP"
  rm -rf --one-file-system "$STATE" "$STATE.lock"
}
