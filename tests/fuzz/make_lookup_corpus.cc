// SPDX-License-Identifier: Apache-2.0
// Makes the seeds of lookup_fuzz: make_lookup_corpus tests/fuzz/corpus/lookup. Good ones and the
// nearest bad ones of each parser.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/lookup/row.h"
#include "crypto/lookup/snapshot.h"
#include "crypto/voprf/voprf.h"
#include "tests/support/seeded_random.h"

int main(int argc, char** argv) {
  using namespace proofmark;
  using namespace proofmark::crypto;
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_lookup_corpus <folder>\n");
    return 2;
  }
  const std::filesystem::path folder(argv[1]);
  std::filesystem::create_directories(folder);
  const auto write = [&folder](const char* name, char parser, const std::string& bytes) {
    std::ofstream out(folder / name, std::ios::binary);
    out << parser << bytes;
    PM_CHECK(out.flush().good());
  };

  proofmark::testing::SeededRandom random(14);
  const LookupTerms terms{"a.example", "b.example", 7};
  const VoprfKey key = *DeriveLookupKey(SecretBytes::OfSize(kVoprfSeedBytes), terms);
  const std::string element(key.public_key().bytes());
  write("element", 'a', element);
  write("element-identity", 'a', std::string(1, '\0'));
  write("element-zero-x", 'a', "\x02" + std::string(32, '\0'));
  write("element-above-prime", 'a', "\x03" + std::string(32, '\xff'));
  write("element-off-curve", 'a', "\x02" + std::string(31, '\0') + "\x01");
  write("proof", 'b', std::string(kDleqProofBytes, '\0'));
  write("proof-one-bit", 'b', std::string(kDleqProofBytes - 1, '\0') + "\x01");
  write("proof-all-bits", 'b', std::string(kDleqProofBytes, '\xff'));
  write("proof-cut", 'b', std::string(kDleqProofBytes - 1, '\0'));
  auto builder = *LookupSnapshotBuilder::Create(terms, key.public_key(), 0, random);
  const std::string table = builder.Finish(random);
  const std::size_t hash_at = table.size() - kSnapshotRowsStep * kLookupRowBytes - 32;
  write("table", 'c', table.substr(0, hash_at));
  write("table-cut", 'c', table.substr(0, hash_at - 3));
  const LookupLabelBytes label = ToBytes({.state_group = 1});
  write("label", 'd', std::string(base::AsText(label)));
  return 0;
}
