#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "config/document.h"

// The parts of load(), private to this room.
namespace sallyport::catalog {

// What the file speaks of so far. `declared` names all, `absent` those that this environment leaves
// out.
struct Loading {
  std::vector<Upstream> upstreams;
  std::set<std::string> declared_upstreams;
  std::set<std::string> absent_upstreams;

  std::vector<Model> models;
  std::set<std::string> declared_models;
  std::set<std::string> absent_models;
  std::map<std::string, std::string> capabilities;  // by the name of the set

  bool upstream_present(const std::string& name) const {
    return declared_upstreams.contains(name) && !absent_upstreams.contains(name);
  }
  bool model_present(const std::string& id) const {
    return declared_models.contains(id) && !absent_models.contains(id);
  }
};

void load_upstreams(config::Section root, Loading& loading);
void load_models(config::Section root, Loading& loading);
std::vector<Price> load_prices(config::Section model);

}  // namespace sallyport::catalog
