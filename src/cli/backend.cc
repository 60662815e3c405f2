#include "cli/backend.h"

#include "access/api_key.h"
#include "access/keyring_store.h"
#include "metering/usage_store.h"

namespace sallyport::cli {
namespace {

constexpr Duration kFlushPatience = std::chrono::seconds(8);

class StoreBackend final : public Backend {
 public:
  Result<void> open(const Place& place, OnKeyring on_keyring) {
    auto opened = open_store(place, true);
    if (!opened) return Failure(opened.error());
    store_ = std::move(*opened);
    auto pepper = access::Pepper::load_or_create(pepper_path(place.data_dir));
    if (!pepper) return Failure(pepper.error());
    pepper_ = std::make_shared<const access::Pepper>(std::move(*pepper));
    auto keys = access::KeyringStore::start(*store_, pepper_, std::move(on_keyring));
    if (!keys) return fail_within("reading keys", keys.error());
    keys_ = std::move(*keys);
    store::GroupWriterOptions options;
    options.name = "usage";
    options.flush_interval = place.store.flush_interval;
    auto usage = metering::UsageStore::start(*store_, options);
    if (!usage) return fail_within("opening the usage store", usage.error());
    usage_ = std::move(*usage);
    return load_spending();
  }

  metering::Limiter& limiter() override { return limiter_; }
  metering::RecordSink& records() override { return *usage_; }
  Result<void> reload_keys() override { return keys_->reload(); }
  Result<void> flush() override { return usage_->flush(kFlushPatience); }
  bool healthy() const override { return keys_->state().healthy && usage_->state().healthy; }

  Result<std::string> create_key(const std::string& name,
                                 const std::string& organisation) override {
    SystemRandom random;
    auto admin = access::KeyAdmin::open(*store_, pepper_, clock_, random);
    if (!admin) return Failure(admin.error());
    access::NewApiKey wanted;
    wanted.name = name;
    wanted.organisation = organisation;
    wanted.environment = organisation;
    auto issued = admin->create(wanted);
    if (!issued) return Failure(issued.error());
    return std::move(issued->text);
  }

  void register_metrics(metrics::Registry& registry) override {
    registry.computed("sallyport_usage_queue_records", "Usage records that are not durable yet.",
                      false, [this] { return static_cast<double>(usage_->state().queue_depth); });
    registry.computed("sallyport_usage_records_total", "Usage records that are durable.", true,
                      [this] { return static_cast<double>(usage_->state().committed_jobs); });
    registry.computed("sallyport_usage_records_rejected_total",
                      "Usage records that the database refused.", true,
                      [this] { return static_cast<double>(usage_->state().rejected_jobs); });
    registry.computed("sallyport_usage_store_healthy", "1 while usage can be written.", false,
                      [this] { return usage_->state().healthy ? 1.0 : 0.0; });
    registry.computed("sallyport_key_store_healthy", "1 while keys can be read.", false,
                      [this] { return keys_->state().healthy ? 1.0 : 0.0; });
  }

 private:
  // So that a restart is no way around a monthly limit.
  Result<void> load_spending() {
    auto connection = store_->connect();
    if (!connection) return Failure(connection.error());
    return metering::load_spending(**connection, limiter_, clock_.wall());
  }

  SystemClock clock_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<const access::Pepper> pepper_;
  metering::Limiter limiter_;
  std::unique_ptr<access::KeyringStore> keys_;
  std::unique_ptr<metering::UsageStore> usage_;
};

}  // namespace

Result<std::unique_ptr<Backend>> Backend::open(const Place& place, OnKeyring on_keyring) {
  auto backend = std::make_unique<StoreBackend>();
  if (auto done = backend->open(place, std::move(on_keyring)); !done) return Failure(done.error());
  return backend;
}

}  // namespace sallyport::cli
