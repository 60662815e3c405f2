#include "cli/policy_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace sallyport::cli {
namespace {

std::string example(const std::string& name) {
  return std::string(SALLYPORT_SOURCE_DIR) + "/docs/examples/" + name;
}

TEST(PolicyFiles, ExamplesAreGoodAndDecide) {
  const auto at = read_moment("2026-06-12T17:21:00-04:00");
  ASSERT_TRUE(at);
  const auto program = read_program(example("june-2026.toml"), *at);
  ASSERT_TRUE(program) << program.error().detail;
  const auto principal = read_principal_file(example("principal.json"));
  ASSERT_TRUE(principal) << principal.error().detail;
  const auto decision =
      program->decide(policy::resolve(*principal, *at), "claude-fable-5", "first_party");
  EXPECT_EQ("claude-opus-4-8", decision.served_model);
  EXPECT_FALSE(pick_surface(program->policy(), ""));
  EXPECT_FALSE(pick_surface(program->policy(), "moon"));
  EXPECT_EQ("vertex", *pick_surface(program->policy(), "vertex"));
}

TEST(PolicyFiles, WrongInputsAreErrors) {
  EXPECT_FALSE(read_moment("tomorrow"));
  EXPECT_FALSE(read_program(example("nothing"), WallTime{}));
  EXPECT_FALSE(read_program(example("principal.json"), WallTime{}));
  EXPECT_FALSE(read_principal_file(example("june-2026.toml")));
}

TEST(PolicyFiles, LinesNameTheirProblem) {
  const std::string path = testing::TempDir() + "policy_files_test.jsonl";
  std::ofstream(path) << "{\"id\":\"a\",\"kind\":\"person\"}\n\n{\"id\":\"b\"}\n";
  const auto read = read_principal_lines(path);
  ASSERT_FALSE(read);
  EXPECT_NE(std::string::npos, read.error().detail.find("line 3")) << read.error().detail;
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace sallyport::cli
