# The whole program, page included, in an image that holds nothing else.
FROM node:20-bookworm-slim AS page
WORKDIR /src
COPY package.json package-lock.json ./
COPY web/package.json web/
COPY clients/core/package.json clients/core/
COPY clients/react/package.json clients/react/
COPY clients/packaging/package.json clients/packaging/
COPY e2e/package.json e2e/
COPY socketio/interop/package.json socketio/interop/
COPY bench/node/package.json bench/node/
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY web web
COPY clients clients
COPY contract contract
RUN npm run build -w web

FROM golang:1.26-bookworm AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/web/dist web/dist
ARG REVISION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X main.revision=${REVISION}" -o /harang ./cmd/harang \
 && mkdir /data

FROM scratch
COPY --from=program /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=program --chown=65532:65532 /data /data
COPY --from=program /harang /harang
COPY web/public/licenses.txt LICENSE /
USER 65532:65532
WORKDIR /
VOLUME /data
EXPOSE 8080
# The admin listener (8081) stays inside the container.
ENV HARANG_LISTEN=0.0.0.0:8080 HARANG_SIGNING_KEY_FILE=/data/signing.key
HEALTHCHECK --interval=10s --timeout=8s --retries=3 CMD ["/harang", "healthcheck"]
ENTRYPOINT ["/harang"]
CMD ["serve"]
