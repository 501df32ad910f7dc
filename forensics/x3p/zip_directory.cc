// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/zip_directory.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/x3p/text.h"

namespace proofmark::forensics::x3p {
namespace {

constexpr std::string_view kEndSignature("PK\5\6", 4);
constexpr std::string_view kCentralSignature("PK\1\2", 4);
constexpr std::string_view kLocalSignature("PK\3\4", 4);
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kCentralBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kCommentBytesMax = 0xFFFF;

constexpr std::uint32_t kFlagEncrypted = 1u << 0;
constexpr std::uint32_t kFlagSizesFollow = 1u << 3;
constexpr std::uint32_t kFlagStrongEncryption = 1u << 6;
constexpr std::uint32_t kFlagHeadersMasked = 1u << 13;
constexpr std::uint32_t kMethodStore = 0;
constexpr std::uint32_t kMethodDeflate = 8;

std::uint32_t U16(std::string_view text, std::size_t at) {
  return static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[at])) |
         static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[at + 1])) << 8;
}
std::uint32_t U32(std::string_view text, std::size_t at) {
  return U16(text, at) | U16(text, at + 2) << 16;
}

absl::Status Refused(const std::string& why) {
  return absl::InvalidArgumentError("archive: " + why);
}

struct EndRecord {
  std::size_t at = 0;
  std::uint32_t entries = 0;
  std::uint32_t directory_bytes = 0;
  std::uint32_t directory_offset = 0;
};

// The end record whose comment reaches exactly to the end of the file. A second signature behind it
// would let another reader see another archive.
absl::StatusOr<EndRecord> FindEndRecord(std::string_view file) {
  if (file.empty()) return Refused("the file is empty");
  if (file.substr(0, 2) != "PK") return Refused("not a ZIP archive: it does not begin with 'PK'");
  const std::size_t first =
      file.size() > kEndBytes + kCommentBytesMax ? file.size() - kEndBytes - kCommentBytesMax : 0;
  for (std::size_t at = file.find(kEndSignature, first); at != std::string_view::npos;
       at = file.find(kEndSignature, at + 1)) {
    if (file.size() - at < kEndBytes || U16(file, at + 20) != file.size() - at - kEndBytes)
      continue;
    if (file.find(kEndSignature, at + 1) != std::string_view::npos) {
      return Refused("a second end record hides in the comment");
    }
    EndRecord end{at, U16(file, at + 10), U32(file, at + 12), U32(file, at + 16)};
    if (U16(file, at + 4) != 0 || U16(file, at + 6) != 0 || U16(file, at + 8) != end.entries) {
      return Refused("it is spread over several disks");
    }
    if (end.entries == 0xFFFF || end.directory_bytes == 0xFFFFFFFF ||
        end.directory_offset == 0xFFFFFFFF) {
      return Refused("ZIP64 is not read; an X3P file is far below its sizes");
    }
    return end;
  }
  return Refused("no end record: the file is truncated or has bytes appended");
}

// One central header at `*at`, which moves behind it.
absl::StatusOr<ZipEntry> ReadCentralHeader(std::string_view directory, std::size_t* at,
                                           std::int64_t index) {
  const std::string_view rest = directory.substr(*at);
  if (rest.size() < kCentralBytes || rest.substr(0, 4) != kCentralSignature) {
    return Refused(absl::StrFormat("directory entry %d is missing or damaged", index));
  }
  const std::size_t name_bytes = U16(rest, 28);
  const std::size_t header_bytes = kCentralBytes + name_bytes + U16(rest, 30) + U16(rest, 32);
  if (rest.size() < header_bytes) {
    return Refused(absl::StrFormat("directory entry %d runs past the directory", index));
  }
  const std::string_view name = rest.substr(kCentralBytes, name_bytes);
  if (const absl::Status safe = CheckEntryName(name); !safe.ok()) {
    return Refused(absl::StrFormat("entry %d: %s", index, safe.message()));
  }
  const std::string shown = Quoted(name);
  const std::uint32_t flags = U16(rest, 8);
  if ((flags & (kFlagEncrypted | kFlagStrongEncryption | kFlagHeadersMasked)) != 0) {
    return Refused("entry " + shown + " is encrypted");
  }
  const std::uint32_t method = U16(rest, 10);
  if (method != kMethodStore && method != kMethodDeflate) {
    return Refused(absl::StrFormat(
        "entry %s uses compression method %u, only store (0) and deflate (8) are read", shown,
        method));
  }
  if (U16(rest, 34) != 0) return Refused("entry " + shown + " lies on another disk");
  if (U32(rest, 20) == 0xFFFFFFFF || U32(rest, 24) == 0xFFFFFFFF || U32(rest, 42) == 0xFFFFFFFF) {
    return Refused("entry " + shown + " needs ZIP64, which is not read");
  }
  *at += header_bytes;
  return ZipEntry{std::string(name), index, U32(rest, 20), U32(rest, 24), U32(rest, 42)};
}

