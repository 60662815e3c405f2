#include "policy/domain.h"

#include <limits>

#include "policy/domain_names.h"

namespace sallyport::policy {
namespace {

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  if (a == 0 || b == 0) return 0;
  if (a > std::numeric_limits<std::uint64_t>::max() / b)
    return std::numeric_limits<std::uint64_t>::max();
  return a * b;
}

template <class T>
void state(Attribute<T>& attribute, T value) {
  attribute.push_back({std::move(value), {"domain", "assumed", WallTime{}, std::nullopt}});
}

std::string set_text(const std::vector<Country>& countries) {
  std::string out;
  for (const Country country : countries) {
    if (!out.empty()) out += ',';
    out += country_text(country);
  }
  return out.empty() ? "none" : out;
}

class Builder {
 public:
  Builder(const DomainNames& names, std::vector<DomainAxis>& axes) : names_(names), axes_(axes) {}

  void build() {
    identities();
    sets(
        Ask::citizenship, "citizenships",
        [](Principal & p) -> auto& { return p.holder.attributes.citizenships; });
    sets(
        Ask::ever_citizenship, "former_citizenships",
        [](Principal & p) -> auto& { return p.holder.attributes.former_citizenships; });
    sets(
        Ask::permanent_residence, "permanent_residences",
        [](Principal & p) -> auto& { return p.holder.attributes.permanent_residences; });
    one(
        Ask::most_recent, "most_recent_country",
        [](Principal & p) -> auto& { return p.holder.attributes.most_recent; });
    one(
        Ask::location, "location",
        [](Principal & p) -> auto& { return p.holder.attributes.location; });
    flag(
        Ask::protected_person, "protected_person",
        [](Principal & p) -> auto& { return p.holder.attributes.protected_person; });
    levels();
    if (names_.organisations) organisation_attributes();
    organisations();
  }

 private:
  void organisation_attributes() {
    one(
        Ask::jurisdiction, "jurisdiction",
        [](Principal & p) -> auto& { return p.organisation->attributes.jurisdiction; });
    flag(
        Ask::staff_attested, "staff_attested",
        [](Principal & p) -> auto& { return p.organisation->attributes.staff_attested; });
    types();
    annexes();
    owners();
  }

  DomainAxis& axis(std::string name) {
    axes_.push_back({std::move(name), {}, {}});
    unknown(axes_.back());
    return axes_.back();
  }
  static void unknown(DomainAxis& axis) {
    add(axis, "?", [](Principal&) {});
  }
  static void add(DomainAxis& axis, std::string label, std::function<void(Principal&)> apply) {
    axis.labels.push_back(std::move(label));
    axis.values.push_back(std::move(apply));
  }

  // Who asks: by name, as person or service.
  void identities() {
    DomainAxis& out = axis("who");
    out.values.clear();
    out.labels.clear();
    for (const Kind kind : {Kind::person, Kind::service})
      for (const std::string& id : names_.holders) {
        add(out, (kind == Kind::person ? "person:" : "service:") + id, [id, kind](Principal& p) {
          p.holder.id = id;
          p.holder.kind = kind;
        });
      }
    DomainAxis& key = axis("key");
    add(key, "shared", [](Principal& p) { p.credential.shared = true; });
  }

  // After the attributes, which need an organisation to be stated of.
  void organisations() {
    DomainAxis& out = axis("organisation");
    out.values.clear();
    out.labels.clear();
    add(out, "none", [](Principal& p) { p.organisation.reset(); });
    for (const std::string& id : names_.organisation_ids)
      add(out, id, [id](Principal& p) { p.organisation->id = id; });
    DomainAxis& employer = axis("employer");
    add(employer, "own",
        [](Principal& p) { state(p.holder.attributes.employer, p.organisation->id); });
    for (const std::string& id : names_.employers)
      add(employer, id, [id](Principal& p) { state(p.holder.attributes.employer, id); });
  }

