#include "policy/population.h"

#include <set>

#include "json/writer.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kExamples = 5;

void keep(std::vector<std::string>& out, const std::string& example) {
  if (out.size() < kExamples) out.push_back(example);
}

void write_all(json::Writer& w, std::string_view key, const std::vector<std::string>& texts) {
  w.key(key).begin_array();
  for (const std::string& text : texts) w.string(text);
  w.end_array();
}

}  // namespace

VectorId Population::add(const Principal& principal) {
  return add(resolve(principal, after_->at()), principal.holder.id);
}

VectorId Population::add(Facts facts, std::string example_id) {
  Program::project(facts, *before_, *after_);
  const auto valid_until = facts.valid_until;
  const auto [place, is_new] =
      ids_.try_emplace(key_of(facts), static_cast<VectorId>(vectors_.size()));
  if (is_new) vectors_.push_back({std::move(facts), 0, std::move(example_id)});
  Vector& vector = vectors_[place->second];
  ++vector.principals;
  ++principals_;
  // The soonest end among those who share it.
  if (valid_until && (!vector.facts.valid_until || *valid_until < *vector.facts.valid_until))
    vector.facts.valid_until = valid_until;
  return place->second;
}

DecisionMemo::DecisionMemo(const Program& program, const Population& population)
    : program_(program),
      population_(population),
      slots_(population.vectors().size() * program.policy().models.size() *
             program.policy().surfaces.size()) {}

const Decision& DecisionMemo::decide(VectorId vector, std::size_t model, std::size_t surface) {
  const Policy& policy = program_.policy();
  const std::size_t slot =
      (vector * policy.models.size() + model) * policy.surfaces.size() + surface;
  if (slots_[slot] == 0) {
    decisions_.push_back(program_.decide(population_.vectors()[vector].facts,
                                         policy.models[model].id, policy.surfaces[surface]));
    slots_[slot] = static_cast<std::uint32_t>(decisions_.size());
  }
  return decisions_[slots_[slot] - 1];
}

namespace {

PlanRow plan_row(const Program& before, const Program& after, const Population& population,
                 const std::string& model, const std::string& surface) {
  PlanRow row{model, surface, 0, 0, 0, 0, 0, {}, {}, {}};
  std::set<std::string> missing;
  for (const Population::Vector& vector : population.vectors()) {
    const Decision old = before.decide(vector.facts, model, surface);
    const Decision now = after.decide(vector.facts, model, surface);
    if (old.effect == Effect::serve) row.served_before += vector.principals;
    if (now.effect == Effect::serve) row.served_after += vector.principals;
    if (now.effect > old.effect) {
      row.gain += vector.principals;
      keep(row.gain_examples, vector.example);
    } else if (now.effect < old.effect) {
      row.lose += vector.principals;
      keep(row.lose_examples, vector.example);
      if (!now.missing_facts.empty()) row.lose_unknown += vector.principals;
      missing.insert(now.missing_facts.begin(), now.missing_facts.end());
    }
  }
  row.missing_facts.assign(missing.begin(), missing.end());
  return row;
}

}  // namespace

std::vector<PlanRow> plan(const Program& before, const Program& after,
                          const Population& population) {
  std::vector<PlanRow> rows;
  const Policy& policy = after.policy();
  const bool same_names = before.policy().surfaces == policy.surfaces;
  for (std::size_t m = 0; m < policy.models.size(); ++m)
    for (std::size_t s = 0; s < policy.surfaces.size(); ++s) {
      // Surfaces that no rule tells apart are counted once.
      const std::size_t same = after.same_surface(s);
      if (same_names && same < s && before.same_surface(s) == same) {
        PlanRow row = rows[rows.size() - (s - same)];
        row.surface = policy.surfaces[s];
        rows.push_back(std::move(row));
      } else {
        rows.push_back(
            plan_row(before, after, population, policy.models[m].id, policy.surfaces[s]));
      }
    }
  return rows;
}

std::string to_json(const std::vector<PlanRow>& rows, const Population& population) {
  std::string out;
  json::Writer w(out);
  const auto number = [&](std::string_view key, std::uint64_t value) {
    w.key(key).integer(static_cast<std::int64_t>(value));
  };
  w.begin_object();
  number("principals", population.principals());
  number("vectors", population.vectors().size());
  w.key("rows").begin_array();
  for (const PlanRow& row : rows) {
    w.begin_object().key("model").string(row.model).key("surface").string(row.surface);
    number("served_before", row.served_before);
    number("served_after", row.served_after);
    number("gain", row.gain);
    number("lose", row.lose);
    number("lose_unknown", row.lose_unknown);
    write_all(w, "gain_examples", row.gain_examples);
    write_all(w, "lose_examples", row.lose_examples);
    write_all(w, "missing_facts", row.missing_facts);
    w.end_object();
  }
  w.end_array().end_object();
  return out;
}

}  // namespace sallyport::policy
