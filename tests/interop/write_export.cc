// SPDX-License-Identifier: Apache-2.0
// write_export <folder> <entries>: writes a log as an exported folder, through crypto/tlog alone,
// for verify_export to judge. The keys come from a fixed seed and protect nothing.
//   checkpoint, tile/..., tile/entries/...   docs/formats/transparency-log.md
//   checkpoints/<size>                       older checkpoints, cosigned too
//   proofs/<index>.tlog-proof                built from the tiles as written
//   vkeys                                    the log's and the witnesses' verifier keys
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "crypto/sign/key_id.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/policy.h"
#include "crypto/tlog/tile.h"
#include "crypto/tlog/tlog_proof.h"
#include "tests/support/seeded_random.h"

namespace proofmark {
namespace {

constexpr std::int64_t kTime_s = 1'800'000'000;
constexpr char kOrigin[] = "alpha.example/proofmark/node-1/log";
constexpr const char* kWitnesses[] = {"beta.example/proofmark/node-1/witness",
                                      "gamma.example/proofmark/node-1/witness"};

void Write(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  PM_CHECK(out.flush().good());
}

absl::StatusOr<std::string> Read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(path.string());
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

class Exporter {
 public:
  Exporter(std::filesystem::path folder, std::uint64_t size)
      : folder_(std::move(folder)), size_(size) {
    for (std::uint64_t i = 0; i < size; ++i) {
      entries_.push_back(absl::StrFormat("proofmark/audit/v1\nseq %d\nkind start\n", i));
      leaves_.push_back(crypto::LeafHash(entries_.back()));
    }
  }

  void WriteAll() {
    WriteKeys();
    WriteFiles();
    Write(folder_ / "checkpoint", Note(size_));
    for (const std::uint64_t older : {size_ / 2, size_ / 256 * 256, std::uint64_t{1}}) {
      Write(folder_ / "checkpoints" / std::to_string(older), Note(older));
    }
    for (const std::uint64_t index : {std::uint64_t{0}, size_ / 3, size_ - 1}) WriteProof(index);
  }

 private:
  std::vector<crypto::NoteVerifierKey> WitnessKeys() const {
    std::vector<crypto::NoteVerifierKey> keys;
    for (std::size_t i = 0; i < std::size(kWitnesses); ++i) {
      keys.push_back(crypto::MakeVerifierKey(kWitnesses[i], crypto::NoteKeyType::kCosignature,
                                             witnesses_[i].verifying_key())
                         .value());
    }
    return keys;
  }

  crypto::NoteVerifierKey LogKey() const {
    return crypto::MakeVerifierKey(kOrigin, crypto::NoteKeyType::kNote, log_.verifying_key())
        .value();
  }

  void WriteKeys() const {
    std::string text = crypto::ToVerifierKey(LogKey()) + "\n";
    for (const auto& key : WitnessKeys()) text += crypto::ToVerifierKey(key) + "\n";
    Write(folder_ / "vkeys", text);
  }

  void WriteFiles() const {
    const crypto::HashReader read = crypto::ReadLeaves(leaves_);
    const auto tiles = crypto::TilesSince(0, size_);
    for (const crypto::TileAddress& tile : *tiles) {
      Write(folder_ / crypto::TilePath(tile), crypto::EncodeTile(tile, read).value());
    }
    const auto bundles = crypto::BundlesSince(0, size_);
    for (const crypto::BundleAddress& bundle : *bundles) {
      const auto entries = std::span(entries_).subspan(bundle.index * crypto::kTileWidth,
                                                       static_cast<std::size_t>(bundle.width));
      Write(folder_ / crypto::BundlePath(bundle), crypto::EncodeBundle(entries).value());
    }
  }

  // The checkpoint of the first `size` entries, cosigned by all witnesses.
  std::string Note(std::uint64_t size) const {
    const crypto::Sha256Digest root = crypto::RootFrom(size, crypto::ReadLeaves(leaves_)).value();
    crypto::SignedNote note = crypto::SignCheckpoint({kOrigin, size, root}, log_).value();
    for (std::size_t i = 0; i < std::size(kWitnesses); ++i) {
      note.signatures.push_back(
          crypto::CosignNoteText(note.text, kWitnesses[i], witnesses_[i], kTime_s).value());
    }
    return crypto::FormatNote(note);
  }

  // From the files alone, as a client would.
  void WriteProof(std::uint64_t index) const {
    const auto policy = crypto::Policy::Parse(
        crypto::FormatPolicy(std::vector{LogKey()}, WitnessKeys(), 2).value());
    const std::string note = Read(folder_ / "checkpoint").value();
    const auto opened = crypto::OpenCheckpoint(note, policy->keys(), kTime_s).value();
    crypto::VerifiedTiles tiles =
        crypto::VerifiedTiles::Open(
            opened.checkpoint.size, opened.checkpoint.root,
            [this](const crypto::TileAddress& tile) { return Read(folder_ / TilePath(tile)); })
            .value();
    crypto::TlogProof proof;
    proof.index = index;
    proof.inclusion =
        crypto::BuildInclusionProof(index, opened.checkpoint.size, tiles.Reader()).value();
    proof.checkpoint_note = note;
    PM_CHECK(crypto::VerifyTlogProof(proof, entries_[index], *policy, kTime_s).ok());
    Write(folder_ / "proofs" / absl::StrFormat("%d.tlog-proof", index),
          crypto::FormatTlogProof(proof).value());
  }

  const std::filesystem::path folder_;
  const std::uint64_t size_;
  testing::SeededRandom random_{1};
  const crypto::SigningKey log_ = crypto::SigningKey::Generate(random_);
  const crypto::SigningKey witnesses_[2] = {crypto::SigningKey::Generate(random_),
                                            crypto::SigningKey::Generate(random_)};
  std::vector<std::string> entries_;
  std::vector<crypto::Sha256Digest> leaves_;
};

}  // namespace
}  // namespace proofmark

int main(int argc, char** argv) {
  const long size = argc == 3 ? std::atol(argv[2]) : 0;
  if (size < 2 || size > 1'000'000) {
    std::fprintf(stderr, "usage: write_export <folder> <entries, 2 to 1000000>\n");
    return 2;
  }
  proofmark::Exporter(argv[1], static_cast<std::uint64_t>(size)).WriteAll();
}
