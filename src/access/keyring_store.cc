#include "access/keyring_store.h"

#include <algorithm>
#include <cstring>

#include "access/schema.h"
#include "base/log.h"

namespace sallyport::access {
namespace {

Result<std::int64_t> read_generation(store::Connection& connection) {
  std::int64_t generation = -1;
  auto read = connection.query("SELECT value FROM key_generation WHERE id = 1",
                               [&](const store::Row& row) { generation = row.integer(0); });
  if (!read) return read;
  return generation;
}

std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

KeyringEntry read_entry(const store::Row& row) {
  KeyringEntry entry;
  Principal& principal = entry.principal;
  principal.key_id = row.text(1);
  principal.organisation = row.text(2);
  principal.workspace = row.text(3);
  principal.key_name = row.text(4);
  principal.tier = row.text(5);
  principal.allowed_models = detail::split_lines(row.text(6));
  entry.revoked = detail::read_time(row, 9);
  entry.expires = earlier(detail::read_time(row, 7), detail::read_time(row, 8));
  principal.key_limits = detail::read_limits(row, 10);
  principal.organisation_limits = detail::read_limits(row, 15);
  return entry;
}

Result<std::vector<KeyringEntry>> read_entries(store::Connection& connection) {
  std::vector<KeyringEntry> entries;
  std::size_t damaged = 0;
  auto read = connection.query(
      "SELECT s.hash, k.id, k.organisation, k.workspace, k.name, k.tier, k.allowed_models, "
      "k.expires_ms, s.expires_ms, "
      "k.revoked_ms, k.requests_per_minute, k.input_tokens_per_minute, k.output_tokens_per_minute, "
      "k.concurrent_streams, k.nano_usd_per_month, o.requests_per_minute, "
      "o.input_tokens_per_minute, "
      "o.output_tokens_per_minute, o.concurrent_streams, o.nano_usd_per_month "
      "FROM api_key_secret s JOIN api_key k ON k.id = s.key_id "
      "LEFT JOIN organisation_limit o ON o.organisation = k.organisation",
      [&](const store::Row& row) {
        const std::string_view hash = row.blob(0);
        if (hash.size() != sizeof(KeyHash)) {
          ++damaged;
          return;
        }
        entries.push_back(read_entry(row));
        std::memcpy(entries.back().hash.data(), hash.data(), hash.size());
      });
  if (!read) return tl::unexpected(std::move(read.error()));
  if (damaged > 0) log::error("key_hash_damaged", {{"rows", damaged}});
  return entries;
}

}  // namespace

struct KeyringStore::Started {
  std::shared_ptr<const Pepper> pepper;
  OnChange on_change;
  KeyringStoreOptions options;
  std::unique_ptr<store::Connection> connection;
};

KeyringStore::KeyringStore(const store::Store& store, Started started)
    : store_(store),
      pepper_(std::move(started.pepper)),
      on_change_(std::move(started.on_change)),
      options_(started.options),
      connection_(std::move(started.connection)) {}

Result<std::unique_ptr<KeyringStore>> KeyringStore::start(const store::Store& store,
                                                          std::shared_ptr<const Pepper> pepper,
                                                          OnChange on_change,
                                                          KeyringStoreOptions options) {
  auto connection = store.connect();
  if (!connection) return tl::unexpected(std::move(connection.error()));
  if (auto migrated = store::migrate(**connection, detail::kComponent, detail::migrations());
      !migrated) {
    return tl::unexpected(std::move(migrated.error()));
  }
  auto keys = std::make_unique<KeyringStore>(
      store, Started{std::move(pepper), std::move(on_change), options, *std::move(connection)});
  if (auto loaded = keys->reload(); !loaded) return tl::unexpected(std::move(loaded.error()));
  keys->thread_ = std::thread([self = keys.get()] { self->run(); });
  return keys;
}

KeyringStore::~KeyringStore() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void KeyringStore::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, options_.poll_interval, [this] { return stopping_; })) {
    lock.unlock();
    poll();
    lock.lock();
  }
}

void KeyringStore::poll() {
  const std::scoped_lock lock(reading_);
  if (const auto done = refresh(false); !done) note_failure(done.error());
}

Result<> KeyringStore::reload() {
  const std::scoped_lock lock(reading_);
  auto done = refresh(true);
  if (!done) note_failure(done.error());
  return done;
}

Result<> KeyringStore::refresh(bool always) {
  if (!connection_) {
    auto connection = store_.connect();
    if (!connection) return tl::unexpected(std::move(connection.error()));
    connection_ = *std::move(connection);
  }
  // The number first: a change in between makes the next look read them again, never miss one.
  const Instant looked_at = clock_.now();
  const auto generation = read_generation(*connection_);
  if (!generation) return tl::unexpected(generation.error());
  if (always || generation_ != std::optional(*generation)) {
    auto entries = read_entries(*connection_);
    if (!entries) return tl::unexpected(std::move(entries.error()));
    generation_ = *generation;
    publish(std::make_shared<const Keyring>(pepper_, *std::move(entries)));
  }
  read_at_ = looked_at;
  const std::scoped_lock lock(mutex_);
  if (!std::exchange(state_.healthy, true)) log::info("keys_readable_again");
  state_.reason.clear();
  return {};
}

void KeyringStore::publish(std::shared_ptr<const Keyring> keyring) {
  {
    const std::scoped_lock lock(mutex_);
    current_ = keyring;
    state_.keys = keyring->size();
  }
  if (on_change_) on_change_(std::move(keyring));
}

void KeyringStore::note_failure(const Error& error) {
  connection_.reset();
  bool began = false;
  {
    const std::scoped_lock lock(mutex_);
    began = std::exchange(state_.healthy, false);
    if (began) state_.failing_since = clock_.wall();
    state_.reason = error.detail;
  }
  if (began) log::error("keys_unreadable", {{"detail", error.detail}});
  // generation_ is forgotten with the keys, so that the first good look brings them back.
  if (generation_ && clock_.now() - read_at_ > options_.max_staleness) {
    generation_.reset();
    log::error("keys_closed", {{"reason", "unreadable for too long"}});
    publish(Keyring::unreadable());
  }
}

std::shared_ptr<const Keyring> KeyringStore::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

KeyringState KeyringStore::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

}  // namespace sallyport::access
