#include "simulator/beats.h"

#include "simulator/words.h"

namespace sallyport::simulator {

std::optional<Beat> Beats::next() {
  if (at_ == At::ended) return std::nullopt;
  if (at_ == At::start) {
    at_ = At::between;
    return Beat{BeatKind::start, 0, {}};
  }
  if (directive_.error_after && tokens_ >= *directive_.error_after) {
    at_ = At::ended;
    return Beat{BeatKind::error, block_, {}};
  }
  if (directive_.malformed_after && tokens_ >= *directive_.malformed_after && !broke_) {
    broke_ = true;
    return Beat{BeatKind::broken, block_, {}};
  }
  if (at_ == At::between) {
    if (block_ == answer_.blocks.size()) {
      at_ = At::ended;
      return Beat{BeatKind::finish, 0, {}};
    }
    at_ = At::inside;
    offset_ = 0;
    return Beat{BeatKind::block_start, block_, {}};
  }
  const std::string_view rest = std::string_view(answer_.blocks[block_].text).substr(offset_);
  if (rest.empty()) {
    at_ = At::between;
    return Beat{BeatKind::block_stop, block_++, {}};
  }
  const std::string_view piece = rest.substr(0, token_size(rest));
  offset_ += piece.size();
  ++tokens_;
  return Beat{BeatKind::delta, block_, piece};
}

}  // namespace sallyport::simulator
