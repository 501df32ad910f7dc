// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/wire/details.h"
#include "proto/wire/search.h"
#include "tests/sim/world.h"

namespace proofmark::sim {

// Examiners and officers of all agencies, who do one thing after another as chance has it: ask,
// look at candidates, conclude, ask for details, decide. What a node refuses them is no fault.
class People {
 public:
  // `world` must outlive it.
  People(World& world, int acts) : world_(world), acts_left_(acts) {}

  void Begin();
  bool done() const { return acts_left_ == 0; }

 private:
  // A partner's candidate that an examiner was shown.
  struct Candidate {
    int asker = 0;
    std::string search_id;
    std::string agency;
    crypto::Sha256Digest handle{};
    std::string link_id;  // Empty: nobody has looked at it.
  };

  void Act();
  void Ask(Machine& machine);
  void SearchAtHome(Machine& machine);
  void Review(Candidate& candidate);
  void Conclude(Candidate& candidate);
  void Withdraw(Candidate& candidate);
  void Request(Candidate& candidate);
  void Decide(Machine& machine);
  void ReadSearches(Machine& machine);
  wire::DetailsVerdict VerdictOn(const wire::DetailsFile& file, std::int64_t now_unix_ms);
  void Did(int agency, std::string_view act, const absl::Status& status);

  World& world_;
  int acts_left_;
  std::vector<Candidate> candidates_;
};

}  // namespace proofmark::sim
