// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of x3p_fuzz into the folder given: make_x3p_corpus tests/fuzz/corpus/x3p
// All of them are generated here; findings of the fuzzer are added to the folder by hand.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/x3p_builder.h"

namespace {

using proofmark::testing::AxisXml;
using proofmark::testing::BytesOfNumbers;
using proofmark::testing::WavyHeights;
using proofmark::testing::X3pRecipe;

class Corpus {
 public:
  explicit Corpus(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }

  // A recipe the reader accepts, as a whole file and as its document.
  void Add(const std::string& name, const X3pRecipe& recipe) {
    const std::string file = recipe.Build();
    PM_CHECK(proofmark::forensics::ReadX3p(proofmark::base::AsBytes(file)).ok());
    Write("file-" + name, "f" + file);
    Write("document-" + name, "x" + recipe.DocumentXml());
  }
  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    std::printf("%s: %zu bytes\n", name.c_str(), bytes.size());
  }

 private:
  std::filesystem::path folder_;
};

X3pRecipe Small() {
  X3pRecipe recipe;
  recipe.SetMatrix("24", "4");
  const std::vector<double> heights = WavyHeights(24, 4);
  recipe.data = BytesOfNumbers(std::vector<float>(heights.begin(), heights.end()));
  return recipe;
}

void AddLayouts(Corpus& corpus) {
  corpus.Add("float32", Small());
  X3pRecipe recipe = Small();
  recipe.cz = AxisXml("A", "D", "1");
  recipe.data = BytesOfNumbers(WavyHeights(24, 4));
  corpus.Add("float64", recipe);
  std::vector<std::int16_t> integers;
  for (const double height : WavyHeights(24, 4)) {
    integers.push_back(static_cast<std::int16_t>(height * 1e9));
  }
  recipe.cz = AxisXml("A", "I", "1e-09", "1e-05");
  recipe.data = BytesOfNumbers(integers);
  recipe.valid_link = "bindata/valid.bin";
  recipe.valid = std::string(12, '\x7F');
  corpus.Add("int16-valid", recipe);
  recipe = Small();
  recipe.cx = recipe.cy = AxisXml("I", "F", "10");
  recipe.deflate = false;
  recipe.folder = "scan/";
  corpus.Add("folder-stored", recipe);
}

void AddLists(Corpus& corpus) {
  X3pRecipe recipe;
  recipe.SetMatrix("2", "2");
  recipe.cy = AxisXml("A", "I", "2");
  recipe.data_list =
      "<DataList><Datum>1;1e-6</Datum><Datum>1;2e-6</Datum><!-- --><Datum>2;3e-6</Datum><Datum/>"
      "</DataList>";
  corpus.Add("list", recipe);
  recipe.feature = "PCL";
  recipe.cx = recipe.cy = recipe.cz = AxisXml("A", "D", "", "1e-05");
  recipe.rotation = "<Rotation><r11>0</r11><r12>-1</r12><r21>1</r21><r22>0</r22></Rotation>";
  recipe.dimension = "<ListDimension>2</ListDimension>";
  recipe.data_list = "<DataList><Datum>0;0;0</Datum><Datum>3e-4;1e-6;1e-5</Datum></DataList>";
  corpus.Add("cloud", recipe);
}

void AddExtras(Corpus& corpus) {
  X3pRecipe recipe = Small();
  recipe.record2 =
      "<Record2><Date>2024-01-02</Date><Creator>A &amp; B</Creator><Instrument><Manufacturer>M"
      "</Manufacturer></Instrument></Record2>";
  recipe.record3_extra =
      "<Mask><Background>#cd7f32</Background><Annotations><Annotation color=\"#ff0000\">left"
      "</Annotation></Annotations></Mask>";
  proofmark::testing::RawPng png;
  png.width = 24;
  png.height = png.rows = 4;
  for (int i = 0; i < 96; ++i) {
    png.pixels += i % 24 < 5 ? std::string("\xFF\0\0", 3) : std::string("\xCD\x7F\x32");
  }
  recipe.mask = BuildPng(png);
  corpus.Add("mask", recipe);
}

// See CheckPointData in x3p_fuzz.cc for the choices.
void AddPointData(Corpus& corpus) {
  const std::vector<double> heights = WavyHeights(24, 4);
  const std::string floats = BytesOfNumbers(std::vector<float>(heights.begin(), heights.end()));
  const std::string doubles = BytesOfNumbers(heights);
  std::string coordinates;
  for (int i = 0; i < 96; ++i) {
    coordinates += BytesOfNumbers<double>(
        {i % 24 * 1e-5, i / 24 * 1e-5, heights[static_cast<std::size_t>(i)]});
  }
  const auto choices = [](std::initializer_list<int> bytes) {
    std::string out = "p";
    for (const int byte : bytes) out.push_back(static_cast<char>(byte));
    return out;
  };
  corpus.Write("points-float32", choices({0, 1, 1, 0, 23, 1, 0}) + floats);
  corpus.Write("points-float64-valid", choices({1, 1, 1, 8, 23, 1, 0}) + doubles);
  corpus.Write("points-int16", choices({2, 1, 1, 4, 23, 1, 2}) + doubles);
  corpus.Write("points-untyped", choices({4, 1, 1, 0, 23, 1, 2}) + floats);
  corpus.Write("points-absolute", choices({1, 1, 1, 3, 23, 1, 0}) + coordinates);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_x3p_corpus FOLDER\n");
    return 2;
  }
  Corpus corpus(argv[1]);
  AddLayouts(corpus);
  AddLists(corpus);
  AddExtras(corpus);
  AddPointData(corpus);
  return 0;
}
