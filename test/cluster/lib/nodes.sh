# shellcheck shell=bash
# A node is a set of namespaces: mounts, network, processes and host name. Its PID 1 reaps orphans, and to kill it is
# to end everything in the node; mounts, devices and firewall rules go with the namespaces.

node_up() { # NODE
  local node=$1 folder=$STATE/nodes/$1 init
  if init=$(pid_of "$node.init"); then
    [ "$(cat "$folder/ready" 2> /dev/null)" = "$init" ] && return
    node_crash "$node" # half made
  fi
  node_files "$node" "$folder"
  setsid unshare --mount --net --uts --pid --fork --mount-proc --propagation private \
    bash "$folder/init.sh" >> "$LOGS/$node.init.log" 2>&1 < /dev/null 9>&- &
  init=$(child_of $!) || die "$node: $(tail -3 "$LOGS/$node.init.log")"
  wait_for 5 "$node, see $LOGS/$node.init.log" grep -q '^nodetool' "/proc/$init/comm"
  record "$node.init" "$init"
  if [ "$node" = node1 ]; then
    stop forward # it holds the namespace of the node that was
    lan_make
  fi
  # what a crashed node of this name has left would hold the kubelet up for 3 s each
  cgroup_remove "$CGROUP/$node"
  cgroup_make "$CGROUP/$node"
  echo "$init" > "$folder/ready"
}
node_crash() { # NODE
  local pid
  pid=$(pid_of "$1.init") || return 0
  kill -KILL "$pid"
  while pid_of "$1.init" > /dev/null; do sleep 0.05; done
}

node_files() { # NODE FOLDER
  local node=$1 folder=$2 other
  mkdir -p "$folder"/{lib/{kubelet,containerd,cni},log/{pods,containers},run,cni,sysctl}
  rm -rf "${folder:?}"/run/* "$folder"/lib/cni/*
  : > "$folder/resolv.conf"
  echo 127.0.0.1 localhost > "$folder/hosts"
  for other in $(nodes); do echo "$(node_ip "$other") $other"; done >> "$folder/hosts"
  # the kubelet sets these for the whole machine, unless it finds them as it wants
  echo 1 > "$folder/sysctl/overcommit_memory"
  echo 10 > "$folder/sysctl/panic"
  echo 1 > "$folder/sysctl/panic_on_oops"
  cat > "$folder/init.sh" << SH
set -e
mount --make-rshared /
mount --bind $folder/lib /var/lib
mount --bind $folder/log /var/log
mount --bind $folder/run /run
mkdir -p /run/netns /run/lock
mount --bind $folder/resolv.conf /etc/resolv.conf
mount --bind $folder/hosts /etc/hosts
mount --bind $folder/sysctl/overcommit_memory /proc/sys/vm/overcommit_memory
mount --bind $folder/sysctl/panic /proc/sys/kernel/panic
mount --bind $folder/sysctl/panic_on_oops /proc/sys/kernel/panic_on_oops
hostname $node
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.ipv4.conf.all.rp_filter=0
exec $NODETOOL init
SH
}

# --- the network between the nodes: a bridge in node1, with a cable to each other node --------------------------------

lan_make() {
  # a bridge without a port that is up is down, so one end of a cable serves as one
  in_node node1 sh -ec 'ip link add lan0 type bridge
    ip link add lan0p type veth peer name lan0q
    ip link set lan0p master lan0 up
    ip link set lan0q up'
  lan_join node1
}
lan_join() { # NODE: the address and the routes of its lan0
  # No default route: nothing in here can reach the machine's own network, whatever goes wrong. A packet to a service
  # is routed before kube-proxy's rules rewrite it, so services need a route.
  in_node "$1" sh -ec "ip addr add $(node_ip "$1")/24 dev lan0
    ip link set lan0 up
    ip route replace $SERVICE_CIDR dev lan0
    ip route replace unreachable default"
}
lan_cables() {
  local node other
  for node in $(nodes); do
    in_node "$node" ip link show lan0 > /dev/null 2>&1 && continue
    in_node node1 ip link del "to-$node" 2> /dev/null || true
    nsenter -t "$(pid_of node1.init)" -n \
      ip link add "to-$node" type veth peer name lan0 netns "$(pid_of "$node.init")"
    lan_join "$node"
  done
  for node in $(nodes); do
    # a cable may have been pulled
    [ "$node" = node1 ] || in_node node1 ip link set "to-$node" master lan0 up
    for other in $(nodes); do
      [ "$node" = "$other" ] || in_node "$node" ip route replace "$(pod_cidr "$other")" via "$(node_ip "$other")"
    done
  done
}
