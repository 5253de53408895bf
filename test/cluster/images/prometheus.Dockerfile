# Debian's prometheus with promtool beside it
FROM scratch
COPY . /
USER 65534:65534
WORKDIR /tmp
ENTRYPOINT ["/usr/bin/prometheus"]
