#include "vault/day_store.h"

#include <algorithm>
#include <cstring>

#include "vault/codec.h"

namespace sallyport::vault {
namespace {

constexpr std::size_t kMaxTenantsBytes = 256u << 20;
constexpr std::size_t kLinesAtOnce = 4096;
constexpr std::string_view kSummaryMagic = "sallyport vault day 1\n";

std::string tenant_purpose(Day day, std::string_view name) {
  return "tenant key " + to_string(day) + " " + std::string(name);
}

std::string check_of(std::string_view bytes) {
  return std::string(crypto::as_bytes(crypto::sha256(bytes)).substr(0, 8));
}

Result<crypto::Aead> to_aead(Result<std::string> key) {
  if (!key) return Failure(key.error());
  crypto::SecretBytes secret{std::string_view(*key)};
  crypto::wipe(*key);
  return crypto::Aead::from_key(std::move(secret));
}

Result<void> make_durable_folder(Files& files, const std::string& folder) {
  if (Result<void> r = files.make_folders(folder); !r) return r;
  // The two levels below the vault's own folders, and those themselves.
  if (Result<void> r = files.sync_folder(parent_folder(folder)); !r) return r;
  return files.sync_folder(parent_folder(parent_folder(folder)));
}

}  // namespace

std::string Folders::segment(Day day, std::uint32_t number) const {
  const std::string digits = std::to_string(number);
  return segments(day) + "/" + std::string(10 - digits.size(), '0') + digits + ".seg";
}

std::string DaySummary::bytes() const {
  std::string out(kSummaryMagic);
  put_number(out, stored, 8);
  put_number(out, damaged, 8);
  out.append(crypto::as_bytes(root));
  return out + check_of(out);
}

Result<DaySummary> DaySummary::parse(std::string_view bytes) {
  if (bytes.size() != kSummaryMagic.size() + 16 + 32 + 8 || !bytes.starts_with(kSummaryMagic) ||
      check_of(bytes.substr(0, bytes.size() - 8)) != bytes.substr(bytes.size() - 8)) {
    return fail(Code::corrupt, "a day's summary is damaged");
  }
  Reader reader(bytes.substr(kSummaryMagic.size()));
  DaySummary summary;
  summary.stored = reader.number(8);
  summary.damaged = reader.number(8);
  std::memcpy(summary.root.data(), reader.take(32).data(), 32);
  return summary;
}

crypto::MerkleHash line_leaf(const Slot& slot) {
  std::string bytes = slot.id.text();
  bytes.append(crypto::as_bytes(slot.commitment));
  return crypto::merkle_leaf(bytes);
}

Result<std::uint64_t> scan_lines(Files& files, const std::string& path,
                                 const std::function<void(const Slot*)>& each) {
  const Result<std::optional<std::uint64_t>> size = files.size(path);
  if (!size) return Failure(size.error());
  const std::uint64_t count = size->value_or(0) / Slot::kBytes;
  std::uint64_t valid = 0;  // lines up to and with the last whole one
  for (std::uint64_t first = 0; first < count; first += kLinesAtOnce) {
    const std::uint64_t some = std::min<std::uint64_t>(kLinesAtOnce, count - first);
    const Result<std::string> bytes =
        files.read_at(path, first * Slot::kBytes, some * Slot::kBytes);
    if (!bytes) return Failure(bytes.error());
    for (std::uint64_t i = 0; i < some; ++i) {
      const Result<Slot> slot =
          Slot::parse(std::string_view(*bytes).substr(i * Slot::kBytes, Slot::kBytes));
      if (!slot) continue;
      for (; valid < first + i; ++valid) each(nullptr);
      each(&*slot);
      valid = first + i + 1;
    }
  }
  return valid * Slot::kBytes;
}

Result<DaySummary> summarise(Files& files, const std::string& lines_path) {
  DaySummary summary;
  crypto::MerkleEdge edge;
  const Result<std::uint64_t> valid = scan_lines(files, lines_path, [&](const Slot* slot) {
    ++summary.stored;
    if (slot == nullptr) {
      ++summary.damaged;
    } else {
      edge.append(line_leaf(*slot));
    }
  });
  if (!valid) return Failure(valid.error());
  summary.root = edge.root();
  return summary;
}

Result<std::vector<TenantKey>> load_tenants(Files& files, const Folders& folders, Day day,
                                            const crypto::Aead& day_key,
                                            std::uint64_t* valid_bytes) {
  std::vector<TenantKey> tenants;
  const Result<std::string> bytes = files.read(folders.tenants(day), kMaxTenantsBytes);
  if (valid_bytes != nullptr) *valid_bytes = 0;
  if (!bytes) {
    if (bytes.error().code == Code::not_found) return tenants;
    return Failure(bytes.error());
  }
  std::string_view rest = *bytes;
  while (!rest.empty()) {
    Reader reader(rest);
    const std::string name(reader.short_text());
    const std::string wrapped(reader.take(Slot::kWrappedBytes));
    const std::string_view check = reader.take(8);
    if (!reader.ok()) break;
    const std::string_view line = rest.substr(0, rest.size() - reader.rest().size());
    if (check != check_of(line.substr(0, line.size() - 8))) break;
    Result<crypto::Aead> key = to_aead(day_key.open(wrapped, tenant_purpose(day, name)));
    if (!key) return fail_within(folders.tenants(day), key.error());
    tenants.push_back({static_cast<std::uint32_t>(tenants.size()), name, std::move(*key)});
    rest = reader.rest();
  }
  if (valid_bytes != nullptr) *valid_bytes = bytes->size() - rest.size();
  return tenants;
}

Result<OpenDay> OpenDay::open(Files& files, const Folders& folders, Day day, crypto::Aead day_key,
                              Random& random) {
  OpenDay open(files, folders, day, std::move(day_key), random);
  if (Result<void> r = make_durable_folder(files, folders.segments(day)); !r)
    return Failure(r.error());
  if (Result<void> r = make_durable_folder(files, folders.keys + "/days"); !r)
    return Failure(r.error());
  // The day may have been counted before a clock went back: it is not over.
  if (Result<void> r = files.remove(folders.summary(day)); !r) return Failure(r.error());

  std::uint64_t tenant_bytes = 0;
  Result<std::vector<TenantKey>> tenants =
      load_tenants(files, folders, day, open.day_key_, &tenant_bytes);
  if (!tenants) return Failure(tenants.error());
  for (TenantKey& tenant : *tenants) open.tenants_.emplace(tenant.name, std::move(tenant));
  std::uint32_t segments = 0;
  const Result<std::uint64_t> line_bytes =
      scan_lines(files, folders.lines(day), [&](const Slot* slot) {
        ++open.summary_.stored;
        if (slot == nullptr) {
          ++open.summary_.damaged;
          return;
        }
        open.edge_.append(line_leaf(*slot));
        segments = std::max(segments, slot->segment + 1);
      });
  if (!line_bytes) return Failure(line_bytes.error());
  open.next_number_ = static_cast<std::uint32_t>(*line_bytes / Slot::kBytes);

  const auto open_file = [&](const std::string& path,
                             std::uint64_t valid) -> Result<std::unique_ptr<AppendFile>> {
    Result<std::unique_ptr<AppendFile>> file = files.open_append(path);
    if (!file) return file;
    if ((*file)->size() > valid) {
      if (Result<void> r = (*file)->truncate(valid); !r) return Failure(r.error());
    }
    // What a failed sync left unsure becomes sure before more is built on it.
    if (Result<void> r = (*file)->sync(); !r) return Failure(r.error());
    return file;
  };
  Result<std::unique_ptr<AppendFile>> tenants_file = open_file(folders.tenants(day), tenant_bytes);
  if (!tenants_file) return Failure(tenants_file.error());
  Result<std::unique_ptr<AppendFile>> lines_file = open_file(folders.lines(day), *line_bytes);
  if (!lines_file) return Failure(lines_file.error());
  if (Result<void> r = files.sync_folder(folders.keys + "/days"); !r) return Failure(r.error());
  open.tenants_file_ = std::move(*tenants_file);
  open.lines_file_ = std::move(*lines_file);
  const Result<std::vector<std::string>> names = files.list(folders.segments(day));
  if (!names) return Failure(names.error());
  // Segments that no line names may hold torn records: their numbers are not used again.
  open.segment_ = std::max(segments, static_cast<std::uint32_t>(names->size()));
  while (files.size(folders.segment(day, open.segment_)).value_or(std::nullopt).has_value())
    ++open.segment_;
  if (Result<void> r = open.begin_segment(); !r) return Failure(r.error());
  return open;
}

Result<void> OpenDay::begin_segment() {
  Result<std::unique_ptr<AppendFile>> file = files_->open_append(folders_->segment(day_, segment_));
  if (!file) return Failure(file.error());
  segment_file_ = std::move(*file);
  return files_->sync_folder(folders_->segments(day_));
}

Result<const TenantKey*> OpenDay::tenant(const std::string& name) {
  const auto found = tenants_.find(name);
  if (found != tenants_.end()) return &found->second;
  crypto::SecretBytes secret = crypto::SecretBytes::random(crypto::kAeadKeyBytes, *random_);
  const Result<std::string> wrapped =
      day_key_.seal(secret.view(), tenant_purpose(day_, name), *random_);
  if (!wrapped) return Failure(wrapped.error());
  std::string line;
  put_number(line, name.size(), 1);
  line += name + *wrapped;
  line += check_of(line);
  if (Result<void> r = tenants_file_->append(line); !r) return Failure(r.error());
  Result<crypto::Aead> key = crypto::Aead::from_key(std::move(secret));
  if (!key) return Failure(key.error());
  const auto number = static_cast<std::uint32_t>(tenants_.size());
  return &tenants_.emplace(name, TenantKey{number, name, std::move(*key)}).first->second;
}

Result<std::vector<OpenDay::Appended>> OpenDay::append(const std::vector<const NewRecord*>& records,
                                                       WallTime at, std::uint64_t segment_bytes) {
  if (segment_file_->size() >= segment_bytes) {
    ++segment_;
    if (Result<void> r = begin_segment(); !r) return Failure(r.error());
  }
  const std::size_t tenants_before = tenants_.size();
  std::vector<Appended> appended;
  std::string data;
  std::string lines;
  std::vector<crypto::MerkleHash> leaves;
  for (const NewRecord* record : records) {
    const Result<const TenantKey*> tenant_key = tenant(record->tenant);
    if (!tenant_key) return Failure(tenant_key.error());
    Slot slot;
    slot.id.day = day_;
    slot.id.number = next_number_ + static_cast<std::uint32_t>(appended.size());
    random_->fill({reinterpret_cast<std::uint8_t*>(slot.id.random.data()), slot.id.random.size()});
    crypto::SecretBytes key = crypto::SecretBytes::random(crypto::kAeadKeyBytes, *random_);
    slot.tenant = (*tenant_key)->number;
    slot.segment = segment_;
    slot.offset = segment_file_->size() + data.size();
    slot.commitment = content_commitment(key, record->content);
    Result<std::string> wrapped = (*tenant_key)->key.seal(key.view(), slot.associated(), *random_);
    if (!wrapped) return Failure(wrapped.error());
    slot.wrapped_key = std::move(*wrapped);
    const Result<crypto::Aead> aead = crypto::Aead::from_key(std::move(key));
    if (!aead) return Failure(aead.error());
    const RecordHeader header{slot.id, at, record->tenant, record->model, record->retention_class};
    const Result<std::string> bytes = seal_record(header, record->content, *aead, *random_);
    if (!bytes) return Failure(bytes.error());
    slot.size = static_cast<std::uint32_t>(bytes->size());
    data += *bytes;
    lines += slot.bytes();
    leaves.push_back(line_leaf(slot));
    appended.push_back({slot.id, slot.commitment});
  }
  // The line is what makes a record be there: it comes last.
  if (Result<void> r = segment_file_->append(data); !r) return Failure(r.error());
  if (Result<void> r = segment_file_->sync(); !r) return Failure(r.error());
  if (tenants_.size() != tenants_before) {
    if (Result<void> r = tenants_file_->sync(); !r) return Failure(r.error());
  }
  if (Result<void> r = lines_file_->append(lines); !r) return Failure(r.error());
  if (Result<void> r = lines_file_->sync(); !r) return Failure(r.error());
  for (const crypto::MerkleHash& leaf : leaves) edge_.append(leaf);
  next_number_ += static_cast<std::uint32_t>(appended.size());
  summary_.stored += appended.size();
  return appended;
}

DaySummary OpenDay::summary_now() const {
  DaySummary summary = summary_;
  summary.root = edge_.root();
  return summary;
}

}  // namespace sallyport::vault
