# stands in for docker.io/prom/prometheus: Debian's, with promtool beside it
FROM scratch
COPY . /
USER 65534:65534
WORKDIR /tmp
ENTRYPOINT ["/bin/prometheus"]
