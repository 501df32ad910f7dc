// SPDX-License-Identifier: Apache-2.0
// BulletSegment's form in a file: docs/formats/search-index.md.
#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "forensics/search/bullet_segment.h"

namespace proofmark::forensics {
namespace {

// Blocks are used where they lie, so their numbers are in the machine's order.
static_assert(std::endian::native == std::endian::little);

constexpr char kMagic[8] = {'P', 'M', 'S', 'E', 'G', 'M', '0', '1'};
constexpr std::uint32_t kEdgesKnown = 1U << 0;
constexpr std::uint32_t kHeelUncertain = 1U << 1;
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kChecksumBytes = 32;

struct Header {
  char magic[8];
  std::uint32_t slot_width;
  std::uint32_t flags;
  std::uint32_t block_count;
  std::uint32_t record_count;
  std::uint32_t id_bytes;
  std::uint32_t version_bytes;
  std::uint32_t lanes_used;
  std::uint32_t zero;
  std::uint64_t total_bytes;
  std::uint8_t zeros[16];
};
static_assert(sizeof(Header) == kAlignment);

struct StoredRecord {
  std::uint32_t id_begin;
  std::uint8_t id_bytes;
  std::uint8_t block;
  std::uint8_t lane;
  std::uint8_t land_count;
};
static_assert(sizeof(StoredRecord) == 8);

template <typename T>
void AppendRaw(const T& value, std::string& to) {
  to.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::uint64_t RoundUp(std::uint64_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrFormat("index segment: %s", what));
}

// Everything the header says, before anything is read or allocated by it.
absl::Status CheckHeader(const Header& header, std::uint64_t available, std::uint64_t needed) {
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0) return Damaged("magic");
  if (header.total_bytes != needed || needed > available) return Damaged("length");
  return absl::OkStatus();
}

absl::Status CheckBounds(const Header& header) {
  if (std::find(kCoarseSlotWidths.begin(), kCoarseSlotWidths.end(), header.slot_width) ==
      kCoarseSlotWidths.end()) {
    return Damaged("slot width");
  }
  if ((header.flags & ~(kEdgesKnown | kHeelUncertain)) != 0) return Damaged("flags");
  if (header.block_count > kSegmentBlocksMax) return Damaged("block count");
  if (header.record_count > kSegmentBlocksMax * kBlockLanes) return Damaged("record count");
  if (header.id_bytes > header.record_count * kRecordIdBytesMax) return Damaged("id bytes");
  if (header.version_bytes > kExtractorVersionBytesMax) return Damaged("version bytes");
  if (header.lanes_used > kBlockLanes) return Damaged("lanes used");
  if (header.zero != 0 || std::any_of(std::begin(header.zeros), std::end(header.zeros),
                                      [](std::uint8_t byte) { return byte != 0; })) {
    return Damaged("header");
  }
  return absl::OkStatus();
}

// Searches index by these numbers, so a file that is whole and was never ours must not pass.
// Records stand one behind the other, in the ids as in the lanes.
class RecordCheck {
 public:
  explicit RecordCheck(const Header& header) : header_(header) {}

  absl::Status Next(const StoredRecord& stored) {
    if (stored.id_begin < id_end_ ||
        std::uint64_t{stored.id_begin} + stored.id_bytes > header_.id_bytes) {
      return Damaged("record's id out of bounds");
    }
    id_end_ = stored.id_begin + stored.id_bytes;
    if (stored.land_count == 0) return absl::OkStatus();
    const std::uint32_t begin = stored.block * kLanes + stored.lane;
    const std::uint32_t end = begin + stored.land_count;
    const std::uint32_t lanes = (header_.block_count - 1) * kLanes + header_.lanes_used;
    if (stored.land_count > kBulletLandsMax || stored.lane + stored.land_count > kBlockLanes ||
        header_.block_count == 0 || begin < lane_end_ || end > lanes) {
      return Damaged("record's lands out of bounds");
    }
    lane_end_ = end;
    return absl::OkStatus();
  }

 private:
  static constexpr std::uint32_t kLanes = static_cast<std::uint32_t>(kBlockLanes);
  const Header& header_;
  std::uint32_t id_end_ = 0;
  std::uint32_t lane_end_ = 0;
};

// 1 / root of a sum of squares of whole numbers, or nothing: a score that is no number would have
// no place in any order.
absl::Status CheckNorms(const BlockView& block) {
  const bool good = std::all_of(block.inverse_norm, block.inverse_norm + kBlockLanes,
                                [](float norm) { return norm >= 0.0F && norm <= 1.0F; });
  return good ? absl::OkStatus() : Damaged("norm out of bounds");
}

}  // namespace

