// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/impressed_comparison.h"

#include <algorithm>

#include "forensics/impressed/cell_search.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/forensics/impressed/made_relief.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::MadeSurface;
using ::proofmark::testing::RingScan;
using ::proofmark::testing::ScanOf;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

ImpressedSignature Signature(const HeightMap& map) {
  const absl::StatusOr<ImpressedExtraction> out = ExtractImpression(map, {}, {});
  EXPECT_THAT(out, IsOk());
  return out.ok() ? out->signature : ImpressedSignature{};
}

ImpressedSignature Mark(std::uint32_t seed, const ScanOf& scan = {}) {
  return Signature(RingScan(MadeSurface(seed), scan));
}

ImpressedComparison Compare(const ImpressedSignature& a, const ImpressedSignature& b,
                            TurnSearch turns = TurnSearch::kDirected) {
  const auto pa = PrepareImpression(a, turns);
  const auto pb = PrepareImpression(b, turns);
  EXPECT_THAT(pa, IsOk());
  EXPECT_THAT(pb, IsOk());
  const auto out = CompareImpressions(*pa, *pb, {.turns = turns});
  EXPECT_THAT(out, IsOk());
  return *out;
}

HeightMap MirrorX(HeightMap map) {
  for (std::int64_t y = 0; y < map.height; ++y) {
    std::reverse(map.height_um.begin() + y * map.width,
                 map.height_um.begin() + (y + 1) * map.width);
  }
  return map;
}

TEST(CompareImpressionsTest, AMarkAgreesWithItselfInEveryCell) {
  const ImpressedSignature mark = Mark(1);

  const ImpressedComparison out = Compare(mark, mark);

  EXPECT_GT(out.cells_eligible, 20);
  EXPECT_EQ(out.cmc_original, out.cells_eligible);
  EXPECT_EQ(out.cmc, out.cells_eligible);
  EXPECT_NEAR(out.turn_degrees, 0.0, 0.3);
  EXPECT_NEAR(out.dx_um, 0.0, 3.0);
  EXPECT_NEAR(out.features.image_correlation, 1.0, 1e-9);
  EXPECT_NEAR(out.features.cell_correlation_mean, 1.0, 1e-9);
  EXPECT_EQ(out.flags, 0U);
}

TEST(CompareImpressionsTest, ATurnedMarkIsFoundAtItsTurn) {
  const ImpressedSignature mark = Mark(1);
  for (const double turn : {-24.0, -12.0, 6.0, 18.0}) {
    SCOPED_TRACE(turn);
    const ImpressedSignature turned = Mark(1, {.turn_degrees = turn});

    const ImpressedComparison out = Compare(mark, turned);

    EXPECT_GE(20 * out.cmc, 19 * out.cells_eligible);
    EXPECT_NEAR(out.turn_degrees, -turn, 1.0);  // The other is turned back to lie on the mark.
    EXPECT_LT(out.features.turn_disagreement_degrees, 1.0);
    EXPECT_LT(out.features.place_disagreement_um, 25.0);
  }
}

