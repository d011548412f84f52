#include "core/data/student_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StudentCard, CarriesWhatTheLicenceAsksFor) {
  const Card teacher{.name = "Llama-3.1-8B", .disclosure = "Built with Llama", .name_prefix = "Llama"};
  const std::string card = StudentCardHead(teacher, "my-student", "license: apache-2.0\n");
  EXPECT_THAT(card, HasSubstr("# Llama-my-student\n\nBuilt with Llama\n"));
  EXPECT_THAT(card,
              HasSubstr("license: apache-2.0\nmodel_name: \"Llama-my-student\"\ndisclosure: \"Built with Llama\""));
  EXPECT_THAT(StudentCardHead(teacher, "Llama-mine", ""), HasSubstr("# Llama-mine\n"));
}

TEST(StudentCard, OwesNothingToATeacherThatAsksForNothing) {
  const std::string card = StudentCardHead({.name = "x"}, "mine", "");
  EXPECT_THAT(card, HasSubstr("# mine\n"));
  EXPECT_THAT(card, Not(HasSubstr("disclosure")));
}

// What a manifest says came from outside: it can end neither the front matter nor the line.
TEST(StudentCard, TextFromOutsideStaysInItsPlace) {
  const std::string card = StudentCardHead({.disclosure = "a\n---\n\"b\": \\c"}, "n\n# other", "");
  EXPECT_THAT(card, HasSubstr("disclosure: \"a --- \\\"b\\\": \\\\c\"\n---\n# n # other\n"));
}

}  // namespace
}  // namespace retort
