// SPDX-License-Identifier: Apache-2.0
#include "client/cli/words.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "proto/wire/common.h"

namespace proofmark::client::cli {
namespace {

constexpr std::size_t kShortHandleDigits = 12;

std::string FormatUtc(std::int64_t unix_ms, const char* format) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  char text[32];
  if (::gmtime_r(&seconds, &utc) == nullptr) return "-";
  return {text, std::strftime(text, sizeof(text), format, &utc)};
}

// Two significant digits are all that a likelihood ratio supports.
std::string Ratio(double log10_lr) {
  if (log10_lr >= 5.0) return absl::StrFormat("10^%.1f", log10_lr);
  if (log10_lr <= -3.0) return absl::StrFormat("10^%.1f", log10_lr);
  const double value = std::pow(10.0, log10_lr);
  if (value < 10.0) return absl::StrFormat("%.2g", value);
  const double step = std::pow(10.0, std::floor(std::log10(value)) - 1.0);
  return CountText(static_cast<std::int64_t>(std::llround(value / step) * std::llround(step)));
}

}  // namespace

std::string LevelText(forensics::Level level) {
  return absl::StrFormat("%s %s", forensics::LevelName(level), forensics::LevelWords(level));
}

Style LevelStyle(forensics::Level level) {
  if (level >= forensics::Level::kL3) return Style::kBold;
  return level == forensics::Level::kNone ? Style::kDim : Style::kPlain;
}

std::string TimeText(std::int64_t unix_ms) { return FormatUtc(unix_ms, "%Y-%m-%d %H:%M:%SZ"); }
std::string DateText(std::int64_t unix_ms) { return FormatUtc(unix_ms, "%Y-%m-%d"); }

std::string CountText(std::int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ' ');
  return count < 0 ? "-" + digits : digits;
}

std::string RuleText(records::ClassRule rule) {
  std::string text(records::ClassRuleName(rule));
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string RatioText(double log10_lr, double log10_low, double log10_high) {
  return absl::StrFormat("%s (%s to %s)", Ratio(log10_lr), Ratio(log10_low), Ratio(log10_high));
}

std::string JoinText(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> Ascending(std::vector<std::string> words) {
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

void AddConditions(const wire::AnswerHandling& handling, wire::ResultUse use, Facts& facts) {
  std::string codes;
  for (const std::string& code : handling.codes) codes += (codes.empty() ? "" : " ") + code;
  facts.Add("handling", codes, Style::kBold);
  if (handling.Has("H1")) {
    facts.Add("condition", "not in judicial proceedings without the owner's permission");
  }
  if (handling.Has("H2")) {
    facts.Add("condition", "not to be passed on or asked with elsewhere without it either");
  }
  if (handling.Has("H3")) facts.Add("restrictions", handling.restrictions, Style::kBold);
  facts.Add("use", wire::ResultUseText(use), Style::kBold);
  facts.Add("evaluation", handling.source_evaluation + handling.information_evaluation);
}

std::string ShortHandle(std::string_view handle) {
  return base::ToHex(handle).substr(0, kShortHandleDigits);
}

}  // namespace proofmark::client::cli
