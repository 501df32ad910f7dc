// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of wire_fuzz: wire_corpus tests/fuzz/corpus/wire. Generated values only; the
// same files every time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "proto/wire/envelope.h"
#include "proto/wire/signature.h"
#include "tests/support/random_values.h"

namespace {

using proofmark::testing::RandomValues;
namespace wire = proofmark::wire;

constexpr std::size_t kSeedBytesMax = 8'192;

int written = 0;

void Write(const std::filesystem::path& folder, char type, int number, const std::string& bytes) {
  std::ofstream out(folder / (std::string(1, type) + std::to_string(number)), std::ios::binary);
  out << type << bytes;
  PM_CHECK(out.good());
  ++written;
}

// The first few values, of those that `make` gives, that are small.
template <typename Make>
void WriteSmallOnes(const std::filesystem::path& folder, char type, const Make& make) {
  constexpr int kSeeds = 4;
  RandomValues random(static_cast<std::uint64_t>(type));
  for (int number = 0; number < kSeeds;) {
    const absl::StatusOr<std::string> bytes = wire::Serialise(make(random));
    PM_CHECK(bytes.ok());
    if (bytes->size() <= kSeedBytesMax) Write(folder, type, number++, *bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: wire_corpus FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  WriteSmallOnes(folder, 'q', [](RandomValues& r) { return r.Question(96); });
  WriteSmallOnes(folder, 'a', [](RandomValues& r) { return r.Answer(); });
  WriteSmallOnes(folder, 'x', [](RandomValues& r) {
    wire::StoredExhibit stored = r.Stored();
    stored.exhibit.id = "00112233445566778899aabbccddeeff";
    return stored;
  });
  WriteSmallOnes(folder, 'c', [](RandomValues& r) { return r.Exchange(); });
  WriteSmallOnes(folder, 'r', [](RandomValues& r) {
    return wire::StoredRosterRow{.kind = r.Kind(),
                                 .characteristics = r.Characteristics(),
                                 .extractor_versions = "striated/1"};
  });
  WriteSmallOnes(folder, 'h', [](RandomValues& r) { return r.Header(); });
  WriteSmallOnes(folder, 'i', [](RandomValues& r) { return r.Identity(); });
  WriteSmallOnes(folder, 's', [](RandomValues& r) { return r.Search(); });
  WriteSmallOnes(folder, 'b', [](RandomValues& r) { return r.Signature(r.Kind(), 96); });
  WriteSmallOnes(folder, 'k', [](RandomValues& r) { return r.Correction(); });
  WriteSmallOnes(folder, 'e', [](RandomValues& r) { return r.Envelope(); });
  int number = 0;
  for (const char* manifest : {
           "file,kind,specimen,land\na.x3p,bullet_lea,A,1\nb.x3p,bullet_lea,A,2\n",
           "file,kind,specimen,land,firing_pin_shape,aperture_shape,breech_face_class,exhibit_"
           "kind\n"
           "a.x3p,cartridge_breech_face,A,,FLAT,CIRCULAR,MIXED,CC_TEST\n"
           "b.x3p,cartridge_firing_pin,A,,FLAT,CIRCULAR,MIXED,CC_TEST\n",
           "file,kind,specimen,land\na.csv,profile,A,1\nb.csv,profile,A,1\nc.x3p,other,,\n",
           "\xEF\xBB\xBF"
           "kind,file,land,specimen,exhibit,notes\r\n"
           "bullet_lea,a.x3p,3,\"x \"\"y\"\"\",K-1,\"two\r\nlines\"\r\n\r\n",
           "file,kind,specimen,land,calibre,bullet_class,land_count,twist,rifling,"
           "land_width_mean_um,exhibit_kind,case,date,unit,study,source_firearm,land_truth,"
           "truth_basis\na,profile,S,24,9mm Para,9,6,R,UNKNOWN,2010.5,BU_TEST,C,2024-05-06,um,s,g,"
           "t,b\n",
       }) {
    Write(folder, 'm', number++, manifest);
  }
  std::printf("wrote %d seeds\n", written);
  return 0;
}
