// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/checks.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "absl/strings/str_format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/unknown_field_set.h"
#include "proto/wire/common.h"
#include "records/exhibit.h"
#include "records/text.h"

namespace proofmark::wire {
namespace {

// Messages of ours do not contain themselves, so the depth is that of the schema.
bool HasUnknownFields(const google::protobuf::Message& message) {
  using google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> present;
  reflection.ListFields(message, &present);
  for (const FieldDescriptor* field : present) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (HasUnknownFields(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (HasUnknownFields(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

}  // namespace

std::string At(std::string_view parent, std::string_view name) {
  if (parent.empty()) return std::string(name);
  if (name.empty()) return std::string(parent);
  return absl::StrFormat("%s.%s", parent, name);
}

std::string At(std::string_view parent, std::string_view name, int index) {
  return absl::StrFormat("%s[%d]", At(parent, name), index);
}

absl::Status Refuse(std::string_view parent, std::string_view name, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: %s", At(parent, name), why));
}

absl::Status Under(std::string_view parent, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), At(parent, std::string(status.message())));
}

absl::Status CheckInteger(std::string_view parent, std::string_view name, std::int64_t value,
                          std::int64_t min, std::int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return Refuse(parent, name, absl::StrFormat("%d, must be %d..%d", value, min, max));
}

absl::Status CheckNumber(std::string_view parent, std::string_view name, double value, double min,
                         double max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return Refuse(parent, name,
                absl::StrFormat("%g, must be within [%.15g, %.15g]", value, min, max));
}

absl::Status CheckCount(std::string_view parent, std::string_view name, int count, int min,
                        std::int64_t max) {
  if (count >= min && count <= max) return absl::OkStatus();
  return Refuse(parent, name, absl::StrFormat("%d entries, must be %d..%d", count, min, max));
}

absl::Status CheckBytes(std::string_view parent, std::string_view name, std::string_view bytes,
                        std::int64_t min, std::int64_t max) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size >= min && size <= max) return absl::OkStatus();
  return Refuse(parent, name,
                min == max ? absl::StrFormat("%d bytes, must be %d", size, min)
                           : absl::StrFormat("%d bytes, must be %d..%d", size, min, max));
}

absl::Status CheckPresent(std::string_view parent, std::string_view name, bool present) {
  return present ? absl::OkStatus() : Refuse(parent, name, "absent");
}

absl::Status CheckText(std::string_view parent, std::string_view name, std::string_view text,
                       std::int64_t min, std::int64_t max) {
  PM_RETURN_IF_ERROR(CheckBytes(parent, name, text, min, max));
  if (records::IsPlainText(text)) return absl::OkStatus();
  return Refuse(parent, name, "must be UTF-8 without control characters");
}

absl::Status CheckAscii(std::string_view parent, std::string_view name, std::string_view text,
                        std::int64_t min, std::int64_t max) {
  PM_RETURN_IF_ERROR(CheckBytes(parent, name, text, min, max));
  if (records::IsPrintableAscii(text)) return absl::OkStatus();
  return Refuse(parent, name, "must be printable ASCII");
}

absl::Status CheckId(std::string_view parent, std::string_view name, std::string_view id) {
  if (records::IsId(id)) return absl::OkStatus();
  return Refuse(parent, name, "must be 32 lower-case hexadecimal digits");
}

absl::Status CheckCode(std::string_view parent, std::string_view name, std::string_view code) {
  if (records::IsCodeText(code)) return absl::OkStatus();
  return Refuse(parent, name, "must be 1..32 characters [A-Z0-9_]");
}

absl::Status CheckOptionalCode(std::string_view parent, std::string_view name,
                               std::string_view code) {
  return code.empty() ? absl::OkStatus() : CheckCode(parent, name, code);
}

absl::Status CheckDomain(std::string_view parent, std::string_view name, std::string_view domain) {
  PM_RETURN_IF_ERROR(CheckBytes(parent, name, domain, 1, kPartyBytesMax));
  const bool in_alphabet = std::all_of(domain.begin(), domain.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  return in_alphabet ? absl::OkStatus() : Refuse(parent, name, "must be characters [a-z0-9.-]");
}

absl::StatusOr<crypto::Sha256Digest> ReadDigest(std::string_view parent, std::string_view name,
                                                std::string_view bytes) {
  crypto::Sha256Digest digest;
  PM_RETURN_IF_ERROR(CheckBytes(parent, name, bytes, std::ssize(digest), std::ssize(digest)));
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

absl::Status ParseStrictly(std::string_view bytes, std::int64_t bytes_max, std::string_view what,
                           google::protobuf::Message& message) {
  PM_RETURN_IF_ERROR(CheckBytes("", what, bytes, 0, bytes_max));
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Refuse("", what, "not a message of this type");
  }
  if (HasUnknownFields(message)) {
    return Refuse("", what, "contains a field this version does not know");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> WriteBytes(const google::protobuf::Message& message,
                                       std::int64_t bytes_max, std::string_view what) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    if (!message.SerializeToCodedStream(&out)) {
      return absl::InternalError(absl::StrFormat("%s: cannot be written", what));
    }
  }
  PM_RETURN_IF_ERROR(CheckBytes("", what, bytes, 0, bytes_max));
  return bytes;
}

}  // namespace proofmark::wire
