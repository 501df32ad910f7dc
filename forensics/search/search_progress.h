// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace proofmark::forensics {

enum class SearchStage { kCoarse, kRefine };

struct SearchProgress {
  SearchStage stage = SearchStage::kCoarse;
  std::int64_t done = 0;  // Records of this stage.
  std::int64_t of = 0;    // In kRefine what is refined for certain; it may grow.
  double share = 0.0;     // Of the whole search's work, estimated, never falling, [0, 1].
};

// Tells the caller of one search how far it is. What the certified stop will ask for is not known
// when the search begins: the share's end is left open until End, and a share once told stands.
// Used by one thread.
class SearchMeter {
 public:
  struct Work {  // Of one record, microseconds of processor.
    double coarse_us = 0.0;
    double refine_us = 0.0;
  };

  // `tell` may be empty; it must outlive the meter.
  SearchMeter(const std::function<void(const SearchProgress&)>& tell, Work of_record)
      : tell_(tell), of_record_(of_record) {}

  // How many records each stage takes at least. Before anything is told.
  void Plan(std::int64_t coarse, std::int64_t refined);

  void Tell(SearchStage stage, std::int64_t done, std::int64_t of);
  void End(std::int64_t refined);  // The search is complete.

 private:
  const std::function<void(const SearchProgress&)>& tell_;
  const Work of_record_;
  std::int64_t coarse_ = 0;
  std::int64_t refined_ = 0;
  double told_share_ = 0.0;
};

}  // namespace proofmark::forensics
