#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/domain.h"

// Questions about whole policies, answered over the whole domain that they span; beyond kMaxCells
// the answer is "not decided", never a guess.
namespace sallyport::policy {

enum class Answer : std::uint8_t { yes, no, not_decided };
std::string_view to_string(Answer answer);

// One cell where the answer shows.
struct Example {
  std::string principal;  // the vector in words
  std::string model;
  std::string surface;
  Effect before = Effect::deny;
  Effect after = Effect::deny;
  std::string served_before;
  std::string served_after;
};

struct Comparison {
  Answer answer = Answer::not_decided;
  std::uint64_t cells = 0;
  std::optional<Example> counterexample;
};

// A never gives more than B does.
Comparison implies(const Program& a, const Program& b);
// Equal effect and served model everywhere.
Comparison equivalent(const Program& a, const Program& b);
// Nobody is served the model, on any surface; empty = any model.
Comparison always_denies(const Program& a, const std::string& model);

struct Difference {
  Answer decided = Answer::not_decided;  // yes or not_decided
  std::uint64_t cells = 0;
  std::uint64_t gain = 0;
  std::uint64_t lose = 0;
  std::uint64_t changed = 0;   // equal effect, another model
  std::vector<Example> gains;  // the first few
  std::vector<Example> losses;
};
Difference diff(const Program& a, const Program& b);

}  // namespace sallyport::policy
