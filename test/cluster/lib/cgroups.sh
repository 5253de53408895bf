# shellcheck shell=bash
# A node's cgroup: the kubelet wants it to be there, in every hierarchy of cgroup v1 or in the one of v2.

cgroup_v2() { [ -f /sys/fs/cgroup/cgroup.controllers ]; }
hierarchies() {
  if cgroup_v2; then
    echo /sys/fs/cgroup
  else
    local name
    for name in cpu cpuacct cpuset memory devices freezer blkio pids systemd; do
      [ ! -d "/sys/fs/cgroup/$name" ] || echo "/sys/fs/cgroup/$name"
    done
  fi
}

cgroup_make() { # PATH below each hierarchy
  local folder part file
  for folder in $(hierarchies); do
    for part in ${1//\// }; do
      ! cgroup_v2 || echo '+cpuset +cpu +io +memory +pids' > "$folder/cgroup.subtree_control"
      folder+=/$part
      mkdir -p "$folder"
      for file in cpuset.cpus cpuset.mems; do
        [ ! -f "$folder/../$file" ] || [ -n "$(cat "$folder/$file")" ] || cat "$folder/../$file" > "$folder/$file"
      done
    done
  done
}

cgroup_remove() { # PATH: with all below it, once its processes are gone
  local folder
  # runc makes them in the empty hierarchy of v2 as well
  for folder in $(hierarchies) /sys/fs/cgroup/unified; do
    folder+=/$1
    for _ in $(seq 10); do
      [ -d "$folder" ] || break
      find "$folder" -depth -type d -exec rmdir {} + 2> /dev/null || sleep 0.2
    done
    [ ! -d "$folder" ] || log "left behind: $folder"
  done
}
