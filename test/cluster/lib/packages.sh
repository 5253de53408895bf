# shellcheck shell=bash
# What the machine must have: Debian's packages, and Go of its own or of go.dev.

# command:package
PACKAGES=(
  containerd:containerd runc:runc iptables:iptables nft:nftables conntrack:conntrack ip:iproute2 pgrep:procps
  nsenter:util-linux openssl:openssl gcc:gcc busybox:busybox-static buildah:buildah npm:npm
)

packages() {
  local entry missing=()
  for entry in "${PACKAGES[@]}"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${entry%:*}" > /dev/null || missing+=("${entry#*:}")
  done
  [ -x /usr/lib/cni/bridge ] || missing+=(containernetworking-plugins)
  [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
  [ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
  # Debian has two busyboxes; the other one needs libraries
  if command -v busybox > /dev/null && ldd "$(command -v busybox)" > /dev/null 2>&1; then missing+=(busybox-static); fi
  if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get > /dev/null || die "install what Debian has as: ${missing[*]}"
    log "apt-get install ${missing[*]}"
    apt-get update -qq > /dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
  fi
  PATH=$PATH:/usr/local/go/bin:/usr/sbin:/sbin
  command -v go > /dev/null || die "install Go 1.24 or later: https://go.dev/dl"
}
