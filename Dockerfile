# Hornet on the CPU. Build: docker build -t hornet .   Run: docker run -p 3000:3000 hornet
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential cmake \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
# The addon is not optional in an image. Dependencies for development go again once everything is compiled.
RUN HORNET_REQUIRE_NATIVE=1 npm ci && npm prune --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=:: PORT=3000
WORKDIR /app
COPY --from=build /app /app
USER node
EXPOSE 3000
HEALTHCHECK --start-period=30s CMD ["node", "-e", "fetch(`http://localhost:${process.env.PORT}/health/live`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm, so that signals reach the server itself.
ENTRYPOINT ["node", "dist/cli/main.cjs"]
CMD ["serve"]
