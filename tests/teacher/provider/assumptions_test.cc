// The register: every entry has all its tags, bad ones are refused with their place, and no number of the model hides
// in the sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

std::string Problem(const std::string& text) {
  try {
    ReadRegister(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

int LineOf(const std::string& text, const std::string& words) {
  return static_cast<int>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(text.find(words)), '\n')) + 1;
}

TEST(Assumptions, EveryEntryHasItsTags) {
  const NeedleAssumptions assumptions = Register();
  const std::regex date("20[0-9]{2}-[01][0-9]");
  EXPECT_GT(Entries(assumptions).size(), 40U);
  for (const NamedAssumption& named : Entries(assumptions)) {
    const Assumption& a = *named.entry;
    EXPECT_LE(a.low, a.value) << named.name;
    EXPECT_LE(a.value, a.high) << named.name;
    EXPECT_GT(a.source.size(), 10U) << named.name;
    EXPECT_TRUE(std::regex_match(a.date, date)) << named.name << " " << a.date;
    EXPECT_FALSE(named.help.empty()) << named.name;
    for (const char* grade : {"alleged", "published"}) {
      EXPECT_EQ(named.name.starts_with(grade), a.grade == grade && named.name.starts_with(grade)) << named.name;
    }
  }
}

TEST(Assumptions, AnEntryWithoutATagIsRefused) {
  const std::string text = RegisterText();
  for (const char* tag : {"value", "low", "high", "unit", "source", "date", "grade"}) {
    const size_t at = text.find(std::string("\n") + tag + " = ");
    std::string without = text;
    without.erase(at + 1, text.find('\n', at + 1) - at);
    EXPECT_THAT(Problem(without), HasSubstr(std::string("key chat_accounts.") + tag + ": must be given")) << tag;
  }
}

TEST(Assumptions, WhatIsUnknownOrOutOfRangeIsRefusedWithItsLine) {
  const std::string text = RegisterText();
  const std::string grade = Replaced(text, "grade = \"published\"", "grade = \"certain\"");
  EXPECT_THAT(Problem(grade), HasSubstr("register.toml:" + std::to_string(LineOf(grade, "\"certain\""))));
  EXPECT_THAT(Problem(grade), HasSubstr("not one of measured here, published, alleged, assumed"));
  const std::string value = Replaced(text, "value = 700000000", "value = 7000000000");
  EXPECT_THAT(Problem(value), HasSubstr("register.toml:" + std::to_string(LineOf(value, "7000000000"))));
  EXPECT_THAT(Problem(value), HasSubstr("out of range"));
  const std::string unknown = text + "\n[moon_phase]\nvalue = 1\n";
  EXPECT_THAT(Problem(unknown), HasSubstr("register.toml:" + std::to_string(LineOf(unknown, "[moon_phase]"))));
  EXPECT_THAT(Problem(unknown), HasSubstr("key moon_phase: unknown key"));
  EXPECT_THAT(Problem(Replaced(text, "value = 30\n", "value = \"thirty\"\n")), HasSubstr("wants a number"));
  EXPECT_THAT(Problem(Replaced(text, "[chat_accounts]", "[chat_acounts]")), HasSubstr("did you mean chat_accounts"));
}

// Sources of the model may hold counts of bits and loops, halves and the like, but no number about the world. What is
// a size of the method (a sample, a table) is a named constant, which the reading leaves out.
TEST(Assumptions, NoNumberOfTheModelStandsInItsSources) {
  const std::regex literal("[^A-Za-z_0-9.\"]([0-9]+\\.?[0-9]*(e[0-9]+)?)");
  const std::vector<std::string> structural = {"0", "1", "2", "3", "4", "0.0", "1.0", "0.5"};
  for (const char* file : {"population.cc", "population.h", "text_source.cc", "attackers.cc", "campaigns.cc",
                           "needle.cc", "base_rates.cc"}) {
    std::string block;
    ForEachLine(std::string(RETORT_SOURCE_DIR) + "/teacher/provider/" + file, [&](std::string_view view, int number) {
      std::string line(view);
      line = std::regex_replace(line, std::regex("//.*"), "");
      line = std::regex_replace(line, std::regex("\"(\\\\.|[^\"])*\""), "");
      line = std::regex_replace(line, std::regex("[0-9]'[0-9]{3}"), "");
      const bool named = line.find("constexpr") != std::string::npos ||
                         line.find("_accounts = ") != std::string::npos || line.find(".min") != std::string::npos ||
                         line.find(".max") != std::string::npos;
      if (named) return true;
      for (std::sregex_iterator at(line.begin(), line.end(), literal), end; at != end; ++at) {
        const std::string found = (*at)[1];
        if (std::ranges::find(structural, found) != structural.end()) continue;
        // Units: dollars a million tokens, percent, millions and billions in words.
        if (found == "1e6" || found == "1e9" || found == "100" || found == "1000" || found == "16") continue;
        ADD_FAILURE() << file << ":" << number << ": " << found << " belongs into the register: " << view;
      }
      return true;
    });
  }
}

}  // namespace
}  // namespace retort