  template <class Get>
  void sets(Ask ask, std::string name, Get get) {
    const std::vector<Country> classes = names_.classes(ask);
    if (classes.empty()) return;
    DomainAxis& out = axis(std::move(name));
    const std::size_t bits = std::min<std::size_t>(classes.size(), 20);
    for (std::size_t mask = 0; mask < (std::size_t{1} << bits); ++mask) {
      std::vector<Country> members;
      for (std::size_t bit = 0; bit < bits; ++bit)
        if ((mask >> bit & 1) != 0) members.push_back(classes[bit]);
      add(out, set_text(members),
          [members, get](Principal& p) { state(get(p), CountrySet(members)); });
    }
  }

  template <class Get>
  void one(Ask ask, std::string name, Get get) {
    const std::vector<Country> classes = names_.classes(ask);
    if (classes.empty()) return;
    DomainAxis& out = axis(std::move(name));
    for (const Country country : classes)
      add(out, country_text(country), [country, get](Principal& p) { state(get(p), country); });
  }

  template <class Get>
  void flag(Ask ask, std::string name, Get get) {
    if (!names_.asked(ask)) return;
    DomainAxis& out = axis(std::move(name));
    for (const bool value : {false, true})
      add(out, value ? "yes" : "no", [value, get](Principal& p) { state(get(p), value); });
  }

  void levels() {
    if (!names_.asked(Ask::identity_at_least)) return;
    DomainAxis& out = axis("identity_level");
    for (std::int64_t level = 0; level <= 3; ++level)
      add(out, std::to_string(level),
          [level](Principal& p) { state(p.holder.attributes.identity_level, level); });
  }

  void types() {
    if (!names_.asked(Ask::organisation_type)) return;
    DomainAxis& out = axis("type");
    for (const std::string& type : names_.types)
      add(out, type, [type](Principal& p) { state(p.organisation->attributes.type, type); });
  }

  void annexes() {
    if (names_.annexes.empty()) return;
    DomainAxis& out = axis("annexes");
    const std::size_t bits = std::min<std::size_t>(names_.annexes.size(), 20);
    for (std::size_t mask = 0; mask < (std::size_t{1} << bits); ++mask) {
      std::vector<std::string> members;
      for (std::size_t bit = 0; bit < bits; ++bit)
        if ((mask >> bit & 1) != 0) members.push_back(names_.annexes[bit]);
      std::string label;
      for (const std::string& member : members) label += (label.empty() ? "" : ",") + member;
      add(out, label.empty() ? "none" : label,
          [members](Principal& p) { state(p.organisation->attributes.annexes, members); });
    }
  }

  void owners() {
    const std::vector<Country> classes = names_.classes(Ask::controlled_by);
    if (classes.empty()) return;
    DomainAxis& out = axis("owners");
    for (const Country country : classes)
      add(out, country_text(country) + " wholly", [country](Principal& p) {
        state(p.organisation->attributes.owners, std::vector<Owner>{{100, country, false, {}}});
      });
  }

  const DomainNames& names_;
  std::vector<DomainAxis>& axes_;
};

}  // namespace

Domain::Domain(const std::vector<const Policy*>& policies) {
  const DomainNames names(policies);
  Builder(names, axes_).build();
  models_ = names.models;
  surfaces_ = names.surfaces;
}

std::uint64_t Domain::vectors() const {
  std::uint64_t out = 1;
  for (const DomainAxis& axis : axes_) out = times(out, axis.values.size());
  return out;
}

std::uint64_t Domain::cells() const {
  return times(vectors(), times(models_.size(), surfaces_.size()));
}

Principal Domain::principal(std::uint64_t index) const {
  Principal out;
  out.organisation.emplace();
  for (const DomainAxis& axis : axes_) {
    axis.values[index % axis.values.size()](out);
    index /= axis.values.size();
  }
  return out;
}

std::string Domain::describe(std::uint64_t index) const {
  std::string out;
  for (const DomainAxis& axis : axes_) {
    if (!out.empty()) out += ' ';
    out += axis.name + "=" + axis.labels[index % axis.labels.size()];
    index /= axis.labels.size();
  }
  return out;
}

}  // namespace sallyport::policy
