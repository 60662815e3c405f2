#include "exchange/decide.h"

#include <algorithm>

namespace sallyport::exchange {
namespace {

Failure not_found(std::string message) {
  return fail(Code::not_found, std::move(message), Source::client);
}

Failure unknown_model(std::string_view name) { return not_found("model: " + std::string(name)); }

std::string unavailable_text(const catalog::Model& model) {
  std::string text = "model: " + model.id + " is not available";
  if (!model.availability.reason.empty()) text += ": " + model.availability.reason;
  if (!model.availability.successor.empty())
    text += " (successor: " + model.availability.successor + ")";
  return text;
}

bool asks_for(const dialect::ClientRequest& request, const catalog::Catalog& catalog,
              const catalog::Model& wanted) {
  if (request.fallbacks.form == dialect::Fallbacks::Form::by_default) return true;
  return std::any_of(request.fallbacks.list.begin(), request.fallbacks.list.end(),
                     [&](const auto& entry) { return catalog.find_model(entry.model) == &wanted; });
}

// Tools may carry objects of their own; schemas are the client's vocabulary, not references.
Result<void> walk_tool(const access::Principal& principal, const catalog::Catalog& catalog,
                       json::Value value, const std::string& where) {
  for (const json::Value item : value.items()) {
    if (auto ok = walk_tool(principal, catalog, item, where); !ok) return ok;
  }
  for (const json::Member member : value.members()) {
    if (member.key.equals("input_schema") || member.key.equals("parameters")) continue;
    if (member.key.equals("model") && member.value.is_string()) {
      const std::string name = member.value.text();
      const catalog::Model* model = catalog.find_model(name);
      if (!model) return not_found(where + ": model: " + name);
      if (auto ok = permit(principal, *model); !ok) return fail_within(where, ok.error());
      continue;
    }
    if (auto ok = walk_tool(principal, catalog, member.value, where); !ok) return ok;
  }
  return {};
}

}  // namespace

Result<void> permit(const access::Principal& principal, const catalog::Model& model) {
  if (!model.availability.allowed) return not_found(unavailable_text(model));
  if (!principal.allows_model(model.id)) {
    return fail(Code::forbidden,
                "Your organization is not permitted to use " + model.id + " with this key.",
                Source::client);
  }
  return {};
}

Result<Decision> decide(const access::Principal& principal, const catalog::Catalog& catalog,
                        const dialect::ClientRequest& request) {
  const catalog::Model* requested = catalog.find_model(request.model);
  if (!requested) return unknown_model(request.model);
  if (requested->availability.allowed) {
    if (auto ok = permit(principal, *requested); !ok) return Failure(ok.error());
    return Decision{requested, requested, {}};
  }
  const catalog::Model* successor = catalog.find_model(requested->availability.successor);
  if (successor && (requested->availability.substitute || asks_for(request, catalog, *successor)) &&
      permit(principal, *successor)) {
    return Decision{requested, successor, unavailable_text(*requested)};
  }
  return not_found(unavailable_text(*requested));
}

Result<void> permit_nested_models(const access::Principal& principal,
                                  const catalog::Catalog& catalog,
                                  const dialect::ClientRequest& request) {
  std::size_t position = 0;
  for (const json::Value tool : request.document.root()["tools"].items()) {
    const std::string where = "tools." + std::to_string(position++);
    if (auto ok = walk_tool(principal, catalog, tool, where); !ok) return ok;
  }
  return {};
}

}  // namespace sallyport::exchange
