// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command.h"

#include <charconv>
#include <limits>

#include "base/check.h"

namespace proofmark::client::cli {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit kUnits[] = {
    {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

}  // namespace

bool Arguments::Has(std::string_view name) const { return !All(name).empty(); }

std::vector<std::string> Arguments::All(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::string Arguments::Text(std::string_view name) const {
  const std::vector<std::string> values = All(name);
  return values.empty() ? std::string() : values.back();
}

// The parser has checked what stands here against the parameter's kind.
std::int64_t Arguments::Integer(std::string_view name) const {
  const std::string text = Text(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  PM_CHECK(error == std::errc() && end == text.data() + text.size());
  return value;
}

double Arguments::Number(std::string_view name) const {
  const std::string text = Text(name);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  PM_CHECK(error == std::errc() && end == text.data() + text.size());
  return value;
}

std::chrono::milliseconds Arguments::Duration(std::string_view name) const {
  const std::optional<std::int64_t> ms = ParseDurationMs(Text(name));
  PM_CHECK(ms.has_value());
  return std::chrono::milliseconds(*ms);
}

bool Arguments::On(std::string_view name) const { return Text(name) == "true"; }

void Arguments::Set(std::string name, std::vector<std::string> values) {
  values_[std::move(name)] = std::move(values);
}

const Command* FindCommand(const Command& root, const std::vector<std::string>& words) {
  const Command* here = &root;
  for (const std::string& word : words) {
    const Command* next = nullptr;
    for (const Command& child : here->children) {
      if (child.name == word) next = &child;
    }
    if (next == nullptr) return nullptr;
    here = next;
  }
  return here;
}

std::optional<std::int64_t> ParseDurationMs(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : kUnits) {
    if (text != unit.name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.ms) return std::nullopt;
    return count * unit.ms;
  }
  return std::nullopt;
}

}  // namespace proofmark::client::cli
