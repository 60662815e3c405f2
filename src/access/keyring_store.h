#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "access/keyring.h"
#include "store/store.h"

namespace sallyport::access {

struct KeyringStoreOptions {
  // A change by any process is seen at most this long after its commit.
  Duration poll_interval = std::chrono::milliseconds(50);
  // The store unreadable for longer than this: nobody knows who was revoked meanwhile, so nobody is
  // let in.
  Duration max_staleness = std::chrono::minutes(5);
};

struct KeyringState {
  bool healthy = true;
  std::string reason;  // while not healthy
  WallTime failing_since;
  std::size_t keys = 0;
};

// Keeps the keyring up to date on a thread of its own. Triggers in the database count every change
// of a key, whoever makes it, so that a look at one number tells whether to read them all.
class KeyringStore {
 public:
  // Called with each new keyring: first by start(), then by the store's thread or by whoever calls
  // reload(); never by two at once.
  using OnChange = std::function<void(std::shared_ptr<const Keyring>)>;

  // Brings the schema up to date and reads the keys before it returns. `store` outlives the object.
  static Result<std::unique_ptr<KeyringStore>> start(const store::Store& store,
                                                     std::shared_ptr<const Pepper> pepper,
                                                     OnChange on_change,
                                                     KeyringStoreOptions options = {});
  ~KeyringStore();
  KeyringStore(const KeyringStore&) = delete;
  KeyringStore& operator=(const KeyringStore&) = delete;

  // Reads the keys now, changed or not. Blocks; from any thread but within OnChange.
  Result<> reload();
  std::shared_ptr<const Keyring> current() const;
  KeyringState state() const;

  // For start() alone.
  struct Started;
  KeyringStore(const store::Store& store, Started started);

 private:
  void run();
  void poll();
  Result<> refresh(bool always);
  void publish(std::shared_ptr<const Keyring> keyring);
  void note_failure(const Error& error);

  const store::Store& store_;
  const std::shared_ptr<const Pepper> pepper_;
  const OnChange on_change_;
  const KeyringStoreOptions options_;
  SystemClock clock_;

  std::mutex reading_;  // one reader of the database at a time; guards the next three
  std::unique_ptr<store::Connection> connection_;
  std::optional<std::int64_t> generation_;
  Instant read_at_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::shared_ptr<const Keyring> current_;
  KeyringState state_;

  std::thread thread_;
};

}  // namespace sallyport::access
