// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_log.h"

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/tile.h"
#include "crypto/tlog/tlog_proof.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

using crypto::NoteKeyType;
using records::EntryKind;

constexpr auto kWidth = static_cast<std::uint64_t>(crypto::kTileWidth);

crypto::SigningKey KeyOf(std::uint64_t seed) {
  SeededRandom random(seed);
  return crypto::SigningKey::Generate(random);
}

std::string WitnessName(std::size_t i) { return absl::StrFormat("witness%d.example/w", i); }

std::string HexOf(std::mt19937_64& engine, int digits) {
  std::string text;
  while (static_cast<int>(text.size()) < digits) text += absl::StrFormat("%016x", engine());
  return text.substr(0, static_cast<std::size_t>(digits));
}

}  // namespace

MemoryLog::MemoryLog(std::uint64_t seed, std::string domain, int witness_count)
    : domain_(std::move(domain)), log_key_(KeyOf(seed)) {
  for (int i = 0; i < witness_count; ++i) {
    witness_keys_.push_back(KeyOf(seed * 1000 + 1 + static_cast<std::uint64_t>(i)));
  }
}

std::uint64_t MemoryLog::Append(records::EntryDraft draft, std::int64_t unix_ms) {
  last_ms_ = unix_ms >= 0 ? unix_ms : last_ms_ + 1000;
  const auto bytes = records::FormatEntry(
      {.seq = size(), .unix_ms = last_ms_, .node = node(), .draft = std::move(draft)});
  PM_CHECK(bytes.ok());
  AppendRaw(*bytes);
  return size() - 1;
}

void MemoryLog::AppendRaw(std::string bytes) {
  leaves_.push_back(crypto::LeafHash(bytes));
  frontier_.Append(leaves_.back());
  entries_.push_back(std::move(bytes));
}

void MemoryLog::AppendMany(std::uint64_t count, std::uint64_t seed) {
  static constexpr std::array kKinds = {EntryKind::kSubmit, EntryKind::kQueryOut,
                                        EntryKind::kQueryIn, EntryKind::kAnswerIn,
                                        EntryKind::kAdminRead};
  std::mt19937_64 engine(seed);
  for (std::uint64_t i = 0; i < count; ++i) {
    records::EntryDraft draft;
    draft.kind = kKinds[engine() % kKinds.size()];
    draft.outcome = "ANSWERED";
    draft.actor = "p" + std::to_string(engine() % 10);
    draft.count = engine() % 20;
    if (draft.kind != EntryKind::kAdminRead) {
      draft.purpose = "HOMICIDE";
      draft.case_commitment = HexOf(engine, 64);
      draft.exchange = HexOf(engine, 32);
      draft.peer = "spiffe://police.example/proofmark/node/b2";
      draft.request_hash = HexOf(engine, 64);
      draft.response_hash = HexOf(engine, 64);
    }
    Append(std::move(draft));
  }
}

void MemoryLog::Publish(int witnesses) {
  auto note = crypto::SignCheckpoint({.origin = origin(), .size = size(), .root = frontier_.Root()},
                                     log_key_);
  PM_CHECK(note.ok());
  for (std::size_t i = 0; i < static_cast<std::size_t>(witnesses); ++i) {
    const auto line =
        crypto::CosignNoteText(note->text, WitnessName(i), witness_keys_[i], kNow_s - 100);
    PM_CHECK(line.ok());
    note->signatures.push_back(*line);
  }
  Published published{.size = size(), .note = crypto::FormatNote(*note)};
  if (!published_.empty() && published_.back().size == size()) {
    published_.back() = std::move(published);
  } else {
    published_.push_back(std::move(published));
  }
}

std::string MemoryLog::PolicyText(std::size_t threshold) const {
  const auto key = [](std::string_view name, NoteKeyType type, const crypto::SigningKey& of) {
    return *crypto::MakeVerifierKey(name, type, of.verifying_key());
  };
  const std::array logs = {key(origin(), NoteKeyType::kNote, log_key_)};
  std::vector<crypto::NoteVerifierKey> witnesses;
  for (std::size_t i = 0; i < witness_keys_.size(); ++i) {
    witnesses.push_back(key(WitnessName(i), NoteKeyType::kCosignature, witness_keys_[i]));
  }
  const auto text = crypto::FormatPolicy(logs, witnesses, threshold);
  PM_CHECK(text.ok());
  return *text;
}

crypto::Policy MemoryLog::Policy(std::size_t threshold) const {
  auto policy = crypto::Policy::Parse(PolicyText(threshold));
  PM_CHECK(policy.ok());
  return *std::move(policy);
}

std::string MemoryLog::Receipt(std::uint64_t index) const {
  const Published& latest = published_.back();
  const auto leaves = std::span(leaves_).first(latest.size);
  const auto inclusion =
      crypto::BuildInclusionProof(index, latest.size, crypto::ReadLeaves(leaves));
  PM_CHECK(inclusion.ok());
  const auto text = crypto::FormatTlogProof(
      {.index = index, .inclusion = *inclusion, .checkpoint_note = latest.note});
  PM_CHECK(text.ok());
  return *text;
}

absl::StatusOr<std::string> MemoryLog::LatestCheckpoint() {
  return published_.empty() ? std::string() : published_.back().note;
}

absl::StatusOr<std::vector<std::string>> MemoryLog::CheckpointsAfter(std::uint64_t size) {
  constexpr std::size_t kPage = 3;  // Small, so that pages are turned.
  std::vector<std::string> notes;
  for (const Published& published : published_) {
    if (published.size > size && notes.size() < kPage) notes.push_back(published.note);
  }
  return notes;
}

absl::StatusOr<std::string> MemoryLog::TreeFile(const std::string& path) {
  if (const auto tile = crypto::ParseTilePath(path); tile.ok()) {
    return crypto::EncodeTile(*tile, crypto::ReadLeaves(leaves_));
  }
  PM_ASSIGN_OR_RETURN(const crypto::BundleAddress bundle, crypto::ParseBundlePath(path));
  const std::uint64_t first = bundle.index * kWidth;
  if (first + static_cast<std::uint64_t>(bundle.width) > size()) {
    return absl::NotFoundError("no such bundle");
  }
  return crypto::EncodeBundle(
      std::span(entries_).subspan(first, static_cast<std::size_t>(bundle.width)));
}

}  // namespace proofmark::testing
