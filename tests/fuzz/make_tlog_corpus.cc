// SPDX-License-Identifier: Apache-2.0
// Makes the seeds of tlog_fuzz: make_tlog_corpus tests/fuzz/corpus/tlog. One or two a parser.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/policy.h"
#include "crypto/tlog/tile.h"
#include "crypto/tlog/tlog_proof.h"
#include "crypto/tlog/witness.h"
#include "tests/support/seeded_random.h"

int main(int argc, char** argv) {
  using namespace proofmark::crypto;
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_tlog_corpus <folder>\n");
    return 2;
  }
  const std::filesystem::path folder(argv[1]);
  std::filesystem::create_directories(folder);
  const auto write = [&folder](const char* name, char parser, const std::string& bytes) {
    std::ofstream out(folder / name, std::ios::binary);
    out << parser << bytes;
    PM_CHECK(out.flush().good());
  };

  proofmark::testing::SeededRandom random(12);
  const SigningKey log = SigningKey::Generate(random);
  const SigningKey witness = SigningKey::Generate(random);
  const auto log_key = MakeVerifierKey("a.example/log", NoteKeyType::kNote, log.verifying_key());
  const auto witness_key =
      MakeVerifierKey("b.example/witness", NoteKeyType::kCosignature, witness.verifying_key());
  const std::vector<Sha256Digest> leaves = {LeafHash("a"), LeafHash("b"), LeafHash("c")};
  const HashReader read = ReadLeaves(leaves);
  SignedNote note = SignCheckpoint({"a.example/log", 3, RootFrom(3, read).value()}, log).value();
  write("add-checkpoint", 'g',
        FormatAddCheckpoint(2, BuildConsistencyProof(2, 3, read).value(), note).value());
  write("add-checkpoint-first", 'g', FormatAddCheckpoint(0, {}, note).value());
  note.signatures.push_back(
      CosignNoteText(note.text, "b.example/witness", witness, 1'800'000'000).value());

  write("note", 'a', FormatNote(note));
  write("checkpoint", 'b', note.text);
  write("checkpoint-extended", 'b', note.text + "more\n");
  TlogProof proof{"label", 1, BuildInclusionProof(1, 3, read).value(), FormatNote(note)};
  write("proof", 'c', FormatTlogProof(proof).value());
  write("policy", 'd', FormatPolicy(std::vector{*log_key}, std::vector{*witness_key}, 1).value());
  write("policy-groups", 'd',
        "# two levels\nwitness w " + ToVerifierKey(*witness_key) +
            " https://b.example/\ngroup g any w\ngroup h all g\nquorum h\n");
  write("path-tile", 'e', TilePath({2, 1'234'067, 17}));
  write("path-bundle", 'e', BundlePath({1'234'067, 256}));
  write("bundle", 'f',
        std::string(1, '\2') + EncodeBundle(std::vector<std::string>{"a", "", "c"}).value());
  write("verifier-key", 'h', ToVerifierKey(*witness_key));
  write("verifier-key-unknown", 'h', "w.example+0123abcd+BmtrawA=");
}
