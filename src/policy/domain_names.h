#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace sallyport::policy {

// What the rules of some policies name. Private to the room.
struct DomainNames {
  explicit DomainNames(const std::vector<const Policy*>& policies);

  bool asked(Ask ask) const { return asks.contains(ask); }
  // One country for each class of countries that the rules on this axis tell apart, the class of
  // all others included; empty where the axis is not asked about.
  std::vector<Country> classes(Ask ask) const;

  std::vector<std::string> holders;  // ids of persons and services, and one other
  std::vector<std::string> organisation_ids;
  std::vector<std::string> employers;
  std::vector<std::string> types;
  std::vector<std::string> annexes;
  std::vector<std::string> models;
  std::vector<std::string> surfaces;
  bool organisations = false;  // some rule looks at the organisation
  std::set<Ask> asks;
  std::map<Ask, std::set<std::vector<Country>>> lists;

 private:
  void read(const Policy& policy);
  void read(const Directive& directive, const Policy& policy);
  void read(const Condition& condition, Deemed deemed);
  void note(Ask axis, const std::vector<Country>& list);
};

}  // namespace sallyport::policy
