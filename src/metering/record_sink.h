#pragma once

#include "metering/exchange_record.h"

namespace sallyport::metering {

// Where finished exchanges go. Callable from any thread, never blocks.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // Takes the record, or returns false and leaves it untouched when there is no room (the disk has
  // been failing for long): the caller must not pretend the exchange was recorded.
  [[nodiscard]] virtual bool accept(ExchangeRecord&& record) = 0;

  // False once new work should be refused, while there is still room for the records of what is in
  // flight.
  virtual bool has_room() const = 0;
};

}  // namespace sallyport::metering
