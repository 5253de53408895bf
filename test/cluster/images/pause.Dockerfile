FROM scratch
COPY pause /
USER 65535:65535
ENTRYPOINT ["/pause"]
