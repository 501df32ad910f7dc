// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "records/submission.h"

namespace proofmark::testing {

inline constexpr std::int64_t kGeneratedLands = 6;

// What a laboratory brings: a header and its files.
struct Brought {
  records::SubmissionHeader header;
  std::vector<std::string> scans;
};

// A bullet shot from generated barrel `barrel`, as X3P files of all its lands. The same arguments
// give the same files. Generated once a process: callers get copies.
Brought GeneratedBullet(std::uint32_t barrel, std::uint32_t shot, const std::string& label);

// A cartridge case fired with generated slide `slide`: its breech face alone, as an X3P file.
Brought GeneratedCaseExhibit(std::uint32_t slide, std::uint32_t shot, const std::string& label);

// Announces `scans[index]` anew after a test changed it.
void Announce(Brought& brought, std::size_t index);

}  // namespace proofmark::testing
