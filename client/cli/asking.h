// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/command.h"
#include "proto/wire/search.h"
#include "records/receipt.h"

// What the commands that ask partners at once share, whatever they ask.
namespace proofmark::client::cli {

// --purpose, --case, --offence.
std::vector<Parameter> ReasonOptions();
// --partner.
Parameter PartnerOption();
//   kUsage (fault)  one is no domain of an agency.
absl::Status CheckPartners(const std::vector<std::string>& partners);

// The index of an entry, "-" without one.
std::string EntryText(const std::optional<records::LedgerReceipt>& receipt);

// Why a partner gave no answer; empty where nothing is to be said.
template <typename Result>
std::string Why(const Result& result) {
  if (result.refusal_code.empty()) return result.detail;
  return result.detail.empty() ? result.refusal_code : result.refusal_code + ": " + result.detail;
}

// One partner that did not answer, and why.
struct Unanswered {
  std::string agency;
  wire::PartnerOutcome outcome = wire::PartnerOutcome::kNotAsked;
  std::string why;
};
// How a command ends when nobody answered: an answer that failed verification, else one that was
// away, else refusals. Always a fault.
absl::Status NobodyAnswered(const std::vector<Unanswered>& partners);

template <typename Result>
absl::Status NobodyAnswered(const std::vector<Result>& results) {
  std::vector<Unanswered> partners;
  for (const Result& result : results) {
    partners.push_back({.agency = result.agency, .outcome = result.outcome, .why = Why(result)});
  }
  return NobodyAnswered(partners);
}

}  // namespace proofmark::client::cli
