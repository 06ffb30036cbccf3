#!/bin/sh
# Generates src/onnx/generated/onnx_pb.ts from src/onnx/onnx.proto. Usage: scripts/generate-onnx-schema.sh
# The generator's version is that of the runtime, @bufbuild/protobuf in package.json: raise both together.
# Needs Node 20 and the npm registry; nothing is added to the repository's node_modules.
set -eu
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
npm install --prefix "$tools" --no-save --no-audit --no-fund --loglevel=error \
  @bufbuild/protoc-gen-es@2.17.0 @bufbuild/buf@1.75.0

template="{\"version\":\"v2\",\"plugins\":[{\"local\":\"$tools/node_modules/.bin/protoc-gen-es\",\"out\":\"src/onnx/generated\",\"opt\":[\"target=ts\",\"import_extension=js\"]}]}"
"$tools/node_modules/.bin/buf" generate src/onnx --template "$template"
