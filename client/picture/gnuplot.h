// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/file.h"

namespace proofmark::client::picture {

enum class Format { kPng, kSvg };

// A picture's text as a gnuplot string that means nothing but itself: in single quotes, in which
// gnuplot expands nothing. Quotes in it become typographic ones, control characters are dropped.
// Use it with `noenhanced`.
std::string Quoted(std::string_view text);

// A canvas of `width` by `height` pixels with readable fonts.
std::string CanvasLine(Format format, int width, int height);

// Runs gnuplot, without a shell and without the user's start-up files, on `script` with `folder` as
// its working folder, and returns the picture. The script names data files by their names in that
// folder; no path from outside appears in it.
//   kProgramMissing, kProgramFailed, kCannotWrite, kCannotRead (faults)
absl::StatusOr<std::string> RunGnuplot(const TemporaryFolder& folder, const std::string& script);

}  // namespace proofmark::client::picture
