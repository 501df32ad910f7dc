// SPDX-License-Identifier: Apache-2.0
#include "forensics/profile/profile_csv.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"

namespace proofmark::forensics {
namespace {

constexpr std::string_view kHeading = "x_um,z_um";

// The next line of `rest`, without its end, which is removed from `rest`.
std::string_view TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// The whole of `text` as one number in range.
std::optional<double> ParseMicrometres(std::string_view text) {
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || !std::isfinite(value)) return std::nullopt;
  if (std::abs(value) > kProfileCsvUmMax) return std::nullopt;
  return value;
}

std::optional<std::pair<double, double>> ParsePoint(std::string_view line) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::optional<double> x = ParseMicrometres(line.substr(0, comma));
  const std::optional<double> height = ParseMicrometres(line.substr(comma + 1));
  if (!x.has_value() || !height.has_value()) return std::nullopt;
  return std::pair(*x, *height);
}

}  // namespace

absl::StatusOr<CsvProfile> ParseProfileCsv(std::string_view file) {
  if (file.size() > static_cast<std::size_t>(kProfileCsvBytesMax)) {
    return absl::ResourceExhaustedError(absl::StrFormat("the profile has %d bytes; at most %d",
                                                        file.size(), kProfileCsvBytesMax));
  }
  if (TakeLine(file) != kHeading) {
    return absl::InvalidArgumentError(
        absl::StrFormat("line 1 of the profile is not \"%s\"", kHeading));
  }
  CsvProfile profile;
  for (std::int64_t line_number = 2; !file.empty(); ++line_number) {
    const std::optional<std::pair<double, double>> point = ParsePoint(TakeLine(file));
    if (!point.has_value()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "line %d of the profile is not two numbers within %g um", line_number, kProfileCsvUmMax));
    }
    if (!profile.x_um.empty() && point->first <= profile.x_um.back()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("line %d of the profile: x_um does not increase", line_number));
    }
    if (profile.x_um.size() == static_cast<std::size_t>(kProfileCsvPointsMax)) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("the profile has more than %d points", kProfileCsvPointsMax));
    }
    profile.x_um.push_back(point->first);
    profile.height_um.push_back(point->second);
  }
  if (profile.x_um.size() < 2) {
    return absl::InvalidArgumentError("the profile has fewer than 2 points");
  }
  return profile;
}

}  // namespace proofmark::forensics
