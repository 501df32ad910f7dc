// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/search/coarse_land.h"
#include "forensics/search/shift_dots.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

// Lands are kept in blocks of 48, so that six-land bullets leave no gap; no bullet straddles two.
inline constexpr std::int64_t kBlockLanes = 48;
inline constexpr std::int64_t kBlockGroups = kBlockLanes / kDotLanes;
inline constexpr std::int64_t kSegmentBlocksMax = 32;
inline constexpr std::int64_t kEnergyStep = 8;      // Samples between two prefix energies.
inline constexpr std::int64_t kEnergyUnitBits = 3;  // A prefix energy counts eights.
inline constexpr std::int64_t kRecordIdBytesMax = 128;
inline constexpr std::int64_t kExtractorVersionBytesMax = 128;

// What all bullets of a segment have in common, so that one plan of work serves them.
struct SegmentKind {
  std::int64_t slot_width = kCoarseSlotWidths[0];
  bool edges_known = false;     // Both shoulders of every land were seen.
  bool heel_uncertain = false;  // On some land of each bullet.
  std::string extractor_version;
  friend bool operator==(const SegmentKind&, const SegmentKind&) = default;
};

// Forty-eight lands side by side. A view of a segment's memory.
struct BlockView {
  // [group][sample / 4][lane][sample % 4], level plus 128. Each land stands in the middle of its
  // slot.
  const std::uint8_t* levels = nullptr;
  const float* inverse_norm = nullptr;  // [48]; 1 / root of the land's energy, 0 without a land.
  // [slot_width / 8 + 1][48]: energy before sample 8 i, in eights.
  const std::uint16_t* energy_before = nullptr;
};

// Up to 32 blocks of coarse lands, and whose they are. Either its own memory or a view of a file's
// bytes; a copy always has its own. Not thread-safe; const methods may run concurrently.
class BulletSegment {
 public:
  struct Record {
    std::uint32_t tag = 0;  // The owner's; kept, not interpreted.
    std::uint32_t id_begin = 0;
    std::uint8_t id_bytes = 0;
    std::uint8_t block = 0;
    std::uint8_t lane = 0;        // Of its first land.
    std::uint8_t land_count = 0;  // Lanes it takes; 0: it can be compared with nothing.
    bool erased = false;
  };

  explicit BulletSegment(SegmentKind kind);
  BulletSegment(const BulletSegment& other);
  BulletSegment& operator=(const BulletSegment&) = delete;

  // The kind of segment that may hold `bullet`.
  static SegmentKind KindOf(const BulletSignature& bullet);

  // False when it is full. `signature` may be null: then the owner finds it elsewhere when needed.
  // A bullet outside its bounds takes no lanes.
  bool Append(std::string_view id, std::uint32_t tag, const BulletSignature& bullet,
              std::shared_ptr<const BulletSignature> signature);

  // Marks and blanks a record: nothing of its lands remains.
  void Erase(std::int64_t record);
  void SetTag(std::int64_t record, std::uint32_t tag) { At(record).tag = tag; }

  const SegmentKind& kind() const { return kind_; }
  std::int64_t size() const { return static_cast<std::int64_t>(records_.size()); }
  std::int64_t erased_count() const { return erased_count_; }
  std::int64_t block_count() const { return block_count_; }
  const Record& record(std::int64_t i) const { return records_[static_cast<std::size_t>(i)]; }
  std::string_view id(std::int64_t i) const {
    return std::string_view(ids_).substr(record(i).id_begin, record(i).id_bytes);
  }
  const std::shared_ptr<const BulletSignature>& signature(std::int64_t i) const {
    return signatures_[static_cast<std::size_t>(i)];
  }
  BlockView block(std::int64_t i) const;

  // Memory it holds itself, bytes.
  std::int64_t owned_bytes() const;

  // The segment as docs/formats/search-index.md lays it out, checksum included. Signatures are not
  // part of it; neither are tags.
  std::string Serialize() const;

  // A segment over the first bytes of `bytes`, which must be 64-byte aligned and outlive it through
  // `owner`. Moves `bytes` on past it.
  //   kDataLoss  anything at all is not as Serialize writes it; the checksum covers every byte.
  static absl::StatusOr<std::shared_ptr<BulletSegment>> Open(std::span<const std::uint8_t>& bytes,
                                                             std::shared_ptr<const void> owner);

 private:
  struct AlignedDelete {
    void operator()(std::uint8_t* bytes) const;
  };

  Record& At(std::int64_t i) { return records_[static_cast<std::size_t>(i)]; }
  std::int64_t BlockBytes() const;
  std::uint8_t* Writable(std::int64_t block);
  void EnsureOwned();
  // Whether `lands` more fit; opens a new block for them when the last is full.
  bool MakeRoom(std::int64_t lands);
  void PutLand(std::int64_t block, std::int64_t lane, const CoarseLand* land);

  SegmentKind kind_;
  std::vector<Record> records_;
  std::vector<std::shared_ptr<const BulletSignature>> signatures_;
  std::string ids_;
  std::int64_t erased_count_ = 0;
  std::int64_t block_count_ = 0;
  std::int64_t lanes_used_ = kBlockLanes;  // Of the last block.
  std::unique_ptr<std::uint8_t[], AlignedDelete> own_;
  const std::uint8_t* blocks_ = nullptr;  // own_ or within owner_.
  std::shared_ptr<const void> owner_;
};

}  // namespace proofmark::forensics
