#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# voprf_test.sh <folder of check.mjs> <voprf_peer> <work folder>
# The npm package @noble/curves asks our side of the private look-up, and is asked by it.
set -euo pipefail

source_folder=$1 peer=$2 work=$3
# Ends the test as skipped, and as failed where everything has to be present.
without() {
  if [[ ${CI:-} == true ]]; then
    echo "FAILED: CI=true and $1"
    exit 1
  fi
  echo "SKIPPED: $1"
  exit 77 # SKIP_RETURN_CODE of the test.
}
command -v node >/dev/null && command -v npm >/dev/null || without "no nodejs or no npm"
mkdir -p "$work"
cp "$source_folder"/{package.json,package-lock.json,check.mjs} "$work"
# What was installed before under the same lock serves without a network.
if ! cmp -s "$work/package-lock.json" "$work/node_modules/.installed"; then
  (cd "$work" && npm ci --silent --no-audit --no-fund) ||
    without "npm cannot install @noble/curves"
  cp "$work/package-lock.json" "$work/node_modules/.installed"
fi
node "$work/check.mjs" "$peer"
