// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/profile_csv.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

constexpr std::string_view kHeading = "x_um,z_um";
constexpr double kValueUmMax = 1e6;  // One metre: beyond it a file is not in micrometres.

absl::Status BadLine(std::int64_t line, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("profile line %d: %s", line, what));
}

// Takes the first line off `rest`, without its end (LF or CR LF).
std::string_view TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::string_view TrimSpaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A decimal number and nothing else, whatever the locale; nullopt when it is not or is too large.
std::optional<double> ParseMicrometres(std::string_view text) {
  double value = 0.0;
  const char* end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  if (!(std::abs(value) <= kValueUmMax)) return std::nullopt;  // False for NaN.
  return value;
}

bool IsMissing(std::string_view text) {
  return text.empty() || text == "NA" || text == "NaN" || text == "nan";
}

absl::Status AddLine(std::string_view line, std::int64_t number, double& x_before_um,
                     CrosscutProfile& profile) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) return BadLine(number, "has no comma");
  const std::optional<double> x_um = ParseMicrometres(TrimSpaces(line.substr(0, comma)));
  if (!x_um) return BadLine(number, "x_um is no number within +-1000000");
  if (number > 2 && !(*x_um > x_before_um)) {
    return BadLine(number, absl::StrFormat("x_um is %g, not beyond %g on the line before", *x_um,
                                           x_before_um));
  }
  x_before_um = *x_um;
  const std::string_view height = TrimSpaces(line.substr(comma + 1));
  if (IsMissing(height)) return absl::OkStatus();
  const std::optional<double> height_um = ParseMicrometres(height);
  if (!height_um) return BadLine(number, "z_um is no number within +-1000000");
  profile.x_um.push_back(*x_um);
  profile.height_um.push_back(*height_um);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CrosscutProfile> ParseProfileCsv(base::ByteSpan file) {
  if (static_cast<std::int64_t>(file.size()) > kProfileCsvBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("profile is %d bytes, above %d", file.size(), kProfileCsvBytesMax));
  }
  std::string_view rest = base::AsText(file);
  if (TakeLine(rest) != kHeading) return BadLine(1, "is not the heading x_um,z_um");
  CrosscutProfile profile;
  double x_before_um = 0.0;
  for (std::int64_t number = 2; !rest.empty(); ++number) {
    if (number > kProfileCsvSamplesMax + 1) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("profile has more than %d samples", kProfileCsvSamplesMax));
    }
    const std::string_view line = TakeLine(rest);
    if (static_cast<std::int64_t>(line.size()) > kProfileCsvLineBytesMax) {
      return BadLine(number, absl::StrFormat("is %d bytes long, above %d", line.size(),
                                             kProfileCsvLineBytesMax));
    }
    PM_RETURN_IF_ERROR(AddLine(line, number, x_before_um, profile));
  }
  if (profile.x_um.empty()) return absl::InvalidArgumentError("profile has no measured sample");
  return profile;
}

}  // namespace proofmark::forensics
