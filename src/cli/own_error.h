#pragma once

#include "runtime/hooks.h"

namespace sallyport::cli {

// The page of an error that the runtime answers by itself, before there is an exchange: in the
// Messages API's shape, with a request id. From any thread.
runtime::LocalResponse own_error_page(int status);

}  // namespace sallyport::cli
