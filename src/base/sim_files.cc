#include "base/sim_files.h"

#include <algorithm>

namespace sallyport {
namespace {

bool is_inside(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

Failure power_failed() { return fail(Code::io, "the power is off"); }

// What may be on the disk of a file whose last sync saw `durable` and that now reads `live`; of
// both, the first `kept` bytes are the same and were not written again.
std::string torn(const std::string& durable, const std::string& live, std::size_t kept,
                 Random& random) {
  if (durable == live) return live;
  const std::size_t cut = kept + random.below(live.size() - kept + 1);
  switch (random.below(5)) {
    case 0:
      return durable;
    case 1:
      return live;
    case 2:
      return live.substr(0, cut);
    case 3:
      return live.substr(0, cut) + std::string(live.size() - cut, '\0');
    default:
      break;
  }
  return cut < durable.size() ? live.substr(0, cut) + durable.substr(cut) : live.substr(0, cut);
}

}  // namespace

class SimFiles::Appender final : public AppendFile {
 public:
  Appender(SimFiles& files, std::shared_ptr<Node> node, std::string path)
      : files_(files),
        node_(std::move(node)),
        path_(std::move(path)),
        generation_(files.generation_) {}

  Result<void> append(std::string_view bytes) override {
    const std::lock_guard lock(files_.mutex_);
    if (generation_ != files_.generation_) return power_failed();
    return files_.put(*node_, bytes, path_);
  }

  Result<void> sync() override {
    const std::lock_guard lock(files_.mutex_);
    if (generation_ != files_.generation_) return power_failed();
    return files_.sync_node(*node_, path_);
  }

  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard lock(files_.mutex_);
    if (generation_ != files_.generation_) return power_failed();
    Error error;
    if (files_.begin_change(error) == Change::refused) return Failure(error);
    if (size < node_->live.size()) {
      files_.used_ -= node_->live.size() - size;
      node_->live.resize(size);
      node_->untouched = std::min<std::size_t>(node_->untouched, size);
    }
    return {};
  }

  std::uint64_t size() const override {
    const std::lock_guard lock(files_.mutex_);
    return node_->live.size();
  }

 private:
  SimFiles& files_;
  std::shared_ptr<Node> node_;
  std::string path_;
  std::uint64_t generation_;
};

class SimFiles::Lock final : public FolderLock {
 public:
  Lock(std::shared_ptr<std::set<std::string>> held, std::string folder)
      : held_(std::move(held)), folder_(std::move(folder)) {}
  ~Lock() override { held_->erase(folder_); }

 private:
  std::shared_ptr<std::set<std::string>> held_;
  std::string folder_;
};

void SimFiles::power_off_at(std::uint64_t change) {
  const std::lock_guard lock(mutex_);
  power_off_at_ = change == 0 ? 0 : changes_ + change;
}

bool SimFiles::powered_off() const {
  const std::lock_guard lock(mutex_);
  return off_;
}

void SimFiles::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void SimFiles::set_read_only(bool read_only) {
  const std::lock_guard lock(mutex_);
  read_only_ = read_only;
}

void SimFiles::fail_syncs(int count) {
  const std::lock_guard lock(mutex_);
  failing_syncs_ = count;
}

std::uint64_t SimFiles::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

std::uint64_t SimFiles::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

std::vector<std::string> SimFiles::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [path, node] : live_) {
    if (!node->folder) all.push_back(path);
  }
  return all;
}

void SimFiles::flip_bit(const std::string& path, std::uint64_t bit) {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(path);
  if (found == live_.end() || found->second->live.size() * 8 <= bit) return;
  for (std::string* bytes : {&found->second->live, &found->second->durable}) {
    if (bytes->size() * 8 <= bit) continue;
    char& byte = (*bytes)[bit / 8];
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  }
}

void SimFiles::restore(const SimFiles& backup, const std::string& folder) {
  const std::scoped_lock lock(mutex_, backup.mutex_);
  for (const auto& [path, node] : backup.live_) {
    if (path != folder && !is_inside(path, folder)) continue;
    auto copy = std::make_shared<Node>(*node);
    copy->durable = copy->live;
    copy->untouched = copy->live.size();
    live_[path] = copy;
    durable_[path] = copy;
  }
}

