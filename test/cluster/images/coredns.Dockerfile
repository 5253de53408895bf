FROM scratch
COPY coredns /
ENTRYPOINT ["/coredns"]
