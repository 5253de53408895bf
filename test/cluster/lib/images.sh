# shellcheck shell=bash
# Images without an engine and without a registry: buildah in a chroot. The base images that the Dockerfiles name are
# stand-ins of the same layout: Node from npm, its libraries from this machine, a shell where the real one has it.

IMAGES=$CACHE/images
NODE_MAJOR=24

# overlay copies nothing, but cannot lie on another overlay
storage_driver() { if [ "$(stat -f -c %T "$CACHE")" = overlayfs ]; then echo vfs; else echo overlay; fi; }
run_buildah() {
  mkdir -p "$CACHE/tmp"
  STORAGE_DRIVER=$(storage_driver) BUILDAH_ISOLATION=chroot TMPDIR=$CACHE/tmp \
    buildah --root "$CACHE/storage" --runroot "$CACHE/tmp/buildah" "$@"
}
bud() { # TAG CONTEXT [FLAGS...]: --timestamp, so that equal contents are the same image
  run_buildah bud --quiet --layers --pull-never --timestamp 0 --tag "$1" "${@:3}" "$2" > /dev/null
}
archive() { # TAG -> a docker-archive of it, for `load`
  local id out
  id=$(run_buildah images --quiet --no-trunc "$1") || die "no image $1"
  out=$IMAGES/$(basename "${1%:*}")-$(cut -c8-19 <<< "$id").tar
  mkdir -p "$IMAGES"
  if [ ! -f "$out" ]; then
    rm -f "${out%-*}"-*.tar
    run_buildah push --quiet "$1" "docker-archive:$out.part:$1" >&2
    mv "$out.part" "$out"
  fi
  echo "$out"
}

image() { # NAME -> its archive
  local begin=$SECONDS tag
  case $1 in
    pause) tag=e2e.local/pause:1 && from_files pause "$tag" "$CLUSTER/images/pause.c" ;;
    coredns) tag=e2e.local/coredns:1 && from_files coredns "$tag" "$COREDNS" ;;
    prometheus) build_prometheus && tag=e2e.local/prometheus:3 && from_files prometheus "$tag" "$PROMETHEUS"/prom{etheus,tool} ;;
    sidecar) tag=e2e.local/conveyor-sidecar:dev && from_dockerfile Dockerfile "$tag" ;;
    examples) tag=e2e.local/conveyor-examples:dev && from_dockerfile examples/Dockerfile "$tag" ;;
    apps) tag=e2e.local/conveyor-apps:dev && image examples > /dev/null && from_dockerfile test/e2e/apps/Dockerfile "$tag" ;;
    *) die "no image is called $1: pause coredns prometheus sidecar examples apps" ;;
  esac
  archive "$tag"
  [ $((SECONDS - begin)) -lt 2 ] || log "image $1: $((SECONDS - begin)) s"
}

# an image of a few files, laid out by root_NAME below a folder
from_files() { # NAME TAG INPUT...
  local name=$1 tag=$2 root=$CACHE/tmp/$1 mark
  mark=$IMAGES/.$name-$(content "$CLUSTER/lib/images.sh" "$CLUSTER/images/$name.Dockerfile" "${@:3}")
  [ ! -f "$mark" ] || return 0
  rm -rf "$root"
  mkdir -p "$root" "$IMAGES"
  "root_$name" "$root"
  bud "$tag" "$root" --file "$CLUSTER/images/$name.Dockerfile"
  rm -rf "$root"
  touch "$mark"
}
from_dockerfile() { # DOCKERFILE TAG
  base_images
  local npmrc=()
  # the machine's registry, which may want a password: for the time of the build, in no layer
  [ ! -f "$HOME/.npmrc" ] || npmrc=(--volume "$HOME/.npmrc:/root/.npmrc:ro")
  bud "$2" "$REPOSITORY" --file "$REPOSITORY/$1" "${npmrc[@]}"
}
base_images() {
  [ -x "$CACHE/npm/node_modules/node/bin/node" ] || fetch_node
  from_files node-slim docker.io/library/node:24-slim
  from_files node-distroless gcr.io/distroless/nodejs24-debian12:nonroot
}
fetch_node() {
  log "npm install node@$NODE_MAJOR"
  mkdir -p "$CACHE/npm"
  echo '{ "private": true }' > "$CACHE/npm/package.json"
  # the binary comes by the package's own script
  (cd "$CACHE/npm" && npm install --no-audit --no-fund --loglevel=error --foreground-scripts "node@$NODE_MAJOR" npm@11 >&2)
}

root_pause() { gcc -Os -static -s -o "$1/pause" "$CLUSTER/images/pause.c"; }
root_coredns() { cp "$COREDNS" "$1/"; }
root_prometheus() {
  install -D -t "$1/bin" "$PROMETHEUS"/prom{etheus,tool}
  mkdir -p "$1/etc/prometheus"
  echo 'global: {}' > "$1/etc/prometheus/prometheus.yml"
  install -D -m 644 -t "$1/etc/ssl/certs" /etc/ssl/certs/ca-certificates.crt
  install -d -o 65534 -g 65534 "$1/prometheus"
  accounts "$1" 'nobody:x:65534:65534:nobody:/home:/bin/false'
}
root_node-distroless() {
  add_node "$1" /nodejs/bin/node
  accounts "$1" 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin'
  mkdir -p "$1/home/nonroot"
}
root_node-slim() {
  add_node "$1" /usr/local/bin/node
  accounts "$1" 'node:x:1000:1000::/home/node:/bin/sh'
  mkdir -p "$1"/{bin,root,usr/bin,usr/local/lib/node_modules}
  cp "$(command -v busybox)" "$1/bin/busybox"
  local applet
  for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"; done
  ln -s /bin/env "$1/usr/bin/env"
  cp -r "$CACHE/npm/node_modules/npm" "$1/usr/local/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"
}
add_node() { # ROOT PATH
  install -D "$CACHE/npm/node_modules/node/bin/node" "$1$2"
  add_libraries "$1" "$1$2"
}
add_libraries() { # ROOT PROGRAM: what it needs of glibc, and the authorities that this machine trusts
  local library
  ldd "$2" | grep -oE '/[^ ]+' | while read -r library; do install -D "$library" "$1$library"; done
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
}
accounts() { # ROOT LINE: root, and the one that the line of /etc/passwd names
  printf '%s\n' 'root:x:0:0:root:/root:/sbin/nologin' "$2" > "$1/etc/passwd"
  printf '%s\n' 'root:x:0:' "$(cut -d: -f1,2,4 <<< "$2"):" > "$1/etc/group"
  install -d -m 1777 "$1/tmp"
}