void SimFiles::crash(Random& random) {
  const std::lock_guard lock(mutex_);
  Names after = durable_;
  // Every name that differs was changed since its folder's last sync: each change may have reached
  // the disk.
  for (const auto& [path, node] : live_) {
    const auto old = durable_.find(path);
    if ((old == durable_.end() || old->second != node) && random.below(2) == 0) after[path] = node;
  }
  for (const auto& [path, node] : durable_) {
    if (!live_.contains(path) && random.below(2) == 0) after.erase(path);
  }
  // What lies in a folder that is not there is not there either.
  for (auto it = after.begin(); it != after.end();) {
    const std::string parent = parent_folder(it->first);
    const bool reachable = parent == "." || parent == "/" || after.contains(parent);
    it = reachable ? std::next(it) : after.erase(it);
  }
  std::set<Node*> seen;
  used_ = 0;
  for (const auto& [path, node] : after) {
    if (seen.insert(node.get()).second) {
      node->live = torn(node->durable, node->live, node->untouched, random);
      node->durable = node->live;
      node->untouched = node->live.size();
    }
    used_ += node->live.size();
  }
  live_ = after;
  durable_ = std::move(after);
  locks_ = std::make_shared<std::set<std::string>>();
  off_ = false;
  power_off_at_ = 0;
  ++generation_;
}

Result<void> SimFiles::check_power() const {
  if (off_) return power_failed();
  return {};
}

SimFiles::Change SimFiles::begin_change(Error& error) {
  if (off_) {
    error = power_failed().value();
    return Change::refused;
  }
  if (read_only_) {
    error = fail(Code::forbidden, "the file system is read-only").value();
    return Change::refused;
  }
  ++changes_;
  if (power_off_at_ != 0 && changes_ >= power_off_at_) {
    off_ = true;
    error = power_failed().value();
    return Change::partial;
  }
  return Change::whole;
}

Result<void> SimFiles::put(Node& node, std::string_view bytes, const std::string& path) {
  Error error;
  const Change change = begin_change(error);
  if (change == Change::refused) return Failure(error);
  if (change == Change::partial) {
    node.live.append(bytes);  // crash() tears it
    return Failure(error);
  }
  if (capacity_ != 0 && used_ + bytes.size() > capacity_) {
    const std::size_t room = used_ < capacity_ ? capacity_ - used_ : 0;
    node.live.append(bytes.substr(0, room));
    used_ += room;
    return fail(Code::over_budget, "writing " + path + ": no space left on device");
  }
  node.live.append(bytes);
  used_ += bytes.size();
  return {};
}

Result<void> SimFiles::sync_node(Node& node, const std::string& path) {
  Error error;
  if (begin_change(error) != Change::whole) return Failure(error);
  if (failing_syncs_ > 0) {
    --failing_syncs_;
    return fail(Code::io, "syncing " + path + ": input/output error");
  }
  node.durable = node.live;
  node.untouched = node.live.size();
  return {};
}

Result<std::shared_ptr<SimFiles::Node>> SimFiles::find_file(const std::string& path) const {
  if (Result<void> r = check_power(); !r) return Failure(r.error());
  const auto found = live_.find(path);
  if (found == live_.end() || found->second->folder) {
    return fail(Code::not_found, "opening " + path + ": no such file");
  }
  return found->second;
}

Result<void> SimFiles::make_folders_locked(const std::string& folder) {
  if (folder == "." || folder == "/" || live_.contains(folder)) return {};
  if (Result<void> r = make_folders_locked(parent_folder(folder)); !r) return r;
  Error error;
  if (begin_change(error) != Change::whole) return Failure(error);
  auto node = std::make_shared<Node>();
  node->folder = true;
  live_[folder] = std::move(node);
  return {};
}

Result<std::shared_ptr<SimFiles::Node>> SimFiles::create(const std::string& path) {
  const auto found = live_.find(path);
  if (found != live_.end()) return found->second;
  if (Result<void> r = make_folders_locked(parent_folder(path)); !r) return Failure(r.error());
  Error error;
  if (begin_change(error) != Change::whole) return Failure(error);
  auto node = std::make_shared<Node>();
  live_[path] = node;
  return node;
}

Result<std::unique_ptr<AppendFile>> SimFiles::open_append(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Result<std::shared_ptr<Node>> node = create(path);
  if (!node) return Failure(node.error());
  if (Result<void> r = check_power(); !r) return Failure(r.error());
  return std::make_unique<Appender>(*this, *node, path);
}

Result<void> SimFiles::write(const std::string& path, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const Result<std::shared_ptr<Node>> node = create(path);
  if (!node) return Failure(node.error());
  if (read_only_ || off_) {
    Error error;
    begin_change(error);
    return Failure(error);
  }
  used_ -= (*node)->live.size();
  (*node)->live.clear();
  (*node)->untouched = 0;
  return put(**node, bytes, path);
}

