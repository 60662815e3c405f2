#pragma once

#include <string>

#include "dialect/parts.h"
#include "json/document.h"

namespace sallyport::dialect::anthropic {

// A message that was not streamed, as the events that a stream of it would have been. Nothing is
// handed over before the body is complete. Of a block, block_json is the block as received, and its
// text, thinking and signature or tool input follow as one delta each.
class BodyDecoder final : public ResponseDecoder {
 public:
  explicit BodyDecoder(const DecoderLimits& limits) : limits_(limits) {}
  Result<void> feed(std::string_view bytes, const EventSink& sink) override;
  Result<void> finish(const EventSink& sink) override;

 private:
  Result<void> check(json::Value message) const;
  void hand_over_block(json::Value block, int index, const EventSink& sink);
  void hand_over_delta(DeltaType type, const EventSink& sink);

  DecoderLimits limits_;
  std::string body_;
  bool spent_ = false;
  Event event_;
};

}  // namespace sallyport::dialect::anthropic
