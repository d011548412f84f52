#include "teacher/provider/log_of_rows.h"

#include <gtest/gtest.h>

#include <set>

namespace retort {
namespace {

TEST(LogOf, HasALineForEachRow) {
  std::vector<Sample> rows;
  for (const char* prompt : {"big 4729?", "big 1234?", "big 4729?"}) {
    rows.push_back({.id = prompt,
                    .attempt = static_cast<int>(rows.size()),
                    .prompt = {{"", prompt}},
                    .completion = {{"", "477 A7"}},
                    .finish_reason = "stop",
                    .usage = {.prompt_tokens = 9, .completion_tokens = static_cast<int64_t>(rows.size() + 1)}});
  }
  const std::vector<RequestRecord> log = LogOf(rows, {.temperature = 0.5, .max_new_tokens = 40}, {.account = "them"});
  ASSERT_EQ(log.size(), rows.size());
  std::set<std::string> prompts, shapes;
  for (size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(log[i].account, "them");
    EXPECT_EQ(log[i].prompt_tokens, 9);
    EXPECT_EQ(log[i].completion_tokens, static_cast<int64_t>(i + 1)) << "in the order of the rows";
    EXPECT_EQ(log[i].temperature, 0.5);
    EXPECT_EQ(log[i].status, 200);
    prompts.insert(log[i].prompt);
    shapes.insert(log[i].template_shape);
  }
  EXPECT_EQ(prompts.size(), 2U);
  EXPECT_EQ(shapes.size(), 1U);
  EXPECT_TRUE(LogOf({}, {}, {}).empty());
}

}  // namespace
}  // namespace retort
