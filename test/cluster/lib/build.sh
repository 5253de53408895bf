# shellcheck shell=bash
# Go programs, in folders of the cache that are named after what they were built from.

content() { cat "$@" | sha256sum | cut -c1-12; } # FILE... -> a name for what they hold

NODETOOL=$CACHE/nodetool-$(content "$CLUSTER"/nodetool/*.go)/nodetool
COREDNS=$CACHE/coredns-$(content "$CLUSTER"/coredns/*)/coredns
PROMETHEUS=$CACHE/prometheus-$(content "$CLUSTER"/prometheus/*)
KUBERNETES=$CACHE/kubernetes-$K8S-$(content "$CLUSTER/kubernetes/main.go" "${MODFILE%.mod}".*)

build() {
  go_build nodetool . "$NODETOOL"
  go_build coredns . "$COREDNS"
  go_build kubernetes . "$KUBERNETES/all-in-one" -modfile="$MODFILE" -ldflags="-s -w $(version_flags)"
  local program
  for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
    ln -sfn all-in-one "$KUBERNETES/$program"
  done
}

# of all that Prometheus can discover, the pods alone: the clients of the clouds cost minutes
build_prometheus() {
  local module=github.com/prometheus/prometheus version program
  version=$(sed -n "s#^require $module v0\.\([0-9]\)\([0-9]*\)#\1.\2#p" "$CLUSTER/prometheus/go.mod")
  for program in prometheus promtool; do
    go_build prometheus "$module/cmd/$program" "$PROMETHEUS/$program" -tags=remove_all_sd,enable_kubernetes_sd \
      -ldflags="-s -w -X github.com/prometheus/common/version.Version=$version"
  done
}

go_build() { # FOLDER PACKAGE OUT [FLAGS...]
  local folder=$CLUSTER/$1 package=$2 out=$3 begin=$SECONDS
  shift 3
  [ -x "$out" ] && return
  log "go build $(basename "$out")"
  mkdir -p "$(dirname "$out")"
  # the last of two -ldflags wins
  (cd "$folder" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' "$@" -o "$out.part" "$package") \
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
