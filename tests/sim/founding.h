// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/sign/ed25519.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "tests/support/sim_disk.h"

namespace proofmark::sim {

inline constexpr int kAgenciesMin = 3;
inline constexpr int kAgenciesMax = 7;
inline constexpr int kExhibitsEach = 2;
inline constexpr std::int64_t kBeginUnixMs = 1'790'000'000'000;
inline constexpr char kPurpose[] = "CRIMINAL_INVESTIGATION";

// One agency before any run: its keys, and a disk on which its exhibits have been submitted. The
// same in every run and process; made once a process, since reading scans takes longer than a run.
struct Founded {
  std::string domain;
  std::string node_id;
  std::string origin;  // Of its ledger.
  crypto::SigningKey exchange_key;
  testing::SimDisk::Image disk;
  std::vector<std::string> exhibits;  // Ids. Of barrels that other agencies have bullets of, too.

  federation::NodeIdentity Identity() const;
  // How it stands in another's configuration.
  federation::Partner AsPartner() const;
};

// kAgenciesMax of them. Thread-safe.
const std::vector<Founded>& Founders();

// A file with the master key of all simulated nodes. Thread-safe.
const std::string& MasterKeyPath();

// What must never travel in the plain: labels, case numbers, notes and raw scores of Founders(),
// and case references that searches name.
const std::vector<std::string>& Secrets();

// The case that agency `number` names in its searches; one of Secrets().
std::string CaseReferenceOf(int number);

}  // namespace proofmark::sim
