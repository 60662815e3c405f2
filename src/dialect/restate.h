#pragma once

#include <string_view>

namespace sallyport::dialect {

// What a model is told that answers anew after another one's partial answer. Only the gateway says
// this, and only to a model that cannot go on from a partial answer.
inline constexpr std::string_view kRestateRequest =
    "The answer above was cut off before it was complete. Answer my last request again, "
    "completely and from the beginning.";

}  // namespace sallyport::dialect