std::string BulletSegment::Serialize() const {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.slot_width = static_cast<std::uint32_t>(kind_.slot_width);
  header.flags =
      (kind_.edges_known ? kEdgesKnown : 0) | (kind_.heel_uncertain ? kHeelUncertain : 0);
  header.block_count = static_cast<std::uint32_t>(block_count_);
  header.record_count = static_cast<std::uint32_t>(records_.size());
  header.id_bytes = static_cast<std::uint32_t>(ids_.size());
  header.version_bytes = static_cast<std::uint32_t>(kind_.extractor_version.size());
  header.lanes_used = static_cast<std::uint32_t>(lanes_used_);
  const std::uint64_t block_bytes = static_cast<std::uint64_t>(block_count_ * BlockBytes());
  header.total_bytes =
      RoundUp(sizeof(Header) + block_bytes + records_.size() * sizeof(StoredRecord) + ids_.size() +
              kind_.extractor_version.size() + kChecksumBytes);
  std::string bytes;
  bytes.reserve(header.total_bytes);
  AppendRaw(header, bytes);
  if (block_count_ > 0) bytes.append(reinterpret_cast<const char*>(blocks_), block_bytes);
  for (const Record& record : records_) {
    // An erased record keeps its lanes and has no name.
    AppendRaw(StoredRecord{record.id_begin, record.erased ? std::uint8_t{0} : record.id_bytes,
                           record.block, record.lane, record.land_count},
              bytes);
  }
  bytes += ids_;
  bytes += kind_.extractor_version;
  bytes.resize(header.total_bytes - kChecksumBytes);
  bytes += crypto::AsText(crypto::Sha256(bytes));
  return bytes;
}

absl::StatusOr<std::shared_ptr<BulletSegment>> BulletSegment::Open(
    std::span<const std::uint8_t>& bytes, std::shared_ptr<const void> owner) {
  Header header;
  if (bytes.size() < sizeof(header)) return Damaged("shorter than a header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  PM_RETURN_IF_ERROR(CheckBounds(header));
  SegmentKind kind;
  kind.slot_width = header.slot_width;
  kind.edges_known = (header.flags & kEdgesKnown) != 0;
  kind.heel_uncertain = (header.flags & kHeelUncertain) != 0;
  auto segment = std::make_shared<BulletSegment>(std::move(kind));
  const std::uint64_t block_bytes =
      header.block_count * static_cast<std::uint64_t>(segment->BlockBytes());
  const std::uint64_t records_at = sizeof(Header) + block_bytes;
  const std::uint64_t ids_at = records_at + header.record_count * sizeof(StoredRecord);
  const std::uint64_t version_at = ids_at + header.id_bytes;
  PM_RETURN_IF_ERROR(CheckHeader(header, bytes.size(),
                                 RoundUp(version_at + header.version_bytes + kChecksumBytes)));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), header.total_bytes);
  const std::size_t covered = text.size() - kChecksumBytes;
  if (crypto::AsText(crypto::Sha256(text.substr(0, covered))) != text.substr(covered)) {
    return Damaged("checksum");
  }
  const std::string_view padding =
      text.substr(0, covered).substr(version_at + header.version_bytes);
  if (padding.find_first_not_of('\0') != std::string_view::npos) return Damaged("padding");

  segment->kind_.extractor_version = text.substr(version_at, header.version_bytes);
  segment->ids_ = text.substr(ids_at, header.id_bytes);
  segment->block_count_ = header.block_count;
  segment->lanes_used_ = header.lanes_used;
  segment->signatures_.resize(header.record_count);
  segment->records_.reserve(header.record_count);
  RecordCheck check(header);
  for (std::uint32_t i = 0; i < header.record_count; ++i) {
    StoredRecord stored;
    std::memcpy(&stored, bytes.data() + records_at + i * sizeof(stored), sizeof(stored));
    PM_RETURN_IF_ERROR(check.Next(stored));
    Record record;
    record.id_begin = stored.id_begin;
    record.id_bytes = stored.id_bytes;
    record.block = stored.block;
    record.lane = stored.lane;
    record.land_count = stored.land_count;
    record.erased = stored.id_bytes == 0;
    if (record.erased) ++segment->erased_count_;
    segment->records_.push_back(record);
  }
  segment->blocks_ = bytes.data() + sizeof(Header);
  segment->owner_ = std::move(owner);
  for (std::int64_t i = 0; i < segment->block_count(); ++i) {
    PM_RETURN_IF_ERROR(CheckNorms(segment->block(i)));
  }
  bytes = bytes.subspan(header.total_bytes);
  return segment;
}

}  // namespace proofmark::forensics
