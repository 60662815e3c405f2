#pragma once

#include <string>
#include <string_view>

#include "access/principal.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "dialect/client_request.h"

// Who may use which model, as far as keys and the catalog say.
namespace sallyport::exchange {

struct Decision {
  const catalog::Model* requested = nullptr;
  const catalog::Model* served = nullptr;  // differs where substituted
  std::string reason;                      // of a substitution
  bool substituted() const { return requested != served; }
};

// The principal may use the model, and the model may be used at all. An error has source client and
// says which model, why, and what serves instead.
Result<void> permit(const access::Principal& principal, const catalog::Model& model);

// The requested model or, where that is not allowed and the operator or the client's fallbacks ask
// for it, its declared successor (under the same rules).
Result<Decision> decide(const access::Principal& principal, const catalog::Catalog& catalog,
                        const dialect::ClientRequest& request);

// Every model named inside the tools (an advisor, a sub-agent) must pass the same decision. Unknown
// names do not pass.
Result<void> permit_nested_models(const access::Principal& principal,
                                  const catalog::Catalog& catalog,
                                  const dialect::ClientRequest& request);

}  // namespace sallyport::exchange
