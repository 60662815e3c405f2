#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

// The ledger's journal: what makes an entry durable with one sync, before any tile is written. Each
// batch carries the checkpoint that its entries lead to, so replaying it checks itself. Format:
// docs/ledger.md.
namespace sallyport::ledger {

inline constexpr std::uint64_t kMaxJournalBytes = 256u << 20;

struct JournalBatch {
  std::vector<std::string> entries;
  std::string checkpoint;  // signed, of the tree with these entries
};

struct JournalContent {
  std::string
      checkpoint;  // signed, of the tree on which the journal builds; empty for an empty tree
  std::vector<JournalBatch> batches;
  bool clean = true;              // nothing came after the last closing mark
  std::uint64_t valid_bytes = 0;  // what follows is a torn write
};

class Journal {
 public:
  // corrupt where something whole follows something broken: that is no torn write.
  static Result<JournalContent> read(Files& files, const std::string& path);
  // A new journal on a tree with that checkpoint; whole or not there at all.
  static Result<void> create(Files& files, const std::string& path, std::string_view checkpoint);
  // Cuts a torn tail off, then appends.
  static Result<Journal> open(Files& files, const std::string& path, std::uint64_t valid_bytes);

  // Durable on success. On failure the batch is cut off again; where even that fails, broken()
  // holds and only a restart helps.
  Result<void> append(std::span<const std::string> entries, std::string_view checkpoint);
  Result<void> mark_opened();
  Result<void> mark_closed();
  std::uint64_t size() const { return file_->size(); }
  bool broken() const { return broken_; }

 private:
  explicit Journal(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}
  Result<void> append_record(char type, std::string_view payload);

  std::unique_ptr<AppendFile> file_;
  bool broken_ = false;
};

}  // namespace sallyport::ledger