TEST(CompareImpressionsTest, AMovedMarkIsFoundAtItsPlace) {
  // The outline stays: only the surface below it moves.
  const MadeSurface surface(3);
  HeightMap still = RingScan(surface, {});
  HeightMap moved =
      RingScan(surface, {.dx_um = 75.0, .dy_um = -50.0, .outer_um = 2'400.0, .inner_um = 300.0});
  for (std::size_t i = 0; i < still.height_um.size(); ++i) {
    if (!IsMeasured(still.height_um[i])) moved.height_um[i] = kNotMeasured;
  }

  const ImpressedComparison out = Compare(Signature(still), Signature(moved));

  EXPECT_GE(20 * out.cmc, 19 * out.cells_eligible);
  EXPECT_NEAR(out.dx_um, 75.0, 6.0);
  EXPECT_NEAR(out.dy_um, -50.0, 6.0);
}

TEST(CompareImpressionsTest, DifferentMarksHardlyAgree) {
  std::int64_t most = 0;
  for (std::uint32_t seed = 10; seed < 16; ++seed) {
    most = std::max(most, Compare(Mark(1), Mark(seed)).cmc);
  }

  EXPECT_LE(most, 3);
}

// A quarter of the ring: its cells are a minority of the whole mark's, so that no median is theirs,
// and nothing but its edge says where the whole had its middle.
TEST(CompareImpressionsTest, APartOfAMarkStandsOutByItsScore) {
  HeightMap scan = RingScan(MadeSurface(1), {.turn_degrees = 13.0});
  for (std::int64_t y = 0; y < scan.height; ++y) {
    for (std::int64_t x = 0; x < scan.width; ++x) {
      if (x <= scan.width / 2 || y <= scan.height / 2) scan.at(x, y) = kNotMeasured;
    }
  }
  const ImpressedSignature part = Signature(scan);
  const ImpressedComparison same = Compare(part, Mark(1));
  double highest = 0.0;
  for (std::uint32_t seed = 10; seed < 16; ++seed) {
    highest = std::max(highest, Compare(part, Mark(seed)).score);
  }

  EXPECT_GT(same.score, 0.8);
  EXPECT_LT(highest, 0.6);
  EXPECT_GE(2 * same.cells_agreeing, same.cells_eligible);
  EXPECT_NEAR(same.turn_degrees, 13.0, 3.0);
}

TEST(ScoreOfSupportTest, RisesFromNoughtToOneWithoutAStep) {
  double before = 0.0;
  for (double support = -500.0; support <= 5'000.0; support += 0.5) {
    const double score = ScoreOfSupport(support);
    EXPECT_GE(score, before) << support;
    EXPECT_LT(score - before, 0.02) << support;
    before = score;
  }
  EXPECT_NEAR(ScoreOfSupport(-500.0), 0.0, 1e-9);
  EXPECT_NEAR(ScoreOfSupport(0.0), 0.26, 0.005);
  EXPECT_NEAR(ScoreOfSupport(10.0), 0.51, 0.01);
  EXPECT_LT(before, 1.0);
}

TEST(CompareImpressionsTest, ExchangingTheMarksChangesNothing) {
  const ImpressedSignature a = Mark(1);
  const ImpressedSignature b = Mark(1, {.turn_degrees = 9.0, .outer_um = 1'600.0});
  const ImpressedSignature c = Mark(7);
  for (const ImpressedSignature* other : {&b, &c}) {
    const ImpressedComparison forth = Compare(a, *other);
    const ImpressedComparison back = Compare(*other, a);

    EXPECT_EQ(forth.cmc, back.cmc);
    EXPECT_EQ(forth.cmc_original, back.cmc_original);
    EXPECT_EQ(forth.cmc_high, back.cmc_high);
    EXPECT_EQ(forth.cells_eligible, back.cells_eligible);
    EXPECT_EQ(forth.cells_agreeing, back.cells_agreeing);
    EXPECT_EQ(forth.support, back.support);
    EXPECT_EQ(forth.score, back.score);
    EXPECT_EQ(forth.features.image_correlation, back.features.image_correlation);
    EXPECT_EQ(forth.features.cell_correlation_mean, back.features.cell_correlation_mean);
    EXPECT_EQ(forth.features.dx_sd_um, back.features.dx_sd_um);
    EXPECT_EQ(forth.features.turn_sd_degrees, back.features.turn_sd_degrees);
    EXPECT_EQ(forth.features.cluster_share, back.features.cluster_share);
    EXPECT_EQ(forth.features.place_disagreement_um, back.features.place_disagreement_um);
    EXPECT_EQ(forth.features.overlap_mm2, back.features.overlap_mm2);
    EXPECT_EQ(forth.flags, back.flags);
  }
}

TEST(CompareImpressionsTest, AQuarterOrHalfTurnIsFlaggedAndFoundByTheFullCircle) {
  const ImpressedSignature mark = Mark(2);
  for (const double turn : {90.0, 180.0}) {
    SCOPED_TRACE(turn);
    const ImpressedSignature turned = Mark(2, {.turn_degrees = turn});

    const ImpressedComparison directed = Compare(mark, turned);
    const ImpressedComparison full = Compare(mark, turned, TurnSearch::kFullCircle);

    EXPECT_LE(directed.cmc, 4);
    EXPECT_TRUE(directed.has(ComparisonFlag::kTurnedOutside));
    EXPECT_GE(full.cmc, full.cells_eligible - 2);
    EXPECT_NEAR(std::abs(full.turn_degrees), turn, 1.0);
    EXPECT_EQ(full.flags, 0U);
  }
}

TEST(CompareImpressionsTest, AMirroredMarkIsFlaggedAndFoundWhenAskedFor) {
  const HeightMap scan = RingScan(MadeSurface(2), {});
  const ImpressedSignature mark = Signature(scan);
  const ImpressedSignature mirrored = Signature(MirrorX(scan));

  const ImpressedComparison directed = Compare(mark, mirrored);
  const ImpressedComparison full = Compare(mark, mirrored, TurnSearch::kFullCircleOrMirror);

  EXPECT_TRUE(directed.has(ComparisonFlag::kMirrored));
  EXPECT_TRUE(full.mirrored);
  EXPECT_GE(full.cmc, full.cells_eligible - 2);
}

TEST(CompareImpressionsTest, InvertedHeightsAreFlagged) {
  HeightMap scan = RingScan(MadeSurface(2), {});
  const ImpressedSignature mark = Signature(scan);
  for (float& z : scan.height_um) z = -z;

  const ImpressedComparison out = Compare(mark, Signature(scan));

  EXPECT_TRUE(out.has(ComparisonFlag::kInvertedHeights));
}

TEST(SearchCellsTest, EveryKernelFindsTheSamePlaces) {
  const TurnableRelief relief(Mark(1), false, 1);
  const TurnableRelief other(Mark(5), false, 1);
  const std::vector<Cell> cells = MakeCells(relief.SampleAll(Turn{}, 2), relief);
  const std::vector<LevelMap> targets = {other.SampleAll(MakeTurn(-3.0), 2)};
  const std::vector<double> turns = {-3.0};
  const auto want = SearchCells(cells, targets, turns, CellKernels().back());
  int compared = 0;
  for (const CellKernel& kernel : CellKernels()) {
    SCOPED_TRACE(kernel.name);
    const auto got = SearchCells(cells, targets, turns, kernel);

    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i][0].has_value(), want[i][0].has_value());
      if (!got[i][0]) continue;
      EXPECT_EQ(got[i][0]->dx, want[i][0]->dx);
      EXPECT_EQ(got[i][0]->dy, want[i][0]->dy);
      EXPECT_EQ(got[i][0]->correlation, want[i][0]->correlation);
      const auto fine = RefineCell(cells[i], got[i], other, kernel);
      const auto plain = RefineCell(cells[i], want[i], other, CellKernels().back());
      ASSERT_EQ(fine.has_value(), plain.has_value());
      EXPECT_EQ(fine->correlation, plain->correlation);
      EXPECT_EQ(fine->turn_degrees, plain->turn_degrees);
      ++compared;
    }
  }
  EXPECT_GE(compared, 20 * static_cast<int>(CellKernels().size()));
}

TEST(CompareImpressionsTest, RefusesWhatCannotBeCompared) {
  const ImpressedSignature mark = Mark(1);
  ImpressedSignature other = mark;
  other.extractor_version = "another";
  ImpressedSignature cut = mark;
  cut.relief.pop_back();
  const auto directed = PrepareImpression(mark, TurnSearch::kDirected);
  const auto full = PrepareImpression(mark, TurnSearch::kFullCircle);
  const auto foreign = PrepareImpression(other, TurnSearch::kDirected);
  ASSERT_THAT(directed, IsOk());

  EXPECT_THAT(PrepareImpression(cut, TurnSearch::kDirected),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("relief")));
  EXPECT_THAT(CompareImpressions(*directed, *foreign, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("extractor versions")));
  EXPECT_THAT(CompareImpressions(*directed, *full, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("another search")));
  EXPECT_THAT(CompareImpressions(*directed, *directed, {.distance_um = 9.0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("distance_um")));
  EXPECT_THAT(CompareImpressions(*directed, *directed, {.turn_degrees = std::nan("")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("turn_degrees")));
  EXPECT_THAT(CompareImpressions(*directed, *directed, {.correlation_min = 1.0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("correlation_min")));
}

}  // namespace
}  // namespace proofmark::forensics
