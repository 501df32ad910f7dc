// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/defects.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "crypto/tlog/checkpoint.h"
#include "proto/wire/match.h"
#include "server/exchange/tables.h"
#include "server/federation/tables.h"
#include "server/ledger/tables.h"
#include "server/store/key_file.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::sim {
namespace {

// Every row of a table is gone when the machine comes back.
void ForgetAtRest(World& world, store::Table table) {
  world.spoil_at_rest = [table](Machine& off) {
    auto key = store::LoadMasterKey(MasterKeyPath());
    PM_CHECK(key.ok());
    testing::SeededRandom random(1);
    auto store = testing::OpenStore(off.disk().platters(), random, {}, *std::move(key));
    if (!store.ok()) return;
    store::WriteRequest forget;
    PM_CHECK((*store)
                 ->Scan({.prefix = store::StoreKey(table).Build()},
                        [&forget](std::string_view row, std::string_view) {
                          forget.mutations.Delete(std::string(row));
                          return true;
                        })
                 .ok());
    if (!forget.mutations.list().empty()) PM_CHECK((*store)->Commit(std::move(forget)).ok());
  };
}

// Likewise what was cosigned, and what is kept of it beside the database.
void ForgetWitnessed(World& world) {
  ForgetAtRest(world, ledger::kWitnessTable);
  world.spoil_at_rest = [rows = world.spoil_at_rest](Machine& off) {
    rows(off);
    testing::SimDisk& disk = off.disk().platters();
    for (const std::string& path :
         disk.FilesUnder(std::string(testing::kStateFolder) + "/witnessed")) {
      disk.Destroy(path);
    }
  };
}

// An answer that is signed as it must be, and that the ledger does not have.
void AnswerUnlogged(World& world) {
  world.network.on_release = [&world](int from, exchange::ReleasedAnswer& answer) {
    answer.envelope.unix_ms += 1;
    answer.envelope.signature.clear();
    auto again = crypto::SignEnvelope(world.At(from).founded().Identity().exchange_key(),
                                      std::move(answer.envelope));
    PM_CHECK(again.ok());
    answer.envelope = *std::move(again);
  };
}

// One witness is shown another tree than the rest.
void SignTwice(World& world) {
  world.network.on_checkpoint = [&world](int from, int to, std::string& body) {
    if (to != 0) return;
    auto request = crypto::ParseAddCheckpoint(body);
    PM_CHECK(request.ok());
    request->checkpoint.root = crypto::Sha256("another tree");
    const auto note =
        crypto::SignCheckpoint(request->checkpoint, world.At(from).founded().Identity().log_key());
    PM_CHECK(note.ok());
    body = *crypto::FormatAddCheckpoint(request->old_size, request->consistency, *note);
  };
}

}  // namespace

void PlantBug(std::string_view bug, World& world) {
  if (bug == "budget-forgotten") return ForgetAtRest(world, federation::kChargeTable);
  if (bug == "answers-forgotten") return ForgetAtRest(world, exchange::kExchangeTable);
  if (bug == "witness-forgotten") return ForgetWitnessed(world);
  if (bug == "fork-overlooked") return ForgetAtRest(world, ledger::kForkTable);
  if (bug == "letters-forgotten") return ForgetAtRest(world, exchange::kLetterTable);
  if (bug == "unlogged-answer") return AnswerUnlogged(world);
  if (bug == "two-checkpoints") return SignTwice(world);
  if (bug == "deaf-to-lists") {
    world.trust.deaf = true;
  } else if (bug == "case-in-message") {
    world.network.on_message = [](int from, crypto::Envelope& message) {
      message.payload += CaseReferenceOf(from);
    };
  } else if (bug == "receipt-of-another-entry") {
    world.network.on_return = [](exchange::ReleasedAnswer& answer) { ++answer.receipt.index; };
  } else if (bug == "answers-garbled") {
    // Of letters alone: without answers to questions nobody would write any.
    world.network.on_return = [](exchange::ReleasedAnswer& answer) {
      if (answer.envelope.type != wire::kMatchAnswerType) answer.envelope.signature.back() ^= 1;
    };
  } else if (bug == "sync-left-out") {
    for (int i = 0; i < world.count(); ++i) {
      world.At(i).disk().platters().IgnoreSyncOf(
          testing::SimDisk::SyncKind::kFile,
          [](std::string_view path) { return path.ends_with(".log"); });
    }
  } else if (bug == "rollback-accepted") {
    world.network.witnesses_forget = true;
  } else if (bug == "ledger-cut") {
    world.network.witnesses_forget = true;
    world.rollbacks_are_noticed = false;
  } else {
    PM_CHECK(false);
  }
}

}  // namespace proofmark::sim
