# shellcheck shell=bash
# Authorities, certificates and kubeconfigs: made once, kept until the cluster is down.

authority() { # NAME
  [ -f "$PKI/$1.crt" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj "/CN=$1" -keyout "$PKI/$1.key" -out "$PKI/$1.crt" 2> /dev/null
}
certificate() { # NAME AUTHORITY SUBJECT serverAuth|clientAuth [SUBJECT-ALTERNATIVE-NAMES]
  [ -f "$PKI/$1.crt" ] && return
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" \
    -keyout "$PKI/$1.key" -out "$PKI/$1.csr" 2> /dev/null
  openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/$2.crt" -CAkey "$PKI/$2.key" -CAcreateserial -days 3650 \
    -out "$PKI/$1.crt" -extfile <(
      printf 'keyUsage=digitalSignature\nextendedKeyUsage=%s\n%s\n' "$4" "${5:+subjectAltName=$5}"
    ) 2> /dev/null
}
kubeconfig() { # FILE SERVER CERTIFICATE
  [ -f "$1" ] && return
  cat > "$1.part" << YAML
apiVersion: v1
kind: Config
clusters: [{name: e2e, cluster: {server: "$2", certificate-authority-data: $(base64 -w0 < "$PKI/ca.crt")}}]
users: [{name: me, user: {client-certificate-data: $(base64 -w0 < "$PKI/$3.crt"), client-key-data: $(base64 -w0 < "$PKI/$3.key")}}]
contexts: [{name: e2e, context: {cluster: e2e, user: me}}]
current-context: e2e
YAML
  mv "$1.part" "$1"
}

certificates() {
  local server inner
  inner=https://$(node_ip node1):6443
  server=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
  server+=,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:10.96.0.1,IP:$(node_ip node1)
  mkdir -p "$PKI"
  authority ca
  authority front-proxy-ca
  if [ ! -f "$PKI/service-accounts.pub" ]; then
    openssl genrsa -out "$PKI/service-accounts.key" 2048 2> /dev/null
    openssl rsa -in "$PKI/service-accounts.key" -pubout -out "$PKI/service-accounts.pub" 2> /dev/null
  fi
  certificate kube-apiserver ca /CN=kube-apiserver serverAuth "$server"
  certificate kubelet-client ca /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
  certificate front-proxy front-proxy-ca /CN=front-proxy-client clientAuth
  certificate admin ca /O=system:masters/CN=e2e-admin clientAuth
  kubeconfig "$STATE/kubeconfig" "https://127.0.0.1:$PORT" admin
  local program node
  for program in kube-controller-manager kube-scheduler kube-proxy; do
    certificate "$program" ca "/CN=system:$program" clientAuth
    kubeconfig "$PKI/$program.conf" "$inner" "$program"
  done
  for node in $(nodes); do
    certificate "$node" ca "/O=system:nodes/CN=system:node:$node" clientAuth
    kubeconfig "$PKI/$node.conf" "$inner" "$node"
  done
}
