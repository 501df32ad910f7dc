// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/synthetic/scale_bullet.h"
#include "proto/wire/stored.h"
#include "server/registry/roster.h"
#include "server/registry/tables.h"
#include "server/store/store.h"

// A node's state with bullets of the scale set, barrels 0, 1, 2...: the rows stand in the store as
// submissions leave them; scans and ledger entries, which no start and no search reads, are left
// out.
namespace proofmark::bench {

// As random as ids are, and the same every time.
inline std::string RawId(std::int64_t record) {
  return std::string(
      crypto::AsText(crypto::Sha256("exhibit " + std::to_string(record))).substr(0, 16));
}

inline wire::StoredExhibit StoredBullet(std::int64_t record) {
  wire::StoredExhibit stored;
  records::Exhibit& exhibit = stored.exhibit;
  exhibit.id = base::ToHex(RawId(record));
  exhibit.submission_id = RawId(record);
  exhibit.characteristics.bullet_class = "9";
  exhibit.characteristics.land_count = 6;
  exhibit.submitted_by = "lab-1";
  stored.sealed_identity = std::string(160, 's');
  const forensics::BulletSignature signature =
      forensics::GenerateScaleBullet({.barrel = static_cast<std::uint32_t>(record)}, 0);
  for (std::size_t land = 1; land <= signature.lands.size(); ++land) {
    exhibit.marks.push_back({.place = {.land_number = static_cast<std::int32_t>(land)},
                             .scan_sha256 = std::string(32, 'a'),
                             .blob_sha256 = std::string(32, 'b'),
                             .format = "x3p",
                             .remarks = {},
                             .usable = true});
  }
  exhibit.characteristics.land_width_mean_um = forensics::MeanLandWidthUm(signature);
  stored.signature = signature;
  return stored;
}

// The rows that a submission leaves and a start reads.
inline void Put(const wire::StoredExhibit& stored, store::Mutations& mutations) {
  const std::string raw_id = *base::ParseHex(stored.exhibit.id);
  auto bytes = wire::Serialise(stored);
  PM_CHECK(bytes.ok());
  mutations.Put(store::StoreKey(registry::kExhibitTable).Bytes(raw_id).Build(), *std::move(bytes));
  PM_CHECK(registry::PutRosterRow(
               raw_id,
               {.kind = stored.exhibit.kind,
                .characteristics = stored.exhibit.characteristics,
                .extractor_versions = forensics::ExtractorVersions(*stored.signature)},
               mutations)
               .ok());
}

inline void FillWithBullets(store::Store& store, std::int64_t records) {
  constexpr std::int64_t kInBatch = 200;
  constexpr int kThreads = 2;
  store::WriteRequest complete;
  registry::MarkRosterComplete(complete.mutations);
  PM_CHECK(store.Commit(std::move(complete)).ok());
  std::atomic<std::int64_t> next = 0;
  std::vector<std::jthread> workers;
  for (int w = 0; w < kThreads; ++w) {
    workers.emplace_back([&] {
      for (std::int64_t begin = next.fetch_add(kInBatch); begin < records;
           begin = next.fetch_add(kInBatch)) {
        store::WriteRequest request;
        for (std::int64_t i = begin; i < std::min(records, begin + kInBatch); ++i) {
          Put(StoredBullet(i), request.mutations);
        }
        PM_CHECK(store.Commit(std::move(request)).ok());
      }
    });
  }
}

}  // namespace proofmark::bench
