#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "policy/program.h"

// Real principals by the attribute vectors that a program can tell apart, with a memo of decisions:
// what the hot path reads, and what a plan counts over. A million principals share a few thousand
// vectors. Thread: one writer; memory is 4 bytes a principal beside its id, and one Facts a vector.
namespace sallyport::policy {

using VectorId = std::uint32_t;

class Population {
 public:
  // For decisions of either program, at the time of the second. Both must outlive this object.
  Population(const Program& before, const Program& after) : before_(&before), after_(&after) {}
  explicit Population(const Program& program) : Population(program, program) {}

  VectorId add(const Principal& principal);
  VectorId add(Facts facts, std::string example_id);

  struct Vector {
    Facts facts;
    std::uint64_t principals = 0;
    std::string example;  // the id of the first principal with it
  };
  const std::vector<Vector>& vectors() const { return vectors_; }
  std::uint64_t principals() const { return principals_; }

 private:
  const Program* before_;
  const Program* after_;
  std::unordered_map<std::string, VectorId> ids_;
  std::vector<Vector> vectors_;
  std::uint64_t principals_ = 0;
};

// Decisions by vector, model and surface, made when first asked for. Valid until the program's
// policy or the decision's own time ends (Decision::valid_until): the caller then compiles anew.
class DecisionMemo {
 public:
  DecisionMemo(const Program& program, const Population& population);
  // Indices as in the policy.
  const Decision& decide(VectorId vector, std::size_t model, std::size_t surface);

 private:
  const Program& program_;
  const Population& population_;
  std::vector<std::uint32_t> slots_;  // index into decisions_ plus one
  std::vector<Decision> decisions_;
};

struct PlanRow {
  std::string model;
  std::string surface;
  std::uint64_t served_before = 0;
  std::uint64_t served_after = 0;
  std::uint64_t gain = 0;
  std::uint64_t lose = 0;
  std::uint64_t lose_unknown = 0;  // of those, who evidence might let in again
  std::vector<std::string> gain_examples;
  std::vector<std::string> lose_examples;
  std::vector<std::string> missing_facts;  // that would settle the unknowns
};

// What changes for whom, by enumeration over the distinct vectors of Population(before, after).
std::vector<PlanRow> plan(const Program& before, const Program& after,
                          const Population& population);
std::string to_json(const std::vector<PlanRow>& rows, const Population& population);

}  // namespace sallyport::policy
