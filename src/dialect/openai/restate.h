#pragma once

#include <string_view>

namespace sallyport::dialect {

// What a model is told that answers anew after another one's partial answer.
inline constexpr std::string_view kRestateRequest =
    "The answer above was cut off and will not be continued. Answer my request again, completely "
    "and from the start.";

}  // namespace sallyport::dialect
