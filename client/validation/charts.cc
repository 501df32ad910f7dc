// SPDX-License-Identifier: Apache-2.0
#include "client/validation/charts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/picture/gnuplot.h"

namespace proofmark::client::validation {
namespace {

constexpr int kWidthPx = 640;
constexpr int kHeightPx = 420;
constexpr int kBins = 50;
constexpr const char* kSameColour = "#1f5f8b";
constexpr const char* kDifferentColour = "#d0651d";

std::string Head(const std::string& title, const std::string& x_label, const std::string& y_label) {
  return picture::CanvasLine(picture::Format::kSvg, kWidthPx, kHeightPx) +
         absl::StrFormat(
             "set encoding utf8\n"
             "set border 3 linecolor rgb '#666666' linewidth 1\n"
             "set tics nomirror out scale 0.6 textcolor rgb '#222222'\n"
             "set grid linecolor rgb '#e2e2e2' linewidth 1 dashtype solid\n"
             "set key outside top center horizontal noenhanced samplen 1.6 font ',11'\n"
             "set title %s noenhanced font ',15' textcolor rgb '#111111'\n"
             "set xlabel %s noenhanced\nset ylabel %s noenhanced offset 1,0\n",
             picture::Quoted(title), picture::Quoted(x_label), picture::Quoted(y_label));
}

absl::Status WriteData(const TemporaryFolder& folder, const char* name, std::string_view data) {
  return WriteFile(folder.path() / name, data, Privacy::kPrivate, Overwrite::kAllowed);
}

// The drawing alone: inside a page there is no place for a declaration or a document type.
absl::StatusOr<std::string> Draw(const TemporaryFolder& folder, const std::string& script) {
  PM_ASSIGN_OR_RETURN(std::string svg, picture::RunGnuplot(folder, script));
  const std::size_t begin = svg.find("<svg");
  if (begin != std::string::npos) svg.erase(0, begin);
  return svg;
}

}  // namespace

absl::StatusOr<std::string> DrawHistogram(const Comparisons& comparisons) {
  double low = 0.0, high = 0.0;
  bool first = true;
  for (const Pair& pair : comparisons.pairs) {
    if (!Counts(pair)) continue;
    low = first ? pair.score : std::min(low, pair.score);
    high = first ? pair.score : std::max(high, pair.score);
    first = false;
  }
  const double width = high > low ? (high - low) / kBins : 1.0;
  std::array<std::vector<double>, 2> bins = {std::vector<double>(kBins, 0.0),
                                             std::vector<double>(kBins, 0.0)};
  std::array<double, 2> totals{};
  for (const Pair& pair : comparisons.pairs) {
    if (!Counts(pair)) continue;
    const std::size_t c = pair.truth == Truth::kSame ? 1 : 0;
    const double at = (pair.score - low) / width;
    bins[c][std::min<std::size_t>(static_cast<std::size_t>(at), kBins - 1)] += 1.0;
    totals[c] += 1.0;
  }
  std::string data;
  for (std::size_t i = 0; i < kBins; ++i) {
    data += absl::StrFormat("%.9g %.9g %.9g\n", low + (static_cast<double>(i) + 0.5) * width,
                            totals[0] > 0.0 ? bins[0][i] / totals[0] : 0.0,
                            totals[1] > 0.0 ? bins[1][i] / totals[1] : 0.0);
  }
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PM_RETURN_IF_ERROR(WriteData(folder, "bins", data));
  return Draw(folder,
              Head("Scores", comparisons.score_name, "share of the class") +
                  absl::StrFormat(
                      "set style fill solid 0.55 noborder\nset yrange [0:*]\n"
                      "set boxwidth %.9g\n"
                      "plot 'bins' using 1:2 with boxes linecolor rgb '%s' title 'different "
                      "source (%d)', 'bins' using 1:3 with boxes linecolor rgb '%s' title 'same "
                      "source (%d)'\n",
                      width, kDifferentColour, static_cast<std::int64_t>(totals[0]), kSameColour,
                      static_cast<std::int64_t>(totals[1])));
}

absl::StatusOr<std::string> DrawRoc(const Comparisons& comparisons, const Evaluation& evaluation) {
  std::int64_t different = 1;
  if (!evaluation.subsets.empty()) {
    different = std::max<std::int64_t>(1, evaluation.subsets.front().different);
  }
  // Half a pair stands for none on the logarithmic axis.
  const double floor = 0.5 / static_cast<double>(different);
  std::string data;
  for (const forensics::RocPoint& point : evaluation.roc) {
    data += absl::StrFormat("%.9g %.9g\n", std::max(floor, point.false_share), point.true_share);
  }
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PM_RETURN_IF_ERROR(WriteData(folder, "roc", data));
  return Draw(
      folder,
      Head("Receiver operating characteristic", "different-source pairs at or above the threshold",
           "same-source pairs at or above it") +
          absl::StrFormat("set logscale x\nset xrange [%.6g:1]\n"
                          "set format x '%%g'\nset yrange [0:1.02]\n"
                          "plot x with lines linewidth 1 dashtype 3 linecolor rgb '#999999' title "
                          "'chance', 'roc' using 1:2 with steps linewidth 2.2 linecolor rgb '%s' "
                          "title %s\n",
                          floor, kSameColour, picture::Quoted(comparisons.name)));
}

absl::StatusOr<std::string> DrawTippett(const Evaluation& evaluation) {
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  std::string plots;
  int drawn = 0;
  for (const EvidenceRow& row : evaluation.evidence) {
    if (!row.figures || row.name == "resubstitution") continue;
    std::string data;
    for (const forensics::TippettPoint& point : row.tippett) {
      data += absl::StrFormat("%.9g %.9g %.9g\n", point.log10_lr, point.same_share,
                              point.different_share);
    }
    const std::string name = absl::StrFormat("tippett%d", drawn);
    PM_RETURN_IF_ERROR(WriteData(folder, name.c_str(), data));
    // The calibration in force is drawn full, what comes after it dashed.
    plots += absl::StrFormat(
        "%s '%s' using 1:2 with fsteps linewidth 2.2 dashtype %d linecolor rgb '%s' title %s, "
        "'%s' using 1:3 with fsteps linewidth 2.2 dashtype %d linecolor rgb '%s' title %s",
        drawn == 0 ? "plot" : ",", name, drawn == 0 ? 1 : 2, kSameColour,
        picture::Quoted("same, " + row.name), name, drawn == 0 ? 1 : 2, kDifferentColour,
        picture::Quoted("different, " + row.name));
    ++drawn;
  }
  if (drawn == 0) return absl::FailedPreconditionError("no likelihood ratios to draw");
  return Draw(folder, Head("Tippett plot", "log10 likelihood ratio",
                           "share of pairs with at least this ratio") +
                          "set yrange [0:1.02]\n"
                          "set arrow 1 from 0, graph 0 to 0, first 1 nohead dashtype 3 linecolor "
                          "rgb '#777777'\n" +
                          plots + "\n");
}

absl::StatusOr<std::string> DrawRanks(const Retrieval& retrieval) {
  const std::int64_t last =
      std::max<std::int64_t>(10, retrieval.first_rank.empty() ? 1 : retrieval.first_rank.back());
  std::string data;
  for (std::int64_t rank = 1; rank <= last; ++rank) {
    const auto within =
        std::upper_bound(retrieval.first_rank.begin(), retrieval.first_rank.end(), rank) -
        retrieval.first_rank.begin();
    data += absl::StrFormat("%d %.9g\n", rank,
                            static_cast<double>(within) /
                                static_cast<double>(std::max<std::int64_t>(1, retrieval.queries)));
  }
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PM_RETURN_IF_ERROR(WriteData(folder, "ranks", data));
  return Draw(folder,
              Head("Retrieval", "rank of the first right candidate", "share of the queries") +
                  absl::StrFormat(
                      "set yrange [0:1.02]\nset xrange [0.5:%d.5]\n"
                      "plot 'ranks' using 1:2 with linespoints linewidth 2.2 pointtype 7 pointsize "
                      "0.5 linecolor rgb '%s' title 'at this rank or before (%d queries)'\n",
                      last, kSameColour, retrieval.queries));
}

}  // namespace proofmark::client::validation
