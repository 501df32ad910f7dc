// SPDX-License-Identifier: Apache-2.0
#include "server/federation/share_rule.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "records/codes.h"

namespace proofmark::federation {
namespace {

std::string OffenceOf(const std::vector<std::string>& triggers) {
  constexpr std::pair<std::string_view, std::string_view> kSaid[] = {
      {"TERRORISM", "TERRORISM"}, {"CONVERTED", "CONVERSION"}, {"CUSTOMS", "BORDER"}};
  for (const auto& said : kSaid) {
    if (std::ranges::find(triggers, said.first) != triggers.end()) return std::string(said.second);
  }
  return "UNKNOWN";
}

}  // namespace

std::optional<FiredRule> Fire(const ShareRule& rule, const Words& circumstances) {
  FiredRule fired;
  std::ranges::set_intersection(rule.triggers, circumstances, std::back_inserter(fired.triggers));
  if (fired.triggers.empty()) return std::nullopt;
  fired.offence = rule.offence.empty() ? OffenceOf(fired.triggers) : rule.offence;
  fired.urgent = circumstances.contains(records::kUrgentTrigger);
  return fired;
}

}  // namespace proofmark::federation
