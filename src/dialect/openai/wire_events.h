#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "dialect/response_decoder.h"

namespace sallyport::dialect::openai {

// Hands over the events that one wire event becomes, so that the last of them has its bytes. One
// event waits at a time.
class WireEvents {
 public:
  explicit WireEvents(const EventSink& sink) : sink_(sink) {}

  void add(Event event) {
    if (waiting_) sink_(*waiting_);
    waiting_ = std::move(event);
  }
  bool empty() const { return !waiting_; }
  // The wire event is over. Where it became nothing it is passed as opaque.
  void end(std::string_view wire, std::string_view json) {
    if (!waiting_) waiting_.emplace();
    waiting_->wire = wire;
    waiting_->json = json;
    sink_(*waiting_);
    waiting_.reset();
  }
  // The same where the bytes are kept for a later event.
  void end_without_bytes() {
    if (waiting_) sink_(*waiting_);
    waiting_.reset();
  }

 private:
  const EventSink& sink_;
  std::optional<Event> waiting_;
};

}  // namespace sallyport::dialect::openai
