// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/fork_reports.h"

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"

namespace proofmark::exchange {
namespace {

// Where the answers of one round come in; shared with calls that outlast it.
struct Answers {
  base::Mutex mutex;
  base::CondVar came;
  std::map<std::size_t, absl::Status> by_report ABSL_GUARDED_BY(mutex);
};

// Whether there is nothing more to say to that partner: it has the evidence, does not know the
// ledger, or will never accept this.
bool IsSettled(const absl::Status& answer) {
  return answer.ok() || absl::IsNotFound(answer) || absl::IsInvalidArgument(answer);
}

}  // namespace

void ForkReports::Start() {
  if (options_.interval.count() > 0) thread_ = std::thread([this] { Run(); });
}

void ForkReports::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void ForkReports::Run() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stopping_) stop_.WaitFor(mutex_, options_.interval);
      if (stopping_) return;
    }
    if (const absl::Status status = SendNow(); !status.ok()) {
      base::Log(base::LogSeverity::kError,
                absl::StrFormat("reports of a fork were not sent: %s", status.message()));
    }
  }
}

absl::Status ForkReports::SendNow() {
  base::MutexLock sending(sending_);
  PM_ASSIGN_OR_RETURN(const std::vector<ledger::ForkReport> waiting, witness_.ReportsWaiting());
  std::vector<const ledger::ForkReport*> sent;
  const auto now = clock_.Steady();
  const auto until = std::chrono::steady_clock::now() + options_.wait;
  const auto answers = std::make_shared<Answers>();
  for (const ledger::ForkReport& report : waiting) {
    const auto tried = attempts_.find(report.row);
    if (tried != attempts_.end() && now < tried->second.again) continue;
    const federation::Partner* const partner = partners_.FindByDomain(report.partner);
    if (partner == nullptr || sent.size() == kForkReportsAtOnce) continue;
    attempts_[report.row].again = now + options_.retry;
    peers_.ReportFork(*partner, report.first_note, report.second_note, until,
                      [answers, number = sent.size()](absl::Status answer) {
                        base::MutexLock lock(answers->mutex);
                        answers->by_report.emplace(number, std::move(answer));
                        answers->came.NotifyAll();
                      });
    sent.push_back(&report);
  }
  std::map<std::size_t, absl::Status> came;
  {
    base::MutexLock lock(answers->mutex);
    while (answers->by_report.size() < sent.size() &&
           answers->came.WaitUntil(answers->mutex, until)) {
    }
    came = answers->by_report;
  }
  for (const auto& [number, answer] : came) {
    const ledger::ForkReport& report = *sent[number];
    // Once for each change: a partner that is away for a day must not fill the log.
    std::string& told = attempts_[report.row].told;
    if (!answer.ok() && told != answer.message()) {
      told = std::string(answer.message());
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("%s did not take a report of a fork: %s", report.partner, told));
    }
    if (!IsSettled(answer)) continue;
    PM_RETURN_IF_ERROR(witness_.ForgetReport(report));
    attempts_.erase(report.row);
  }
  return absl::OkStatus();
}

}  // namespace proofmark::exchange
