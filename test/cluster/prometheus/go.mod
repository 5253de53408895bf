// No more lines are needed: Prometheus' own go.mod names all versions. For another version, empty go.sum and run
// go list -mod=mod -deps -tags=remove_all_sd,enable_kubernetes_sd github.com/prometheus/prometheus/cmd/...
// `go mod tidy` heeds no tags and would ask for the clients of all clouds.
module cluster.local/prometheus

go 1.26.7

require github.com/prometheus/prometheus v0.316.0
