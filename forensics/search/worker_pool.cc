// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/worker_pool.h"

#include <algorithm>

#include "base/check.h"

namespace proofmark::forensics {
namespace {

// How long a caller waits between two looks at its watch when nothing ends meanwhile.
constexpr std::chrono::milliseconds kLookEvery{20};

}  // namespace

// Touched under the pool's mutex, but for `task`.
struct WorkerPool::Job {
  const std::function<void(std::int64_t)>& task;
  std::int64_t count = 0;
  std::int64_t begun = 0;
  std::int64_t ended = 0;
};

WorkerPool::WorkerPool(int threads) {
  PM_CHECK(threads >= 1 && threads <= kThreadsMax);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() {
  base::MutexLock lock(mutex_);
  PM_CHECK(jobs_.empty());
  stop_ = true;
  work_came_.NotifyAll();
}

void WorkerPool::Work() {
  mutex_.Lock();
  while (true) {
    while (!stop_ && jobs_.empty()) work_came_.Wait(mutex_);
    if (stop_) break;
    // One task of the job in turn; then it is the next one's.
    Job& job = *jobs_.front();
    jobs_.pop_front();
    const std::int64_t index = job.begun++;
    if (job.begun < job.count) jobs_.push_back(&job);
    mutex_.Unlock();
    job.task(index);
    mutex_.Lock();
    ++job.ended;
    task_ended_.NotifyAll();
  }
  mutex_.Unlock();
}

std::int64_t WorkerPool::Run(std::int64_t count, const std::function<void(std::int64_t)>& task,
                             const Watch& watch) {
  const auto stopped = [&] {
    return (watch.deadline && std::chrono::steady_clock::now() >= *watch.deadline) ||
           (watch.cancelled && watch.cancelled());
  };
  if (count == 0 || stopped()) return 0;
  Job job{.task = task, .count = count};
  std::int64_t told = 0;
  mutex_.Lock();
  jobs_.push_back(&job);
  work_came_.NotifyAll();
  while (job.ended < job.count) {
    task_ended_.WaitFor(mutex_, kLookEvery);
    const std::int64_t ended = job.ended;
    mutex_.Unlock();  // The caller's functions may take locks of their own.
    if (watch.progress) watch.progress(ended);
    told = ended;
    const bool stop = ended < count && stopped();
    mutex_.Lock();
    if (!stop || job.begun == job.count) continue;
    job.count = job.begun;  // No further task begins; those begun are waited for.
    jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), &job), jobs_.end());
  }
  mutex_.Unlock();
  // The last tasks may have ended while the caller was being told of the others.
  if (watch.progress && told < job.count) watch.progress(job.count);
  return job.count;
}

}  // namespace proofmark::forensics
