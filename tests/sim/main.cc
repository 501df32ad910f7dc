// SPDX-License-Identifier: Apache-2.0
// Runs of whole federations in one process, each decided by its seed (docs/design/simulator.md):
//   proofmark_sim --seed N [--trace]            one run, and what happened in it
//   proofmark_sim --seeds N [--first M]         many; the exit code says whether all were sound
//   --steps N        acts of people in a run
//   --faults A,B     these kinds alone ("none": none)
//   --bug NAME       with that defect planted
//   --threads N      runs at once
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "tests/sim/series.h"

namespace proofmark::sim {
namespace {

constexpr int kThreadsMax = 64;

struct Order {
  Plan plan;
  std::uint64_t first = 1;
  std::int64_t seeds = 1;
  int threads = 1;
  bool trace = false;
};

template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadFaults(const std::string& text, Names& faults) {
  faults.clear();
  if (text == "none") return true;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string name(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!AllFaults().contains(name)) return false;
    faults.insert(name);
  }
  return true;
}

// False where a word is not understood.
bool ReadOption(Order& order, std::string_view option, const std::string& value) {
  if (option == "--seed" || option == "--first") return ReadNumber(value, order.first);
  if (option == "--seeds") return ReadNumber(value, order.seeds) && order.seeds >= 1;
  if (option == "--steps") return ReadNumber(value, order.plan.acts) && order.plan.acts >= 0;
  if (option == "--faults") return ReadFaults(value, order.plan.faults);
  if (option == "--threads") {
    return ReadNumber(value, order.threads) && order.threads >= 1 && order.threads <= kThreadsMax;
  }
  order.plan.bug = value;
  return option == "--bug" && AllBugs().contains(value);
}

std::optional<Order> Read(const std::vector<std::string>& words) {
  Order order;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--trace") {
      order.trace = true;
    } else if (i + 1 == words.size() || !ReadOption(order, words[i], words[i + 1])) {
      absl::FPrintF(stderr, "proofmark_sim: %s is not understood\n", words[i]);
      return std::nullopt;
    } else {
      ++i;
    }
  }
  return order;
}

int Run(const std::vector<std::string>& words) {
  std::optional<Order> order = Read(words);
  if (!order) return 2;
  // What nodes say of injected faults is no news, but to who follows one run.
  base::SetLogThreshold(order->trace ? base::LogSeverity::kWarning : base::LogSeverity::kError);
  if (order->trace) {
    order->plan.tell = [](std::string_view line) { absl::PrintF("%s\n", std::string(line)); };
  }
  const Series series = RunSeeds(order->plan, SeedsFrom(order->first, order->seeds), order->threads,
                                 [&](std::uint64_t seed, const Outcome& outcome) {
                                   if (!order->trace && !outcome.violation) return;
                                   absl::PrintF("seed %d: trace %s\n", seed,
                                                base::ToHex(base::ByteSpan(outcome.trace_hash)));
                                 });
  absl::PrintF("%s", series.Table());
  return series.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace proofmark::sim

int main(int argc, char** argv) { return proofmark::sim::Run({argv + 1, argv + argc}); }
