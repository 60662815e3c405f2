#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "dialect/client_request.h"

namespace sallyport::exchange {

// Which model a refusal goes to. Made once per exchange from the request and the catalog; asked at
// each refusal.
class FallbackChain {
 public:
  // Validates `fallbacks` against the catalog (protocol.md 3.1, 3.6): an error has source client
  // and is a 400.
  static Result<FallbackChain> make(const dialect::ClientRequest& request,
                                    const catalog::Model& requested,
                                    const catalog::Catalog& catalog, WallTime now);

  struct Next {
    const catalog::Model* model = nullptr;
    const dialect::FallbackEntry* entry = nullptr;  // of the list form
  };
  // The target after a refusal of `category` by `declining`; nothing where the refusal stands. Each
  // call of the list form moves on, so a target is returned once; no model is returned that has
  // already been asked.
  std::optional<Next> next(const catalog::Model& declining,
                           const std::optional<std::string>& category, WallTime now);

  // A refusal may have a successor: answers are held until it is known who speaks.
  bool possible() const { return form_ != Form::none; }
  // The client asked by the beta: fallback blocks and iterations are shown.
  bool shown() const { return shown_; }
  // The targets that the client named, for decisions that must be taken up front.
  const std::vector<Next>& named() const { return list_; }

 private:
  enum class Form : std::uint8_t { none, by_default, list };
  Form form_ = Form::none;
  bool shown_ = false;
  const catalog::Catalog* catalog_ = nullptr;
  std::vector<Next> list_;
  std::size_t position_ = 0;
  std::vector<const catalog::Model*> asked_;
};

}  // namespace sallyport::exchange
