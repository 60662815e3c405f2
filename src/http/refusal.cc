#include "http/refusal.h"

namespace sallyport::http {

Error to_error(const Refusal& refusal, Source source) {
  Code code = Code::malformed;
  switch (refusal.status) {
    case 413:
    case 414:
    case 431:
      code = Code::too_large;
      break;
    case 417:
    case 501:
    case 505:
      code = Code::invalid;
      break;
    default:
      break;
  }
  if (source == Source::upstream && code != Code::too_large) code = Code::protocol;
  return {code, source, false, "http: " + std::string(refusal.detail)};
}

}  // namespace sallyport::http