Result<std::string> SimFiles::read(const std::string& path, std::uint64_t max_bytes) {
  const std::lock_guard lock(mutex_);
  const Result<std::shared_ptr<Node>> node = find_file(path);
  if (!node) return Failure(node.error());
  if ((*node)->live.size() > max_bytes)
    return fail(Code::too_large, "reading " + path + ": too large");
  return (*node)->live;
}

Result<std::string> SimFiles::read_at(const std::string& path, std::uint64_t offset,
                                      std::size_t size) {
  const std::lock_guard lock(mutex_);
  const Result<std::shared_ptr<Node>> node = find_file(path);
  if (!node) return Failure(node.error());
  const std::string& bytes = (*node)->live;
  if (offset > bytes.size() || bytes.size() - offset < size) {
    return fail(Code::corrupt, "reading " + path + ": the file ends too early");
  }
  return bytes.substr(offset, size);
}

Result<std::optional<std::uint64_t>> SimFiles::size(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (Result<void> r = check_power(); !r) return Failure(r.error());
  const auto found = live_.find(path);
  if (found == live_.end()) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(found->second->live.size());
}

Result<std::vector<std::string>> SimFiles::list(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (Result<void> r = check_power(); !r) return Failure(r.error());
  std::vector<std::string> names;
  for (auto it = live_.lower_bound(folder + "/"); it != live_.end() && is_inside(it->first, folder);
       ++it) {
    const std::string name = it->first.substr(folder.size() + 1);
    if (name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

Result<void> SimFiles::make_folders(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (Result<void> r = check_power(); !r) return r;
  return make_folders_locked(folder);
}

Result<void> SimFiles::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const Result<std::shared_ptr<Node>> node = find_file(from);
  if (!node) return Failure(node.error());
  Error error;
  if (begin_change(error) == Change::refused) return Failure(error);
  const auto old = live_.find(to);
  if (old != live_.end()) used_ -= old->second->live.size();
  live_[to] = *node;
  live_.erase(from);
  return check_power();
}

Result<void> SimFiles::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (Result<void> r = check_power(); !r) return r;
  const auto found = live_.find(path);
  if (found == live_.end()) return {};
  Error error;
  if (begin_change(error) == Change::refused) return Failure(error);
  used_ -= found->second->live.size();
  live_.erase(found);
  return check_power();
}

Result<void> SimFiles::remove_folder(const std::string& folder) {
  std::vector<std::string> doomed;
  {
    const std::lock_guard lock(mutex_);
    if (Result<void> r = check_power(); !r) return r;
    if (live_.contains(folder)) doomed.push_back(folder);
    for (auto it = live_.lower_bound(folder + "/");
         it != live_.end() && is_inside(it->first, folder); ++it) {
      doomed.push_back(it->first);
    }
  }
  std::reverse(doomed.begin(), doomed.end());
  for (const std::string& path : doomed) {
    if (Result<void> r = remove(path); !r) return r;
  }
  return {};
}

Result<void> SimFiles::sync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Result<std::shared_ptr<Node>> node = find_file(path);
  if (!node) return Failure(node.error());
  return sync_node(**node, path);
}

Result<void> SimFiles::sync_folder(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (folder != "." && folder != "/" && !live_.contains(folder)) {
    if (Result<void> r = check_power(); !r) return r;
    return fail(Code::not_found, "opening " + folder + ": no such folder");
  }
  Error error;
  if (begin_change(error) != Change::whole) return Failure(error);
  if (failing_syncs_ > 0) {
    --failing_syncs_;
    return fail(Code::io, "syncing " + folder + ": input/output error");
  }
  const auto in_folder = [&](const auto& entry) { return parent_folder(entry.first) == folder; };
  std::erase_if(durable_, [&](const auto& entry) {
    return in_folder(entry) && !live_.contains(entry.first);
  });
  const std::string prefix = folder == "/" ? "/" : folder + "/";
  for (auto it = live_.lower_bound(prefix); it != live_.end() && it->first.starts_with(prefix);
       ++it) {
    if (in_folder(*it)) durable_[it->first] = it->second;
  }
  return {};
}

Result<std::unique_ptr<FolderLock>> SimFiles::lock(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (Result<void> r = check_power(); !r) return Failure(r.error());
  if (!locks_->insert(folder).second) {
    return fail(Code::conflict, "locking " + folder + ": in use");
  }
  return std::make_unique<Lock>(locks_, folder);
}

}  // namespace sallyport
