# shellcheck shell=bash
# etcd and the control plane, in node1: the API server reaches webhooks through kube-proxy's rules.

define_control_plane() {
  define etcd node1 "$KUBERNETES/etcd" --data-dir="$STATE/etcd" --unsafe-no-fsync --log-level=warn \
    --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
    --listen-peer-urls=http://127.0.0.1:2380
  # more flags, e.g. of an audit log, are words of the variable
  # shellcheck disable=SC2086
  define kube-apiserver node1 "$KUBERNETES/kube-apiserver" --v=1 \
    --etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range=$SERVICE_CIDR --allow-privileged=true \
    --bind-address=0.0.0.0 --secure-port=6443 --advertise-address="$(node_ip node1)" \
    --tls-cert-file="$PKI/kube-apiserver.crt" --tls-private-key-file="$PKI/kube-apiserver.key" \
    --client-ca-file="$PKI/ca.crt" --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$PKI/service-accounts.pub" \
    --service-account-signing-key-file="$PKI/service-accounts.key" \
    --kubelet-client-certificate="$PKI/kubelet-client.crt" --kubelet-client-key="$PKI/kubelet-client.key" \
    --kubelet-preferred-address-types=InternalIP \
    --requestheader-client-ca-file="$PKI/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$PKI/front-proxy.crt" --proxy-client-key-file="$PKI/front-proxy.key" \
    ${E2E_CLUSTER_APISERVER_ARGS:-}
  define_controller kube-controller-manager --use-service-account-credentials \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" \
    --root-ca-file="$PKI/ca.crt" --service-account-private-key-file="$PKI/service-accounts.key"
  define_controller kube-scheduler
}
define_controller() { # NAME FLAGS...
  local config=$PKI/$1.conf
  define "$1" node1 "$KUBERNETES/$1" --kubeconfig="$config" --authentication-kubeconfig="$config" \
    --authorization-kubeconfig="$config" --leader-elect=false --bind-address=127.0.0.1 --v=1 "${@:2}"
}

kubectl() { "$KUBERNETES/kubectl" --kubeconfig "$STATE/kubeconfig" "$@"; }
