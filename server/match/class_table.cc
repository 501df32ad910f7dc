// SPDX-License-Identifier: Apache-2.0
#include "server/match/class_table.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"

namespace proofmark::match {
namespace {

// Of an enumerator that may be missing.
template <typename Enum>
int NumberOf(const std::optional<Enum>& value) {
  return value ? static_cast<int>(*value) : -1;
}

// Equal for equal class data, and only for them.
std::string KeyOf(const ClassData& data) {
  const records::ClassCharacteristics& c = data.characteristics;
  return absl::StrFormat("%d/%d/%d/%d/%a/%d/%d/%d/%d:%s/%s", static_cast<int>(data.kind),
                         c.land_count.value_or(0), NumberOf(c.twist), NumberOf(c.rifling),
                         c.land_width_mean_um.value_or(0.0), NumberOf(c.firing_pin_shape),
                         NumberOf(c.aperture_shape), NumberOf(c.breech_face_class),
                         c.calibre_code.size(), c.calibre_code, c.bullet_class);
}

}  // namespace

std::uint32_t ClassTable::TagOf(ClassData data) {
  std::string key = KeyOf(data);
  base::MutexLock lock(mutex_);
  const auto [at, added] =
      tags_.try_emplace(std::move(key), static_cast<std::uint32_t>(classes_.size()));
  if (added) classes_.push_back(std::move(data));
  return at->second;
}

std::vector<ClassTable::Row> ClassTable::Judge(const ClassFilter& filter) const {
  base::MutexLock lock(mutex_);
  std::vector<Row> rows;
  rows.reserve(classes_.size());
  for (const ClassData& data : classes_) {
    rows.push_back({filter.Judge(data.characteristics), data.kind});
  }
  return rows;
}

}  // namespace proofmark::match
