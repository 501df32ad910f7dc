// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of segment_fuzz: make_segment_corpus tests/fuzz/corpus/segment. Generated values
// only; the same files every time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "forensics/search/bullet_segment.h"
#include "forensics/synthetic/scale_bullet.h"

namespace {

using namespace proofmark::forensics;  // NOLINT(google-build-using-namespace)

BulletSignature Bullet(std::uint32_t barrel, std::uint32_t lands) {
  return GenerateScaleBullet({.barrel = barrel, .land_count = lands, .land_width_um = 1'000.0}, 0);
}

void Add(BulletSegment& segment, const std::string& id, const BulletSignature& bullet) {
  PM_CHECK(segment.Append(id, 0, bullet, nullptr));
}

void Write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  PM_CHECK(out.good());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_segment_corpus FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  const SegmentKind kind = BulletSegment::KindOf(Bullet(0, 6));
  Write(folder / "nothing", BulletSegment(kind).Serialize());

  BulletSegment without_lands(kind);
  for (const char* id : {"a", "b", "c"}) {
    Add(without_lands, id, BulletSignature{.extractor_version = kind.extractor_version});
  }
  Write(folder / "without_lands", without_lands.Serialize());

  BulletSegment block(kind);
  for (std::uint32_t i = 0; i < 8; ++i)
    Add(block, std::string(32, 'a' + static_cast<char>(i)), Bullet(i, 6));
  Write(folder / "one_block", block.Serialize());
  block.Erase(3);
  Write(folder / "erased", block.Serialize());

  BulletSegment many_lands(kind);
  Add(many_lands, "full", Bullet(1, static_cast<std::uint32_t>(kBulletLandsMax)));
  Add(many_lands, "single", Bullet(2, 1));
  const std::string bytes = many_lands.Serialize();
  Write(folder / "many_lands", bytes);
  return 0;
}
