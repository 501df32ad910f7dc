// SPDX-License-Identifier: Apache-2.0
#include "server/federation/agreement.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "records/codes.h"

namespace proofmark::federation {
namespace {

AgreementDecision Denied(std::string code, std::string reason) {
  return {.allowed = false, .refusal_code = std::move(code), .reason = std::move(reason)};
}

AgreementDecision Decide(const Partner* partner,
                         const std::set<std::string, std::less<>> Partner::*purposes,
                         std::string_view purpose) {
  if (partner == nullptr) return Denied("NOT_A_PARTNER", "There is no agreement with this agency.");
  if (!records::IsCode(records::PurposeCodes(), purpose)) {
    return Denied("PURPOSE", "The purpose is no code of the shared list.");
  }
  if (!(partner->*purposes).contains(purpose)) {
    return Denied("PURPOSE",
                  absl::StrFormat("The agreement does not cover the purpose %s.", purpose));
  }
  return {.allowed = true, .refusal_code = "", .reason = ""};
}

}  // namespace

AgreementDecision DecideAnswering(const Partner* partner, std::string_view purpose) {
  return Decide(partner, &Partner::answered_purposes, purpose);
}

AgreementDecision DecideAsking(const Partner* partner, std::string_view purpose) {
  return Decide(partner, &Partner::asked_purposes, purpose);
}

}  // namespace proofmark::federation
