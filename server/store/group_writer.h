// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "base/random.h"
#include "server/store/group_observer.h"
#include "server/store/write_request.h"

namespace leveldb {
class DB;
}  // namespace leveldb

namespace proofmark::store {

class FailureLatch;
class HighWaterFile;
class KeyFile;

inline constexpr std::size_t kGroupRequestsMax = 256;
inline constexpr std::size_t kGroupBytesMax = std::size_t{32} << 20;

// Commits requests in groups, so that many callers wait for one sync. One thread does it:
//   0. takes what is queued, up to the maxima above, without ever waiting for more,
//   1. lets each request have its turn (preconditions, at_turn); a refused one leaves no trace,
//   2. appends new record keys to the key file,
//   3. writes everything else as one LevelDB batch,
//   4. raises the high-water mark,
//   5. removes erased keys from the key file,
//   6. tells the callers.
// Each of 2 to 5 is synced before the next begins. A crash therefore leaves keys nobody refers to
// (dropped at the next open), or a batch nobody was told of, or an erasure to repeat, but never a
// record without its key and never an acknowledged entry above the mark.
// The first failure of 2 to 5 trips the latch: the group and all that follow are refused.
//
// Thread-safe. Callers wait, so the queue is never longer than there are calling threads. `mutex_`
// guards it and is never held while a file is touched.
class GroupWriter {
 public:
  struct Counters {
    std::int64_t groups = 0;
    std::int64_t requests = 0;
    std::int64_t group_requests_max = 0;
  };

  // All must outlive it.
  GroupWriter(leveldb::DB& db, KeyFile& keys, HighWaterFile& high_water, FailureLatch& failure,
              base::Random& random);
  // Commits what is queued, then ends the thread.
  ~GroupWriter();

  // See Store::Commit.
  absl::Status Commit(WriteRequest request);
  void SetObserver(GroupObserver* observer);
  Counters counters() const;
  std::int64_t queued() const;

 private:
  struct Waiter {
    WriteRequest request;
    std::size_t bytes = 0;
    absl::Status status;
    bool done = false;
    base::CondVar told;
  };
  struct Group;

  void Run();
  std::vector<Waiter*> TakeGroup();
  void CommitGroup(const std::vector<Waiter*>& waiters);
  absl::Status Admit(WriteRequest& request, Group& group) const;
  absl::Status Check(const Precondition& precondition, const Group& group) const;
  absl::Status MakeDurable(Group& group);

  // Constant after construction.
  leveldb::DB& db_;
  KeyFile& keys_;
  HighWaterFile& high_water_;
  FailureLatch& failure_;
  base::Random& random_;

  mutable base::Mutex mutex_;
  base::CondVar work_;
  std::deque<Waiter*> queue_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  GroupObserver* observer_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Counters counters_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace proofmark::store
