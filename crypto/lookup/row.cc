// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/row.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/openssl/aes256_gcm.h"
#include "crypto/voprf/voprf.h"

namespace proofmark::crypto {
namespace {

constexpr std::byte kLabelVersion{1};
constexpr std::size_t kStateGroupAt = 1;
constexpr std::size_t kHandleAt = 8;
constexpr std::array<std::byte, kGcmNonceBytes> kNonce{};

static_assert(kLookupTagBytes + kLookupLabelBytes + kGcmTagBytes == kLookupRowBytes);

Sha256Digest Derive(const char* what, const RowPlace& place) {
  PM_CHECK(place.output.size() == kVoprfOutputBytes);
  PM_CHECK(place.duplicate >= 0 && place.duplicate < kLookupDuplicatesMax);
  std::string message(what);
  message.push_back(0);
  message += base::AsText(place.snapshot_id);
  message.push_back(static_cast<char>(place.duplicate));
  return HmacSha256(place.output.ExposeForOpenSsl(), message);
}

Aes256GcmPass Cipher(GcmDirection direction, const RowPlace& place, const LookupTag& tag) {
  Sha256Digest key = Derive("pmlk1 key", place);
  std::string authenticated = "pmlk1";
  authenticated += base::AsText(place.snapshot_id);
  authenticated += base::AsText(tag);
  return Aes256GcmPass(direction, SecretBytes::TakeFrom(key), kNonce, authenticated);
}

}  // namespace

LookupLabelBytes ToBytes(const LookupLabel& label) {
  PM_CHECK(label.state_group != 0);
  LookupLabelBytes bytes{};
  bytes[0] = kLabelVersion;
  bytes[kStateGroupAt] = static_cast<std::byte>(label.state_group);
  std::ranges::copy(label.handle, bytes.begin() + kHandleAt);
  return bytes;
}

absl::StatusOr<LookupLabel> ParseLookupLabel(const LookupLabelBytes& bytes) {
  LookupLabel label{.state_group = std::to_integer<std::uint8_t>(bytes[kStateGroupAt])};
  std::copy_n(bytes.begin() + kHandleAt, label.handle.size(), label.handle.begin());
  if (bytes[0] != kLabelVersion) {
    return absl::InvalidArgumentError("look-up label: a version that is not known here");
  }
  if (label.state_group == 0) return absl::InvalidArgumentError("look-up label: no state group");
  if (ToBytes(label) != bytes) {
    return absl::InvalidArgumentError("look-up label: a byte that has to be zero is not");
  }
  return label;
}

LookupTag TagOf(const RowPlace& place) {
  const Sha256Digest digest = Derive("pmlk1 tag", place);
  LookupTag tag;
  std::copy_n(digest.begin(), tag.size(), tag.begin());
  return tag;
}

LookupRow SealRow(const RowPlace& place, const LookupLabelBytes& label) {
  const LookupTag tag = TagOf(place);
  LookupRow row;
  const std::span<std::byte> bytes(row);
  std::ranges::copy(tag, bytes.begin());
  Aes256GcmPass cipher = Cipher(GcmDirection::kSeal, place, tag);
  cipher.Transform(label, bytes.subspan(kLookupTagBytes, kLookupLabelBytes));
  cipher.FinishSealing(bytes.last(kGcmTagBytes));
  return row;
}

absl::StatusOr<LookupLabelBytes> OpenRow(const RowPlace& place, std::string_view row) {
  PM_CHECK(row.size() == kLookupRowBytes);
  const base::ByteSpan bytes = base::AsBytes(row);
  const LookupTag tag = TagOf(place);
  LookupLabelBytes label;
  Aes256GcmPass cipher = Cipher(GcmDirection::kOpen, place, tag);
  cipher.Transform(bytes.subspan(kLookupTagBytes, kLookupLabelBytes), label);
  const bool authentic = cipher.FinishOpening(bytes.last(kGcmTagBytes));
  if (!authentic || !std::ranges::equal(bytes.first(kLookupTagBytes), tag)) {
    return absl::DataLossError("look-up table: a row does not open");
  }
  return label;
}

}  // namespace proofmark::crypto
