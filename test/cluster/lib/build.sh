# shellcheck shell=bash
# Go programs, in folders of the cache that are named after what they were built from.

content() { cat "$@" | sha256sum | cut -c1-12; } # FILE... -> a name for what they hold

NODETOOL=$CACHE/nodetool-$(content "$CLUSTER"/nodetool/*.go)/nodetool
COREDNS=$CACHE/coredns-$(content "$CLUSTER"/coredns/*)/coredns
KUBERNETES=$CACHE/kubernetes-$K8S-$(content "$CLUSTER/kubernetes/main.go" "${MODFILE%.mod}".*)

build() {
  go_build nodetool "$NODETOOL"
  go_build coredns "$COREDNS"
  go_build kubernetes "$KUBERNETES/all-in-one" -modfile="$MODFILE" -ldflags="-s -w $(version_flags)"
  local program
  for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
    ln -sfn all-in-one "$KUBERNETES/$program"
  done
}

go_build() { # FOLDER OUT [FLAGS...]
  local folder=$CLUSTER/$1 out=$2 begin=$SECONDS
  shift 2
  [ -x "$out" ] && return
  log "go build $(basename "$out")"
  mkdir -p "$(dirname "$out")"
  # the last of two -ldflags wins
  (cd "$folder" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' "$@" -o "$out.part" .) \
    2> "$out.log" || die "$(cat "$out.log")"
  mv "$out.part" "$out"
  log "go build $(basename "$out"): $((SECONDS - begin)) s"
}

# without them the server calls itself v0.0.0-master+$Format:%H$
version_flags() {
  local package number=${K8S_VERSION#v}
  local major=${number%%.*} minor=${number#*.}
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    echo -n "-X $package.gitVersion=$K8S_VERSION -X $package.gitMajor=$major -X $package.gitMinor=${minor%%.*} "
    echo -n "-X $package.gitTreeState=clean "
  done
}
