// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/console.h"
#include "client/cli/table.h"
#include "forensics/evidence/calibration.h"
#include "proto/wire/common.h"
#include "proto/wire/handling.h"
#include "proto/wire/search.h"
#include "records/exhibit.h"

// How things are called in every table. Says comparison, candidate and level; never a percentage
// of likeness.
namespace proofmark::client::cli {

// "L2 moderately strong support".
std::string LevelText(forensics::Level level);
Style LevelStyle(forensics::Level level);

// "2026-03-01 14:05:09Z"; "2026-03-01" without the time of day.
std::string TimeText(std::int64_t unix_ms);
std::string DateText(std::int64_t unix_ms);

// "1 234 567".
std::string CountText(std::int64_t count);

// What a rule is called in tables: "land count".
std::string RuleText(records::ClassRule rule);

// "320 (50 to 2 100)" from base-10 logarithms.
std::string RatioText(double log10_lr, double log10_low, double log10_high);

// "CUSTOMS, URGENT".
std::string JoinText(const std::vector<std::string>& words);
// The same words, ascending, each once.
std::vector<std::string> Ascending(std::vector<std::string> words);

// The first 12 of 64 hexadecimal digits: enough to tell handles apart on a screen.
std::string ShortHandle(std::string_view handle);

// Under which conditions something was given, and as what.
void AddConditions(const wire::AnswerHandling& handling, wire::ResultUse use, Facts& facts);

// The sentence that must stand wherever a level is shown under a provisional calibration.
inline constexpr std::string_view kProvisional =
    "PROVISIONAL: the calibration rests on generated scans or on few firearms. Levels are for "
    "trying out the system, not for casework.";

}  // namespace proofmark::client::cli
