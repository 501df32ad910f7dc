#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# recalibrate.sh BUILD MANIFEST [--keep-generated]
# Makes the built-in calibrations again, from the programs in BUILD (build/release) and a labelled set
# of real scans. About ten minutes of processor time for the model of bullets from generated scans;
# --keep-generated leaves that one as it is, which is right only while extractor and comparison of
# lands have not changed. Afterwards build again and run the tests of forensics/evidence.
set -euo pipefail
build=${1:?usage: recalibrate.sh BUILD MANIFEST [--keep-generated]}
manifest=${2:?usage: recalibrate.sh BUILD MANIFEST [--keep-generated]}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cmake --build "$build" --target proofmark proofmark_calibrate_synthetic
if [ "${3:-}" != --keep-generated ]; then
  "$build/forensics/evidence/proofmark_calibrate_synthetic" >"$here/generated_bullets.json.new"
  mv "$here/generated_bullets.json.new" "$here/generated_bullets.json"
fi
"$build/client/proofmark" calibrate --manifest "$manifest" --mark bullet \
  --base "$here/generated_bullets.json" --out "$here/bullets.json" --force
"$build/client/proofmark" calibrate --manifest "$manifest" --mark breech-face \
  --out "$here/breech_faces.json" --force
