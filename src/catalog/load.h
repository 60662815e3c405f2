#pragma once

#include <optional>

#include "catalog/catalog.h"
#include "config/document.h"

namespace sallyport::catalog {

// Reads [[upstream]], [[model]], [[capabilities]], [[default_fallback]] and [[refusal_billing]].
// What is wrong is noted in the document; nullopt where anything of it was.
//
// An upstream with `when_env` exists only where that variable is set; what names an upstream or
// model that exists nowhere here is left out, what names one that the file does not know is a
// problem.
std::optional<Catalog> load(config::Document& document);

}  // namespace sallyport::catalog
