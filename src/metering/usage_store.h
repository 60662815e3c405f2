#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "metering/limits.h"
#include "metering/record_sink.h"
#include "store/group_writer.h"
#include "store/store.h"

namespace sallyport::metering {

// Brings the tables of usage up to date. UsageStore::start does it too; readers call it before
// their first query.
Result<> migrate_usage(store::Connection& connection);

// Writes records behind the hot path: tables `exchange` and `attempt`, through a GroupWriter. A
// record is durable at most one flush interval (100 ms unless set otherwise) after accept(), so
// that is what kill -9 may cost; a full or failing disk costs nothing until the queue is full, and
// before that has_room() turns false.
class UsageStore final : public RecordSink {
 public:
  // `store` outlives the object.
  static Result<std::unique_ptr<UsageStore>> start(const store::Store& store,
                                                   store::GroupWriterOptions options = {});

  [[nodiscard]] bool accept(ExchangeRecord&& record) override;
  bool has_room() const override { return writer_->has_room(); }

  Result<> flush(Duration patience) { return writer_->flush(patience); }
  store::GroupWriterState state() const { return writer_->state(); }

  // For start() alone.
  explicit UsageStore(std::unique_ptr<store::GroupWriter> writer) : writer_(std::move(writer)) {}

 private:
  std::unique_ptr<store::GroupWriter> writer_;
};

// Tells the limiter what every key and organisation spent in the month of `now`, as far as it is
// stored. At start, before the first request.
Result<> load_spending(store::Connection& connection, Limiter& limiter, WallTime now);

}  // namespace sallyport::metering
