// SPDX-License-Identifier: Apache-2.0
#include "tests/support/x3p_hostile.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/x3p_builder.h"

namespace proofmark::testing {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;
constexpr auto kLoss = absl::StatusCode::kDataLoss;
constexpr std::size_t kMiB = 1 << 20;

using Files = std::vector<HostileFile>;

// A file that is the valid recipe but for what `change` does.
HostileFile Changed(std::string name, absl::StatusCode code, std::string names,
                    std::function<void(X3pRecipe&)> change) {
  return {std::move(name), code, std::move(names), [change = std::move(change)] {
            X3pRecipe recipe;
            change(recipe);
            return recipe.Build();
          }};
}

// A file whose archive is that of the valid recipe but for what `change` does.
HostileFile Repacked(std::string name, absl::StatusCode code, std::string names,
                     std::function<void(RawArchive&)> change) {
  return {std::move(name), code, std::move(names), [change = std::move(change)] {
            RawArchive archive = X3pRecipe().Archive();
            change(archive);
            return BuildZip(archive);
          }};
}

RawEntry Entry(std::string name, std::string content) {
  RawEntry entry;
  entry.name = std::move(name);
  entry.content = std::move(content);
  return entry;
}

std::string Repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

void AddBrokenArchives(Files& files) {
  files.push_back({"empty file", kInvalid, "the file is empty", [] { return std::string(); }});
  files.push_back({"not an archive", kInvalid, "does not begin with 'PK'",
                   [] { return std::string("surface = 1\n"); }});
  files.push_back({"truncated archive", kInvalid, "truncated", [] {
                     const std::string whole = X3pRecipe().Build();
                     return whole.substr(0, whole.size() - 30);
                   }});
  files.push_back({"bytes after the archive", kInvalid, "bytes appended",
                   [] { return X3pRecipe().Build() + "more"; }});
  files.push_back(Repacked("second end record in the comment", kInvalid, "second end record",
                           [](RawArchive& archive) { archive.comment = BuildZip({}); }));
  files.push_back(Repacked("several disks", kInvalid, "several disks",
                           [](RawArchive& archive) { archive.disk = 1; }));
  files.push_back(Repacked("ZIP64", kInvalid, "ZIP64",
                           [](RawArchive& archive) { archive.entry_count = 0xFFFF; }));
  files.push_back(Repacked("directory elsewhere", kInvalid, "does not end where",
                           [](RawArchive& archive) { archive.directory_offset = 7; }));
  files.push_back(Repacked("too many entries", kExhausted, "at most 64", [](RawArchive& archive) {
    for (int i = 0; i < 62; ++i) archive.entries.push_back(Entry("v" + std::to_string(i), ""));
  }));
  files.push_back(Repacked("encrypted entry", kInvalid, "'bindata/data.bin' is encrypted",
                           [](RawArchive& archive) { archive.entries[1].flags = 1; }));
  files.push_back(
      Repacked("unknown compression", kInvalid, "compression method 12", [](RawArchive& archive) {
        archive.entries[1].deflate = false;
        archive.entries[1].method_if_stored = 12;
      }));
  files.push_back(
      Repacked("duplicate names", kInvalid, "two entries are named 'bindata/data.bin'",
               [](RawArchive& archive) { archive.entries.push_back(archive.entries[1]); }));
  files.push_back(Repacked("overlapping entries", kInvalid, "overlap", [](RawArchive& archive) {
    RawEntry twin = archive.entries[1];
    twin.name = "bindata/twin.bin";
    twin.local_offset = 0;
    archive.entries.push_back(twin);
  }));
  files.push_back(
      Repacked("entry inside another's data", kInvalid, "overlap", [](RawArchive& archive) {
        RawArchive inner;
        inner.entries.push_back(Entry("inner", "x"));
        const std::string whole = BuildZip(inner);
        RawEntry outer = Entry("outer", whole);
        RawEntry hidden = Entry("inner", "x");
        hidden.local_offset = 30 + 5;  // Behind outer's header.
        archive.entries = {outer, hidden};
      }));
  files.push_back(
      Repacked("two names for one entry", kInvalid, "another name",
               [](RawArchive& archive) { archive.entries[1].local_name = "bindata/fake.bin"; }));
  files.push_back(Repacked("no main.xml", kInvalid, "no entry main.xml",
                           [](RawArchive& archive) { archive.entries[0].name = "main.txt"; }));
  files.push_back(Repacked("two main.xml", kInvalid, "two documents", [](RawArchive& archive) {
    archive.entries.push_back(archive.entries[0]);
    archive.entries.back().name = "copy/main.xml";
  }));
  files.push_back(Repacked("damaged data", kLoss, "CRC-32",
                           [](RawArchive& archive) { archive.entries[1].crc = 0x12345678; }));
  files.push_back(
      Repacked("garbage instead of deflate", kInvalid, "cannot be inflated",
               [](RawArchive& archive) { archive.entries[1].packed = std::string(900, '\xFF'); }));
}

void AddBombs(Files& files) {
  files.push_back(Changed("zip bomb, honest sizes", kExhausted, "more than 200 to 1",
                          [](X3pRecipe& recipe) { recipe.data = std::string(32 * kMiB, '\0'); }));
  files.push_back(
      Repacked("zip bomb, claims 4 GiB", kExhausted, "more than 200 to 1",
               [](RawArchive& archive) { archive.entries[1].inflated_bytes = 0xFFFFFFFE; }));
  files.push_back(Repacked("zip bomb, claims less than it holds", kInvalid, "inflates to more",
                           [](RawArchive& archive) {
                             archive.entries[1].packed = Deflated(std::string(32 * kMiB, '\0'));
                           }));
  files.push_back(
      Repacked("claims more than it holds", kInvalid, "inflates to fewer", [](RawArchive& archive) {
        archive.entries[1].packed = Deflated(archive.entries[1].content.substr(0, 4000));
      }));
  files.push_back(
      Repacked("many entries, large in sum", kExhausted, "in sum", [](RawArchive& archive) {
        for (int i = 0; i < 4; ++i) {
          RawEntry entry = Entry("v" + std::to_string(i), "");
          entry.deflate = true;
          entry.packed = std::string(400'000, 'x');
          entry.inflated_bytes = 60u << 20;
          archive.entries.push_back(entry);
        }
      }));
  files.push_back(Changed("archive as point data", kInvalid, "the 1200 points",
                          [](X3pRecipe& recipe) { recipe.data = X3pRecipe().Build(); }));
  files.push_back(
      Changed("document of 16 MiB of spaces", kExhausted, "200 to 1", [](X3pRecipe& recipe) {
        recipe.document = "<ISO5436_2>" + std::string(16 * kMiB, ' ') + "</ISO5436_2>";
      }));
  files.push_back(
      Changed("document of 5 MiB", kExhausted, "bytes outside DataList", [](X3pRecipe& recipe) {
        recipe.deflate = false;
        recipe.record2 = "<!--" + std::string(5 * kMiB, 'x') + "-->";
      }));
  files.push_back(Changed("node bomb", kExhausted, "10000 nodes",
                          [](X3pRecipe& recipe) { recipe.record2 = Repeated("<a/>", 300'000); }));
  files.push_back(Changed("depth bomb", kExhausted, "32 levels", [](X3pRecipe& recipe) {
    recipe.record2 = Repeated("<a>", 100'000) + Repeated("</a>", 100'000);
  }));
  files.push_back(Changed("attribute bomb", kInvalid, "Record1 is missing", [](X3pRecipe& recipe) {
    recipe.deflate = false;
    recipe.document = "<ISO5436_2 " + Repeated("a='' ", 800'000) + "></ISO5436_2>";
  }));
  files.push_back(
      Changed("entity bomb", kInvalid, "declarations are not allowed", [](X3pRecipe& recipe) {
        recipe.before_root +=
            "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">"
            "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
            "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
        recipe.record2 = "<Record2><Comment>&c;</Comment></Record2>";
      }));
  files.push_back(
      Changed("external entity", kInvalid, "declarations are not allowed", [](X3pRecipe& recipe) {
        recipe.before_root += "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>";
      }));
  files.push_back(Changed("bare document type", kInvalid, "declarations are not allowed",
                          [](X3pRecipe& recipe) { recipe.before_root += "<!DOCTYPE x>"; }));
}

void AddLinks(Files& files) {
  const auto linked = [&](std::string name, std::string link, std::string names) {
    files.push_back(Changed(std::move(name), kInvalid, std::move(names),
                            [link](X3pRecipe& recipe) { recipe.link = link; }));
  };
  linked("link climbs out", "../../etc/passwd", "leaves its folder");
  linked("link climbs out from inside", "bindata/../../x", "leaves its folder");
  linked("link is absolute", "/etc/passwd", "is absolute");
  linked("link has a backslash", "bindata\\data.bin", "has a backslash");
  linked("link has a drive letter", "C:data.bin", "has a drive letter");
  linked("link has NUL", std::string("bindata/data.bin\0.exe", 21), "is NUL");
  linked("link has NUL as reference", "bindata/data.bin&#0;.exe", "reference to no character");
  linked("link has a control character", "bindata/&#7;data.bin", "control character");
  linked("link of 5000 bytes", std::string(5000, 'x'), "longer than 255");
  linked("link to nothing", "bindata/other.bin",
         "'bindata/other.bin', which is not in the archive");
  linked("link is empty", "", "PointDataLink is missing");
  files.push_back(Changed("checksum file climbs out", kInvalid, "leaves its folder",
                          [](X3pRecipe& recipe) { recipe.checksum_file = "../md5"; }));
  files.push_back(Repacked(
      "entry name climbs out", kInvalid, "leaves its folder",
      [](RawArchive& archive) { archive.entries.push_back(Entry("../../root/.profile", "x")); }));
  files.push_back(Repacked(
      "entry name has NUL", kInvalid, "control character",
      [](RawArchive& archive) { archive.entries.push_back(Entry(std::string("a\0b", 3), "x")); }));
}

void AddDocuments(Files& files) {
  files.push_back(Changed("document without records", kInvalid, "Record1 is missing",
                          [](X3pRecipe& recipe) { recipe.document = "<ISO5436_2/>"; }));
  files.push_back(
      Changed("document ends early", kInvalid, "ends inside an element", [](X3pRecipe& recipe) {
        const std::string whole = recipe.DocumentXml();
        recipe.document = whole.substr(0, whole.find("<Record4>"));
      }));
  files.push_back(Changed("tags cross", kInvalid, "end tag that closes nothing",
                          [](X3pRecipe& recipe) { recipe.record2 = "<a><b></a></b>"; }));
  files.push_back(Changed("empty document", kInvalid, "not well-formed",
                          [](X3pRecipe& recipe) { recipe.document = ""; }));
  files.push_back(Changed("another format", kInvalid, "the root element is 'svg'",
                          [](X3pRecipe& recipe) { recipe.root = "svg"; }));
  files.push_back(Changed("metadata not UTF-8", kInvalid, "is not UTF-8", [](X3pRecipe& recipe) {
    recipe.record2 = "<Record2><Creator>M\xFCller</Creator></Record2>";
  }));
  files.push_back(Changed("document in UTF-16", kInvalid, "is not UTF-8", [](X3pRecipe& recipe) {
    recipe.document = std::string("\xFF\xFE<\0r\0/\0>\0", 10);
  }));
  files.push_back(Changed("unknown data type", kInvalid, "CZ/DataType is 'Q'",
                          [](X3pRecipe& recipe) { recipe.cz = AxisXml("A", "Q", "1"); }));
  files.push_back(Changed("unknown feature", kInvalid, "FeatureType is 'VOL'",
                          [](X3pRecipe& recipe) { recipe.feature = "VOL"; }));
  files.push_back(Changed("incremental heights", kInvalid, "CZ/AxisType is 'I'",
                          [](X3pRecipe& recipe) { recipe.cz = AxisXml("I", "F", "1"); }));
  files.push_back(Changed("element given twice", kInvalid, "CX/Increment appears twice",
                          [](X3pRecipe& recipe) { recipe.cx += "<Increment>2e-05</Increment>"; }));
  files.push_back(
      Changed("rotation beyond 1", kInvalid, "Rotation/r11 is '7'",
              [](X3pRecipe& recipe) { recipe.rotation = "<Rotation><r11>7</r11></Rotation>"; }));
  files.push_back(Changed(
      "link and list", kInvalid, "either DataLink or DataList",
      [](X3pRecipe& recipe) { recipe.record3_extra = "<DataList><Datum>1</Datum></DataList>"; }));
  for (const char* pitch : {"0", "-1e-06", "NaN", "inf", "1e308", "1e-320", "1e", "0x10", "one"}) {
    files.push_back(Changed(std::string("pitch ") + pitch, kInvalid,
                            "CX/Increment is '" + std::string(pitch) + "'",
                            [pitch](X3pRecipe& recipe) { recipe.cx = AxisXml("I", "D", pitch); }));
  }
  files.push_back(Changed("offset NaN", kInvalid, "CZ/Offset is 'nan'",
                          [](X3pRecipe& recipe) { recipe.cz = AxisXml("A", "F", "1", "nan"); }));
}

void AddDimensions(Files& files) {
  const auto sized = [&](std::string name, absl::StatusCode code, std::string x, std::string y,
                         std::string z, std::string names) {
    files.push_back(Changed(std::move(name), code, std::move(names),
                            [=](X3pRecipe& recipe) { recipe.SetMatrix(x, y, z); }));
  };
  sized("size 2^63", kExhausted, "9223372036854775808", "1", "1", "SizeX is '9223372036854775808'");
  sized("size 2^64 + 1", kExhausted, "18446744073709551617", "1", "1", "at most 1048576");
  sized("negative size", kInvalid, "-4", "3", "1", "SizeX is '-4'");
  sized("size zero", kInvalid, "0", "3", "1", "SizeX is '0'");
  sized("size is a fraction", kInvalid, "40.5", "30", "1", "SizeX is '40.5'");
  sized("product over the limit", kExhausted, "1048576", "1048576", "1", "1099511627776 points");
  sized("tiny file, huge grid", kExhausted, "5000", "5000", "1", "25000000 points, at most");
  sized("tiny file, large grid", kInvalid, "4000", "4000", "1", "make 64000000");
  sized("two layers", kInvalid, "40", "30", "2", "SizeZ is '2'");
  sized("no layer", kInvalid, "40", "30", "0", "SizeZ is '0'");
  files.push_back(Changed("profile of 30 rows", kInvalid, "SizeY 1, not 30",
                          [](X3pRecipe& recipe) { recipe.feature = "PRF"; }));
  files.push_back(Changed("list of 10^12 points", kExhausted, "ListDimension is '1000000000000'",
                          [](X3pRecipe& recipe) {
                            recipe.dimension = "<ListDimension>1000000000000</ListDimension>";
                          }));
}

void AddPoints(Files& files) {
  files.push_back(Changed("data one byte short", kInvalid, "has 4799 bytes",
                          [](X3pRecipe& recipe) { recipe.data.pop_back(); }));
  files.push_back(Changed("data one byte long", kInvalid, "has 4801 bytes",
                          [](X3pRecipe& recipe) { recipe.data.push_back('\0'); }));
  files.push_back(Changed("data of half the points", kInvalid, "has 2400 bytes",
                          [](X3pRecipe& recipe) { recipe.data.resize(2400); }));
  files.push_back(
      Changed("no type and no fitting size", kInvalid, "fit no type", [](X3pRecipe& recipe) {
        recipe.cz = AxisXml("A", "", "1");
        recipe.data.resize(3600);
      }));
  files.push_back(Changed("wrong checksum of the data", kLoss,
                          "main.xml says 00000000000000000000000000000000",
                          [](X3pRecipe& recipe) { recipe.data_md5 = std::string(32, '0'); }));
  files.push_back(
      Changed("wrong checksum of the validity", kLoss, "bindata/valid.bin", [](X3pRecipe& recipe) {
        recipe.valid_link = "bindata/valid.bin";
        recipe.valid = std::string(150, '\xFF');
        recipe.valid_md5 = std::string(32, '0');
      }));
  files.push_back(Changed("validity too short", kInvalid, "'bindata/valid.bin' has 149 bytes",
                          [](X3pRecipe& recipe) {
                            recipe.valid_link = "bindata/valid.bin";
                            recipe.valid = std::string(149, '\xFF');
                          }));
  files.push_back(Changed("nothing but NaN", kInvalid, "no point measured", [](X3pRecipe& recipe) {
    recipe.data = BytesOfNumbers(std::vector<float>(1200, std::numeric_limits<float>::quiet_NaN()));
  }));
  files.push_back(Changed("nothing valid", kInvalid, "no point measured", [](X3pRecipe& recipe) {
    recipe.valid_link = "bindata/valid.bin";
    recipe.valid = std::string(150, '\0');
  }));
  const auto listed = [&](std::string name, absl::StatusCode code, std::string names,
                          std::string inside) {
    files.push_back(Changed(std::move(name), code, std::move(names), [inside](X3pRecipe& recipe) {
      recipe.deflate = false;
      recipe.SetMatrix("2", "1");
      recipe.data_list = "<DataList>" + inside + "</DataList>";
    }));
  };
  listed("list too short", kInvalid, "DataList has 1 points", "<Datum>1</Datum>");
  listed("list too long", kInvalid, "more than the 2 points",
         Repeated("<Datum>1</Datum>", 500'000));
  listed("list of words", kInvalid, "point 2 is 'two'", "<Datum>1</Datum><Datum>two</Datum>");
  listed("list of pairs", kInvalid, "point 1 is '1;2'", "<Datum>1;2</Datum><Datum>1</Datum>");
  listed("list with other elements", kInvalid, "only Datum", "<Datum>1</Datum><Point>1</Point>");
  listed("list with text", kInvalid, "text between the points", "<Datum>1</Datum>2");
  files.push_back(
      Changed("list of two million points", kExhausted, "2000000 points", [](X3pRecipe& recipe) {
        recipe.SetMatrix("2000", "1000");
        recipe.data_list = "<DataList></DataList>";
      }));
  files.push_back(Changed(
      "list of 64 MiB of nothing", kInvalid, "DataList has 1 points", [](X3pRecipe& recipe) {
        recipe.deflate = false;
        recipe.SetMatrix("1000", "1000");
        recipe.data_list = "<DataList><Datum/>" + std::string(60 * kMiB, '\n') + "</DataList>";
      }));
}

void AddMasks(Files& files) {
  const auto masked = [&](std::string name, absl::StatusCode code, std::string names,
                          std::function<std::string()> mask) {
    files.push_back(Changed(std::move(name), code, std::move(names),
                            [mask = std::move(mask)](X3pRecipe& recipe) { recipe.mask = mask(); }));
  };
  const auto image = [](std::uint32_t width, std::uint32_t height) {
    RawPng png;
    png.width = width;
    png.height = height;
    png.rows = 30;
    png.pixels = std::string(40 * 30 * 3, '\x55');
    return png;
  };
  masked("mask bomb", kInvalid, "60000 x 60000 pixels",
         [=] { return BuildPng(image(60000, 60000)); });
  masked("mask of another size", kInvalid, "30 x 40 pixels",
         [=] { return BuildPng(image(30, 40)); });
  masked("mask is no image", kInvalid, "mask.png", [] { return std::string("GIF89a"); });
  masked("mask ends early", kInvalid, "mask.png",
         [=] { return BuildPng(image(40, 30)).substr(0, 50); });
  masked("mask in grey", kInvalid, "colour type 0", [=] {
    RawPng png = image(40, 30);
    png.colour_type = 0;
    return BuildPng(png);
  });
  masked("mask of 300 colours", kExhausted, "more than 255 colours", [=] {
    RawPng png = image(40, 30);
    for (std::size_t i = 0; i < 300; ++i) {
      png.pixels[3 * i] = static_cast<char>(i);
      png.pixels[3 * i + 1] = static_cast<char>(i >> 8);
    }
    return BuildPng(png);
  });
  masked("mask with rows too short", kInvalid, "mask.png", [=] {
    RawPng png = image(40, 30);
    png.rows = 3000;
    png.pixels = std::string(40 * 10 * 3, '\x55');  // Rows of 12 bytes: not even one fits.
    return BuildPng(png);
  });
}

}  // namespace

std::vector<HostileFile> HostileFiles() {
  Files files;
  AddBrokenArchives(files);
  AddBombs(files);
  AddLinks(files);
  AddDocuments(files);
  AddDimensions(files);
  AddPoints(files);
  AddMasks(files);
  return files;
}

Attempt ReadX3pInChild(const std::string& file) {
  int ends[2];
  PM_CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  PM_CHECK(child >= 0);
  if (child == 0) {
    close(ends[0]);
    const absl::Status status = forensics::ReadX3p(base::AsBytes(file)).status();
    std::string answer(1, static_cast<char>(status.code()));
    answer += std::string(status.message()).substr(0, 4000);  // Within what a pipe takes at once.
    const ssize_t written = write(ends[1], answer.data(), answer.size());
    _exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string answer(4096, '\0');
  const ssize_t got = read(ends[0], answer.data(), answer.size());
  answer.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  close(ends[0]);
  int exit_status = 0;
  rusage usage = {};
  PM_CHECK(wait4(child, &exit_status, 0, &usage) == child);
  Attempt attempt;
  const auto milliseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) * 1e-3;
  };
  attempt.cpu_ms = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
  attempt.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024.0;
  if (exit_status != 0 || answer.empty()) {
    attempt.code = absl::StatusCode::kInternal;
    attempt.message = "the reader crashed, wait status " + std::to_string(exit_status);
    return attempt;
  }
  attempt.code = static_cast<absl::StatusCode>(answer[0]);
  attempt.message = answer.substr(1);
  return attempt;
}

}  // namespace proofmark::testing
