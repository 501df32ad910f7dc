// SPDX-License-Identifier: Apache-2.0
#include "client/cli/progress.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kBarCells = 24;
constexpr std::chrono::milliseconds kRedraw{100};  // Faster only costs time.
constexpr double kRateAfterMs = 500.0;             // Before that a rate is noise.

}  // namespace

std::string BytesText(std::int64_t bytes) {
  constexpr std::array<const char*, 4> kUnits = {"kB", "MB", "GB", "TB"};
  if (bytes < 1'000) return absl::StrFormat("%d B", bytes);
  double value = static_cast<double>(bytes) / 1'000.0;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1'000.0;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string DurationText(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms < 10'000) return absl::StrFormat("%.1f s", static_cast<double>(ms) / 1'000.0);
  const std::int64_t s = (ms + 500) / 1'000;
  if (s < 60) return absl::StrFormat("%d s", s);
  if (s < 3'600) return absl::StrFormat("%d min %d s", s / 60, s % 60);
  return absl::StrFormat("%d h %d min", s / 3'600, s % 3'600 / 60);
}

std::string ProgressText(const Work& work, std::chrono::milliseconds elapsed) {
  const bool bytes = work.bytes_total > 0;
  const auto done = static_cast<double>(bytes ? work.bytes_done : work.done);
  const auto total = static_cast<double>(bytes ? work.bytes_total : work.total);
  const double share = total > 0.0 ? std::clamp(done / total, 0.0, 1.0) : 0.0;
  const auto cells = static_cast<std::int64_t>(share * static_cast<double>(kBarCells));
  std::string bar(static_cast<std::size_t>(cells), '=');
  if (cells < kBarCells) bar += '>';
  bar.resize(static_cast<std::size_t>(kBarCells), ' ');
  std::string text = absl::StrFormat("%s [%s] %d/%d", work.what, bar, work.done, work.total);
  if (bytes) {
    text += absl::StrFormat("  %s/%s", BytesText(work.bytes_done), BytesText(work.bytes_total));
  }
  const auto ms = static_cast<double>(elapsed.count());
  if (ms >= kRateAfterMs && done > 0.0) {
    const double per_ms = done / ms;
    text += bytes ? absl::StrFormat("  %s/s", BytesText(static_cast<std::int64_t>(per_ms * 1e3)))
                  : absl::StrFormat("  %.1f/s", per_ms * 1e3);
    if (done < total) {
      const auto left = static_cast<std::int64_t>((total - done) / per_ms);
      text += absl::StrFormat("  %s left", DurationText(std::chrono::milliseconds(left)));
    }
  }
  return text;
}

Progress::Progress(Console& console, const base::Clock& clock)
    : clock_(clock), start_(clock.Steady()), console_(console), drawn_at_(start_ - kRedraw) {}

void Progress::Show(const Work& work) {
  const std::chrono::steady_clock::time_point now = clock_.Steady();
  base::MutexLock lock(mutex_);
  last_ = work;
  if (!console_.options().err_terminal || now - drawn_at_ < kRedraw) return;
  std::string line =
      ProgressText(work, std::chrono::duration_cast<std::chrono::milliseconds>(now - start_));
  const auto width = static_cast<std::size_t>(console_.options().width - 1);
  if (line.size() > width) line.resize(width);
  Erase();
  console_.err() << line << std::flush;
  drawn_ = true;
  drawn_at_ = now;
}

void Progress::Finish() {
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Steady() - start_);
  base::MutexLock lock(mutex_);
  Erase();
  if (last_.what.empty()) return;
  std::string line = absl::StrFormat("%s: %d of %d", last_.what, last_.done, last_.total);
  if (last_.bytes_total > 0) line += ", " + BytesText(last_.bytes_done);
  console_.err() << line << " in " << DurationText(elapsed) << '\n';
}

void Progress::Erase() {
  if (drawn_) console_.err() << "\r\x1b[K";
  drawn_ = false;
}

}  // namespace proofmark::client::cli
