#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/sim_files.h"
#include "vault/vault.h"

// A vault on a simulated disk, with what its users were told. For tests.
namespace sallyport::vault {

class FakeEvidence final : public Evidence {
 public:
  Result<void> deletion(const Certificate& certificate) override {
    if (down) return fail(Code::unavailable, "the ledger is down");
    certificates[certificate.id] = certificate;
    return {};
  }
  Result<void> hold(const HoldEvent& event) override {
    if (down) return fail(Code::unavailable, "the ledger is down");
    holds.push_back(event);
    return {};
  }
  Result<void> access(const AccessEvent& event) override {
    if (down) return fail(Code::unavailable, "the ledger is down");
    accesses.push_back(event);
    return {};
  }

  bool down = false;
  std::map<std::string, Certificate> certificates;
  std::vector<HoldEvent> holds;
  std::vector<AccessEvent> accesses;
};

struct World {
  SimFiles files;
  ManualClock clock;
  SeededRandom random;
  FakeEvidence evidence;
  FileRootKey root{files, "/keys/root", random};
  VaultOptions options{{"/data", "/keys"}, 4096, {}};
  std::unique_ptr<Vault> vault;
  std::map<std::string, std::string> stored;  // id -> content, acknowledged
  std::map<std::string, std::string> held;    // id -> case, acknowledged

  explicit World(std::uint64_t seed) : random(seed) {
    // Midnight of a day, so that days are easy to count.
    clock.set_wall(start_of(Day{20'600}));
  }

  Result<void> open() {
    vault.reset();
    Result<std::unique_ptr<Vault>> opened =
        Vault::open(files, root, evidence, options, clock, random);
    if (!opened) return Failure(opened.error());
    vault = std::move(*opened);
    return {};
  }

  Result<RecordId> append(const std::string& tenant, const std::string& content) {
    const NewRecord record{tenant, "mythos-5", "provider_30d", content};
    const Result<std::vector<OpenDay::Appended>> appended = vault->append({&record});
    if (!appended) return Failure(appended.error());
    stored[appended->front().id.text()] = content;
    return appended->front().id;
  }

  Access access() const {
    return {"case-1", "abuse", {"ann", "bob"}, clock.wall() + std::chrono::hours(1000)};
  }
  Result<std::string> read(const RecordId& id) { return vault->read(access(), id); }
  Result<std::string> read(const std::string& id) { return read(*RecordId::parse(id)); }

  HoldRequest hold_request(const std::string& name, std::vector<RecordId> ids) const {
    return {name,
            "court order 7",
            "by hand",
            {"ann", "bob"},
            Day{day_of(clock.wall()).number + 90},
            std::move(ids)};
  }

  // Days pass, minute for minute where it matters to the clock's keeper.
  void pass_days(int days) {
    for (int hour = 0; hour < days * 24; ++hour) {
      clock.advance(std::chrono::hours(1));
      if (vault) vault->clock_suspect();
    }
  }
};

}  // namespace sallyport::vault
