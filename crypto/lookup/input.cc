// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/input.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kInputTag = "proofmark/lookup/v1\0"sv;
constexpr std::string_view kKeyTag = "proofmark/lookup/key/v1\0"sv;

absl::Status AppendField(std::string& input, const char* name, const std::string& field) {
  if (field.empty() || field.size() > kLookupFieldBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("look-up %s: %d characters, not 1 to %d",
                                                      name, field.size(), kLookupFieldBytesMax));
  }
  const bool prepared = std::ranges::all_of(
      field, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
  if (!prepared) {
    return absl::InvalidArgumentError(
        absl::StrFormat("look-up %s: a character that is not A to Z or 0 to 9", name));
  }
  base::AppendLp2(input, field);
  return absl::OkStatus();
}

absl::Status CheckId(const char* name, const std::string& id) {
  const bool visible = std::ranges::all_of(id, [](char c) { return c >= 0x21 && c <= 0x7E; });
  if (!id.empty() && id.size() <= kLookupIdBytesMax && visible) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "look-up %s: not 1 to %d characters of visible ASCII", name, kLookupIdBytesMax));
}

}  // namespace

std::vector<LookupForm> FillableForms(const LookupFields& fields) {
  std::vector<LookupForm> forms;
  if (fields.serial.empty()) return forms;
  forms.push_back(LookupForm::kSerial);
  if (fields.make.empty()) return forms;
  forms.push_back(LookupForm::kMakeAndSerial);
  if (!fields.model.empty()) forms.push_back(LookupForm::kMakeModelAndSerial);
  return forms;
}

absl::StatusOr<std::string> LookupInput(LookupForm form, const LookupFields& fields) {
  std::string input(kInputTag);
  input.push_back(static_cast<char>(form));
  if (form != LookupForm::kSerial) {
    PM_RETURN_IF_ERROR(AppendField(input, "make", fields.make));
  }
  if (form == LookupForm::kMakeModelAndSerial) {
    PM_RETURN_IF_ERROR(AppendField(input, "model", fields.model));
  }
  PM_RETURN_IF_ERROR(AppendField(input, "serial", fields.serial));
  return input;
}

absl::Status CheckLookupTerms(const LookupTerms& terms) {
  PM_RETURN_IF_ERROR(CheckId("responder id", terms.responder_id));
  return CheckId("querier id", terms.querier_id);
}

absl::StatusOr<VoprfKey> DeriveLookupKey(const SecretBytes& master_seed, const LookupTerms& terms) {
  PM_RETURN_IF_ERROR(CheckLookupTerms(terms));
  std::string info(kKeyTag);
  base::AppendLp2(info, terms.responder_id);
  base::AppendLp2(info, terms.querier_id);
  base::AppendU32Be(info, terms.epoch);
  return VoprfKey::Derive(master_seed, info);
}

}  // namespace proofmark::crypto
