# Hornet in an image. Three targets, all of which serve on port 3000 as the user hornet (10001), with their cache in the
# volume /data and what the image itself carries in /opt/hornet:
#
#   docker build --target cpu -t hornet:cpu .    no part of NVIDIA's
#   docker build --target rtx -t hornet:rtx .    TensorRT-RTX: A10, L4, L40S, RTX cards; engines can be built in the image
#   docker build --target gpu -t hornet .        full TensorRT (the default): A100 and H100 too
#
# A model in the image, and no connection to the Hub when it is served:
#
#   --build-arg MODEL=Xenova/resnet-50           as HORNET_MODEL has it; several are separated by commas
#   --build-arg TARGETS=sm86,sm89                with TensorRT-RTX: its engine too, built here, without a GPU
#   --secret id=hf_token,src=FILE                for private and gated models; stays in no layer
#
# None of this needs BuildKit's newest syntax; buildah and podman build it too.

ARG NODE_IMAGE=node:24-bookworm-slim

# ---- What compiles ---------------------------------------------------------------------------------------------------
FROM ${NODE_IMAGE} AS toolchain
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential ca-certificates cmake \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# What is needed to run, and no more: onnxruntime-node comes with binaries for five platforms, and the packages that
# build the addon are of no use once it is built. No package's install script runs: one of them would download CUDA.
FROM toolchain AS packages
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts \
 && npm uninstall --no-save --omit=dev --ignore-scripts cmake-js node-addon-api node-api-headers \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 \
      -not -path "*/linux/$(node -p process.arch)" -exec rm -r {} +

FROM toolchain AS sources
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY binding.gyp CMakeLists.txt tsconfig.json tsconfig.build.json ./
COPY cmake cmake
COPY native native
COPY scripts/install.mjs scripts/

FROM sources AS compiled
COPY scripts/build-page.mjs scripts/bundle-cli.mjs scripts/
COPY scripts/supply-chain/third-party-licences.mjs scripts/supply-chain/
COPY src src
RUN npm run build:ts

# The addon is not optional in an image.
FROM sources AS addon
RUN HORNET_REQUIRE_NATIVE=1 npm run install

# ---- What all targets share ------------------------------------------------------------------------------------------
FROM ${NODE_IMAGE} AS runtime
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 hornet \
 && useradd --uid 10001 --gid hornet --create-home --shell /bin/bash hornet \
 && install --directory --owner hornet --group hornet /data /data/cache \
 && install --directory /opt/hornet \
 && ln -s /app/dist/cli/main.cjs /usr/local/bin/hornet
WORKDIR /app
# What "npm run build-engine", "npm run probe" and require('hornet') need in this folder.
COPY package.json package-lock.json .npmrc LICENSE README.md ./
COPY scripts/check-gpu.mjs scripts/bake-model scripts/
COPY scripts/check-gpu scripts/check-gpu
COPY models models
COPY test/pictures/digit-* test/pictures/
COPY --from=packages /app/node_modules node_modules
COPY --from=compiled /app/dist dist
ENV NODE_ENV=production \
    HOST=:: \
    PORT=3000 \
    HORNET_HOME=/data/cache \
    HORNET_BAKED=/opt/hornet \
    NPM_CONFIG_UPDATE_NOTIFIER=false
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://localhost:${process.env.PORT}/health/live`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm, so that signals reach the server itself; tini reaps what the server's children leave.
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/dist/cli/main.cjs"]
CMD ["serve"]
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG NODE_IMAGE
LABEL org.opencontainers.image.title="Hornet" \
      org.opencontainers.image.description="Serves image classification models over HTTP" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"

# ---- cpu -------------------------------------------------------------------------------------------------------------
FROM runtime AS cpu
COPY --from=addon /app/build/Release/hornet.node build/Release/
ARG MODEL=
# Which of the model's ONNX files: auto is fp32 where it is served on the CPU.
ARG DTYPE=auto
# Another Hub than huggingface.co.
ARG HF_ENDPOINT=
RUN --mount=type=secret,id=hf_token HF_TOKEN_PATH=/run/secrets/hf_token scripts/bake-model "${MODEL}" "${DTYPE}"
ENV HORNET_MODEL=${MODEL} \
    HORNET_OFFLINE=${MODEL:+1}
USER 10001:10001
VOLUME /data

