// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/rules.h"

#include <algorithm>

#include "proto/wire/checks.h"
#include "proto/wire/common.h"

namespace proofmark::wire {

absl::Status AddRuleOnce(v1::ClassRule rule, std::string_view field,
                         std::vector<records::ClassRule>& rules) {
  PM_ASSIGN_OR_RETURN(const records::ClassRule known, FromProto(rule, field));
  if (std::find(rules.begin(), rules.end(), known) != rules.end()) {
    return Refuse(field, "", "a rule comes twice");
  }
  rules.push_back(known);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<records::ClassRule>> ReadRules(
    const google::protobuf::RepeatedField<int>& rules, std::string_view field) {
  std::vector<records::ClassRule> known;
  for (int i = 0; i < rules.size(); ++i) {
    PM_RETURN_IF_ERROR(
        AddRuleOnce(static_cast<v1::ClassRule>(rules.Get(i)), At(field, "", i), known));
  }
  return known;
}

}  // namespace proofmark::wire
