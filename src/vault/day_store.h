#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/merkle.h"
#include "vault/day.h"
#include "vault/record.h"

// The files of one day: segments in the data folder; tenants' keys and records' lines in the key
// folder.
namespace sallyport::vault {

struct Folders {
  std::string data;
  std::string keys;  // apart from `data`, left out of backups

  std::string segments(Day day) const { return data + "/segments/" + to_string(day); }
  std::string segment(Day day, std::uint32_t number) const;
  std::string tenants(Day day) const { return keys + "/days/" + to_string(day) + ".tenants"; }
  std::string lines(Day day) const { return keys + "/days/" + to_string(day) + ".records"; }
  std::string summary(Day day) const { return keys + "/days/" + to_string(day) + ".summary"; }
  std::string case_lines(const std::string& name) const {
    return keys + "/cases/" + name + ".records";
  }
  std::string case_data(const std::string& name) const { return data + "/cases/" + name; }
};

// How many records a day has and what their commitments come to.
struct DaySummary {
  std::uint64_t stored = 0;
  std::uint64_t damaged = 0;  // lines that cannot be read
  crypto::MerkleHash root{};

  std::string bytes() const;
  static Result<DaySummary> parse(std::string_view bytes);
};

// Reads lines in order, in pieces, so that memory stays flat. `each` gets nullptr for a damaged
// line. Returns how many bytes count: lines that are damaged with nothing whole after them are a
// torn write.
Result<std::uint64_t> scan_lines(Files& files, const std::string& path,
                                 const std::function<void(const Slot*)>& each);
Result<DaySummary> summarise(Files& files, const std::string& lines_path);
crypto::MerkleHash line_leaf(const Slot& slot);

struct TenantKey {
  std::uint32_t number = 0;
  std::string name;
  crypto::Aead key;
};
// In the order of their numbers; `valid_bytes` is where a torn write begins.
Result<std::vector<TenantKey>> load_tenants(Files& files, const Folders& folders, Day day,
                                            const crypto::Aead& day_key,
                                            std::uint64_t* valid_bytes = nullptr);

// A day to which records are appended. One thread.
class OpenDay {
 public:
  // Continues what is there, after cutting torn writes off; begins a new segment.
  static Result<OpenDay> open(Files& files, const Folders& folders, Day day, crypto::Aead day_key,
                              Random& random);

  struct Appended {
    RecordId id;
    crypto::Sha256Digest commitment;
  };
  // All records or none; durable on success. After an error the object must not be used again.
  Result<std::vector<Appended>> append(const std::vector<const NewRecord*>& records, WallTime at,
                                       std::uint64_t segment_bytes);

  Day day() const { return day_; }
  const DaySummary& summary() const { return summary_; }
  DaySummary summary_now() const;

 private:
  OpenDay(Files& files, const Folders& folders, Day day, crypto::Aead day_key, Random& random)
      : files_(&files),
        folders_(&folders),
        day_(day),
        day_key_(std::move(day_key)),
        random_(&random) {}
  Result<void> begin_segment();
  Result<const TenantKey*> tenant(const std::string& name);

  Files* files_;
  const Folders* folders_;
  Day day_;
  crypto::Aead day_key_;
  Random* random_;
  std::map<std::string, TenantKey> tenants_;
  std::unique_ptr<AppendFile> tenants_file_;
  std::unique_ptr<AppendFile> lines_file_;
  std::unique_ptr<AppendFile> segment_file_;
  std::uint32_t segment_ = 0;
  std::uint32_t next_number_ = 0;
  crypto::MerkleEdge edge_;
  DaySummary summary_;
};

}  // namespace sallyport::vault
