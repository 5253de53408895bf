# The sidecar, the router and their tools: one bundled file on a Node without a shell.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# no package's script is needed to bundle: the binaries of esbuild come as packages
RUN npm install --no-save --ignore-scripts
COPY src src
COPY scripts/build.ts scripts/
# the image's Node is not on a path that env would search
RUN node scripts/build.ts && sed -i '1s|.*|#!/nodejs/bin/node|' dist/conveyor-sidecar.cjs \
 && mkdir -p /out/app /out/usr/local/bin \
 && cp dist/conveyor-sidecar.cjs /out/app/ \
 && ln -s /app/conveyor-sidecar.cjs /out/usr/local/bin/conveyor-sidecar

FROM gcr.io/distroless/nodejs24-debian12:nonroot
COPY --from=build /out/ /
# a number, so that a kubelet can see that it is not root
USER 65532:65532
WORKDIR /
# one arena for malloc: 5 MB less, and the event loop's thread allocates nearly everything
ENV MALLOC_ARENA_MAX=1
# what is young here lives for some tens of milliseconds: with room for so long hardly anything grows old, and one thread
# beside collects it cheaper than four
ENV NODE_OPTIONS="--max-semi-space-size=4 --v8-pool-size=1"
EXPOSE 9091 9191
# Node is PID 1 and handles SIGTERM and SIGINT; nothing is written to the disk
ENTRYPOINT ["/usr/local/bin/conveyor-sidecar"]