# ---- The addon for GPUs, and TensorRT-RTX ----------------------------------------------------------------------------
# NVIDIA's headers (Apache-2.0) come from the crate trtx-sys. cargo-web is bookworm's newer cargo.
FROM sources AS gpu-addon
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends cargo-web \
 && rm -rf /var/lib/apt/lists/*
COPY scripts/fetch-tensorrt-headers scripts/
RUN scripts/fetch-tensorrt-headers \
 && HORNET_REQUIRE_NATIVE=1 npm run install

# NVIDIA's, and proprietary: its licence is beside it. An image that contains it is for its own maker's use.
FROM toolchain AS rtx-libraries
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-pip \
 && rm -rf /var/lib/apt/lists/*
COPY scripts/fetch-tensorrt-libraries scripts/
# For CUDA 13, which wants a driver from 580 on; tensorrt-rtx-cu12-libs is there too. Another version has another hash.
ARG TENSORRT_RTX=tensorrt-rtx-cu13-libs==1.7.1.116
ARG TENSORRT_RTX_SHA256=e3fd45fed001240d63304e77a2d4006319b839994237cb294b6e7ad72acaabcd
RUN scripts/fetch-tensorrt-libraries rtx

# ---- rtx -------------------------------------------------------------------------------------------------------------
FROM runtime AS rtx
COPY --from=rtx-libraries /app/build/tensorrt-libraries build/tensorrt-libraries
COPY --from=gpu-addon /app/build/Release/hornet.node build/Release/
ARG MODEL=
# What auto prefers on a GPU. Say fp32 where a model has no fp16.
ARG DTYPE=fp16
# Compute capabilities that engines are built for: sm75 (T4), sm86 (A10), sm89 (L4, L40S), sm120, sm121. Where none is
# named, the first boot builds.
ARG TARGETS=
ARG HF_ENDPOINT=
RUN --mount=type=secret,id=hf_token HF_TOKEN_PATH=/run/secrets/hf_token \
    scripts/bake-model "${MODEL}" "${DTYPE}" "${TARGETS}"
ENV HORNET_MODEL=${MODEL} \
    HORNET_OFFLINE=${MODEL:+1} \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
VOLUME /data

# ---- gpu -------------------------------------------------------------------------------------------------------------
# UNVERIFIED: NVIDIA's repository has not been within reach where Hornet is developed; nobody has built this stage yet.
# The default, and so the last one.
FROM runtime AS gpu
# The runtime library with its builder, the ONNX parser, and the compiler of kernels that it opens by itself. Not cuDNN,
# cuBLAS, the plugins' sources, Python or the toolkit. A version of TensorRT from 10.16 on or 11.x (then libnvinfer11).
ARG TENSORRT_MAJOR=10
ARG TENSORRT=10.16.1.11-1+cuda13.2
ARG CUDA=13-2
# Kernels for building on A100 (sm80), A10 (sm86), L4 and L40S (sm89), H100 (sm90). Those of other GPUs are removed.
ARG TENSORRT_KERNELS="sm80 sm86 sm89 sm90"
ARG NVIDIA_REPOSITORY=https://developer.download.nvidia.com/compute/cuda/repos/debian12/x86_64
# hadolint ignore=DL3020
ADD ${NVIDIA_REPOSITORY}/cuda-keyring_1.1-1_all.deb /tmp/cuda-keyring.deb
COPY scripts/install-tensorrt /tmp/
# hadolint ignore=DL3008
RUN apt-get install -y --no-install-recommends /tmp/cuda-keyring.deb \
 && /tmp/install-tensorrt "${TENSORRT_MAJOR}" "${TENSORRT}" "${CUDA}" "${TENSORRT_KERNELS}" \
 && rm -rf /tmp/cuda-keyring.deb /tmp/install-tensorrt /var/lib/apt/lists/*
COPY --from=gpu-addon /app/build/Release/hornet.node build/Release/
ARG MODEL=
ARG DTYPE=fp16
ARG HF_ENDPOINT=
# The engine is built at the first boot, on the GPU itself.
RUN --mount=type=secret,id=hf_token HF_TOKEN_PATH=/run/secrets/hf_token scripts/bake-model "${MODEL}" "${DTYPE}"
ENV HORNET_MODEL=${MODEL} \
    HORNET_OFFLINE=${MODEL:+1} \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
VOLUME /data
