#include "core/data/disclosure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/data/student_card.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Card kLlama{.licence = "llama3.1",
                  .training_allowed = "with disclosure",
                  .disclosure = "Built with Llama",
                  .name_prefix = "Llama"};

TEST(Disclosure, CardsWrittenHereOweNothingMore) {
  EXPECT_THAT(DisclosureProblems(kLlama, StudentCardHead(kLlama, "mine", "license: llama3.1\n")), IsEmpty());
  EXPECT_THAT(DisclosureProblems({}, StudentCardHead({}, "mine", "")), IsEmpty());
  EXPECT_THAT(DisclosureProblems({}, ""), IsEmpty());
}

TEST(Disclosure, TextAndNameAreBothOwed) {
  EXPECT_THAT(DisclosureProblems(kLlama, "# mine\n\nA model.\n"),
              ElementsAre(HasSubstr("\"Built with Llama\" is not displayed"), HasSubstr("\"mine\" does not begin")));
  EXPECT_THAT(DisclosureProblems(kLlama, "# mine\n\nBuilt with Llama\n"), SizeIs(1));
  EXPECT_THAT(DisclosureProblems(kLlama, "# Llama-mine\n\nbuilt  with\nllama, and care.\n"), IsEmpty());
  EXPECT_THAT(DisclosureProblems(kLlama, "# llama-mine\n\nBuilt with Llama\n"), SizeIs(1))
      << "the name as it is written";
  EXPECT_THAT(DisclosureProblems(kLlama, "Built with Llama\n"), ElementsAre(HasSubstr("has no name")));
  EXPECT_THAT(DisclosureProblems(kLlama, ""), SizeIs(2));
}

TEST(Disclosure, WhatNobodySeesIsNotDisplayed) {
  EXPECT_THAT(
      DisclosureProblems(kLlama, "---\nmodel_name: Llama-mine\ndisclosure: \"Built with Llama\"\n---\n# Llama-mine\n"),
      ElementsAre(HasSubstr("not displayed")));
  EXPECT_THAT(DisclosureProblems(kLlama, "# Llama-mine\n<!-- Built with Llama -->\n"), SizeIs(1));
  EXPECT_THAT(DisclosureProblems(kLlama, "# Llama-mine\n<!-- Built with Llama\n"), SizeIs(1)) << "a comment left open";
  EXPECT_THAT(DisclosureProblems(kLlama, "# Llama-mine\n<!-- x -->Built with Llama<!-- y -->\n"), IsEmpty());
}

TEST(Disclosure, TheNameIsThatOfTheFrontMatterIfItHasOne) {
  EXPECT_THAT(DisclosureProblems(kLlama, "---\nmodel_name: 'mine'\n---\n# Llama\nBuilt with Llama\n"), SizeIs(1));
  EXPECT_THAT(DisclosureProblems(kLlama, "---\r\nmodel_name: Llama x\r\n---\r\n# mine\r\nBuilt with Llama\r\n"),
              IsEmpty());
  EXPECT_THAT(DisclosureProblems(kLlama, "---\n---\n# Llama-mine\nBuilt with Llama"), IsEmpty());
  EXPECT_THAT(DisclosureProblems(kLlama, "---\nmodel_name: Llama\n# never closed\nBuilt with Llama"), SizeIs(1));
}

TEST(Disclosure, NothingMakesUpForALicenceThatForbids) {
  Card closed = kLlama;
  closed.training_allowed = "no";
  EXPECT_THAT(DisclosureProblems(closed, StudentCardHead(kLlama, "mine", "")),
              ElementsAre(HasSubstr("llama3.1 allows no")));
}

}  // namespace
}  // namespace retort
