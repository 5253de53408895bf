#!/bin/sh
# Builds what test/interop runs, in .cache/interop: a Python environment with the stubs of proto/, and the Go sink.
# Installed packages and built ones are kept from run to run; only what changed is made again.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/.cache/interop
venv=$out/venv

missing() {
  echo "test-interop needs $1: install it and run make test-interop again" >&2
  exit 1
}
python3 -c 'import venv, ensurepip' 2>/dev/null || missing 'python3 with venv (Debian: python3-venv)'
command -v go >/dev/null || missing 'go 1.21 or newer (https://go.dev/dl; it fetches the version of go.mod by itself)'

# the second prefix is the same files with their package rewritten (wire contract, Two package prefixes)
rm -rf "$out/proto" "$out/python" "$out/go"
mkdir -p "$out/proto/conveyor_etl" "$out/python" "$out/go" "$out/bin"
cp -R "$root/proto/conveyor" "$here/proto/acme" "$out/proto"
for file in "$root"/proto/conveyor/*.proto; do
  sed -E 's/(^|[^a-z_])conveyor([./])/\1conveyor_etl\2/g' "$file" >"$out/proto/conveyor_etl/${file##*/}"
done
cp "$here"/go/* "$out/go"

# beside the installation, which mostly waits for the network
(cd "$out/go" && go build -buildvcs=false -o "$out/bin/" \
  google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc \
  google.golang.org/grpc/health google.golang.org/grpc/reflection) &
plugins=$!
if ! cmp -s "$here/python/requirements.txt" "$venv/requirements.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/python/requirements.txt"
  cp "$here/python/requirements.txt" "$venv/requirements.txt"
fi
wait "$plugins"

protoc() { "$venv/bin/python" -m grpc_tools.protoc --proto_path="$out/proto" "$@"; }
cd "$out/proto"
protoc --python_out="$out/python" --grpc_python_out="$out/python" \
  conveyor/*.proto conveyor_etl/*.proto acme/filters/v2/filters.proto
packages=Mconveyor_etl/common.proto=interop/conveyor_etl/common,Mconveyor_etl/sink.proto=interop/conveyor_etl/sink
protoc --plugin="$out/bin/protoc-gen-go" --plugin="$out/bin/protoc-gen-go-grpc" \
  --go_out="module=interop,$packages:$out/go" --go-grpc_out="module=interop,$packages:$out/go" \
  conveyor_etl/common.proto conveyor_etl/sink.proto
cd "$out/go"
go build -buildvcs=false -o "$out/bin/sink" .