// Checks the local header against the directory; gives the end of the entry's data.
absl::StatusOr<std::size_t> CheckLocalHeader(std::string_view before_directory,
                                             const ZipEntry& entry) {
  const std::string shown = Quoted(entry.name);
  const std::size_t at = static_cast<std::size_t>(entry.local_offset);
  if (at > before_directory.size() || before_directory.size() - at < kLocalBytes ||
      before_directory.substr(at, 4) != kLocalSignature) {
    return Refused("entry " + shown + " has no local header where the directory says");
  }
  const std::string_view rest = before_directory.substr(at);
  const std::size_t name_bytes = U16(rest, 26);
  const std::size_t data_at = kLocalBytes + name_bytes + U16(rest, 28);
  const std::size_t data_bytes = static_cast<std::size_t>(entry.compressed_bytes);
  if (rest.size() < data_at || rest.size() - data_at < data_bytes) {
    return Refused("entry " + shown + " runs into the directory");
  }
  if (rest.substr(kLocalBytes, name_bytes) != entry.name) {
    return Refused("entry " + shown + " has another name in its local header: " +
                   Quoted(rest.substr(kLocalBytes, name_bytes)));
  }
  const bool sizes_follow = (U16(rest, 6) & kFlagSizesFollow) != 0;
  const bool sizes_agree =
      U32(rest, 18) == entry.compressed_bytes && U32(rest, 22) == entry.inflated_bytes;
  if (!sizes_follow && !sizes_agree) {
    return Refused("entry " + shown + " has other sizes in its local header");
  }
  return at + data_at + data_bytes;
}

absl::Status CheckNoOverlap(std::string_view before_directory,
                            const std::vector<ZipEntry>& entries) {
  std::vector<std::pair<std::size_t, const ZipEntry*>> by_offset;
  for (const ZipEntry& entry : entries) {
    by_offset.emplace_back(static_cast<std::size_t>(entry.local_offset), &entry);
  }
  std::sort(by_offset.begin(), by_offset.end());
  std::size_t free_from = 0;
  const ZipEntry* previous = nullptr;
  for (const auto& [at, entry] : by_offset) {
    if (at < free_from) {
      return Refused("entries " + Quoted(previous->name) + " and " + Quoted(entry->name) +
                     " overlap");
    }
    PM_ASSIGN_OR_RETURN(free_from, CheckLocalHeader(before_directory, *entry));
    previous = entry;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckEntryName(std::string_view name) {
  const auto refused = [&](const char* why) { return Refused("name " + Quoted(name) + " " + why); };
  if (name.empty()) return refused("is empty");
  if (name.size() > static_cast<std::size_t>(kEntryNameBytesMax)) {
    return refused("is longer than 255 bytes");
  }
  if (FirstInvalidUtf8(name)) return refused("is not UTF-8");
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F; })) {
    return refused("has a control character");
  }
  if (name.find('\\') != std::string_view::npos) return refused("has a backslash");
  if (name.front() == '/') return refused("is absolute");
  if (name.size() >= 2 && name[1] == ':') return refused("has a drive letter");
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t slash = std::min(name.find('/', at), name.size());
    const std::string_view component = name.substr(at, slash - at);
    if (component.empty()) return refused("has an empty component");
    if (component == "." || component == "..") return refused("leaves its folder");
    at = slash + 1;
  }
  return absl::OkStatus();
}

bool IsPackedTooWell(const ZipEntry& entry) {
  return entry.inflated_bytes > kInflationFreeBytes + kInflationRatioMax * entry.compressed_bytes;
}

absl::Status CheckInflatedSizes(const std::vector<ZipEntry>& entries,
                                std::int64_t inflated_bytes_max) {
  std::int64_t total = 0;
  for (const ZipEntry& entry : entries) {
    if (IsPackedTooWell(entry)) {
      return absl::ResourceExhaustedError(absl::StrFormat(
          "archive: entry %s declares %d bytes from %d, more than %d to 1", Quoted(entry.name),
          entry.inflated_bytes, entry.compressed_bytes, kInflationRatioMax));
    }
    total += entry.inflated_bytes;
  }
  if (total > inflated_bytes_max) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "archive: the entries declare %d bytes in sum, at most %d", total, inflated_bytes_max));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ZipEntry>> ReadZipDirectory(base::ByteSpan file,
                                                       std::int64_t entries_max) {
  const std::string_view text = base::AsText(file);
  PM_ASSIGN_OR_RETURN(const EndRecord end, FindEndRecord(text));
  if (end.entries > entries_max) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("archive: %u entries, at most %d", end.entries, entries_max));
  }
  if (std::uint64_t{end.directory_offset} + end.directory_bytes != end.at) {
    return Refused("the directory does not end where the end record begins");
  }
  const std::string_view directory = text.substr(end.directory_offset, end.directory_bytes);
  std::vector<ZipEntry> entries;
  std::unordered_set<std::string> names;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < end.entries; ++i) {
    PM_ASSIGN_OR_RETURN(ZipEntry entry, ReadCentralHeader(directory, &at, i));
    if (!names.insert(entry.name).second) {
      return Refused("two entries are named " + Quoted(entry.name));
    }
    entries.push_back(std::move(entry));
  }
  if (at != directory.size()) return Refused("the directory holds more than its entries");
  PM_RETURN_IF_ERROR(CheckNoOverlap(text.substr(0, end.directory_offset), entries));
  return entries;
}

}  // namespace proofmark::forensics::x3p
