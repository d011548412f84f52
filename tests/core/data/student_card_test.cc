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

TEST(StudentCard, MarkupFromOutsideIsText) {
  const std::string evil = "<script>alert(1)</script>|`x`&amp;\n---";
  for (const std::string& text : {StudentCardHead({.disclosure = evil}, evil, ""), CardText(evil),
                                  StudentCardHead({.name_prefix = evil}, "n", "")}) {
    const std::string body = text.substr(text.starts_with("---") ? text.find("\n---\n") + 5 : 0);
    EXPECT_THAT(body, testing::Not(HasSubstr("<script")));
    EXPECT_THAT(body, testing::Not(HasSubstr("\n---")));
  }
  EXPECT_EQ(CardText("a<b>|`\\&\nc"), "a&lt;b&gt;\\|\\`\\\\&amp; c");
  EXPECT_EQ(CardText("Built with Llama"), "Built with Llama");
}

}  // namespace
}  // namespace retort
