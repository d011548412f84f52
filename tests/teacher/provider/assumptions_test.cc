// The register: every entry has all its tags, bad ones are refused with their place, and no number of the model hides
// in the sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "tests/core/base/message_of.h"
#include "tests/teacher/provider/register.h"
#include "tests/teacher/provider/rounds_world.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

std::string Problem(const std::string& text) {
  return MessageOf([&] { ReadRegister(text); });
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

int LineOf(const std::string& text, const std::string& words) {
  return static_cast<int>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(text.find(words)), '\n')) + 1;
}

std::vector<NamedAssumption> AllEntries() {
  static const NeedleAssumptions needle = Register();
  static const IdentityAssumptions identity = IdentityRegister();
  static const AddressAssumptions address = AddressRegister();
  std::vector<NamedAssumption> all = Entries(needle);
  for (const auto& more : {Entries(identity), Entries(address)}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(Assumptions, EveryEntryHasItsTags) {
  const std::regex date("20[0-9]{2}-[01][0-9]");
  EXPECT_GT(AllEntries().size(), 100U);
  for (const NamedAssumption& named : AllEntries()) {
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

// Literals of a line of C++ that belong into the register unless the line says, in a comment, what else they are: a
// size of the model world (`size:`), a choice of the method (`method:`), a conversion (`unit:`). Free are 0, 1 and 2 in
// arithmetic; passed to a function by themselves (`Spread(total, 1)`) only 0 is, but for bounds in min, max and clamp.
// The limits of options (`.min`, `.max`) say what may be set.
std::vector<std::string> Untagged(std::string line) {
  static const std::regex tag("// (method|size|unit): "), comment("//.*"), text(R"("(\\.|[^"])*")"),
      limits("\\.(min|max) = [-0-9.e]+"), bounds("\\b(min|max|clamp)(<[^>]*>)?\\("),
      literal("(^|[^A-Za-z_0-9.])((0x)?[0-9][0-9'.]*(e-?[0-9]+|p-?[0-9]+)?)"),
      alone("[(,]\\s*([0-9][0-9.]*)\\s*(?=[,)])");
  if (std::regex_search(line, tag) || line.starts_with("#")) return {};
  line = std::regex_replace(std::regex_replace(std::regex_replace(line, comment, ""), text, ""), limits, "");
  std::vector<std::string> found;
  for (std::sregex_iterator at(line.begin(), line.end(), literal), end; at != end; ++at) {
    const std::string number = (*at)[2];
    if (!std::regex_match(number, std::regex("[012](\\.0)?"))) found.push_back(number);
  }
  if (std::regex_search(line, bounds)) return found;
  for (std::sregex_iterator at(line.begin(), line.end(), alone), end; at != end; ++at) {
    if ((*at)[1] != "0") found.push_back((*at)[1]);
  }
  return found;
}

TEST(Assumptions, TheReadingOfSourcesFindsWhatItMust) {
  for (const char* line : {"constexpr double kShare = 0.3;  // of accounts", "SpreadOverDays(total, days, 1, random)",
                           "return x * 1.5;", "const int days = 30;", "f(2)", "if (share > .25 + 1e-3) return;",
                           "{.sample_accounts = 5000}", "double y = 0.5 * x;", "Gamma(0x1p3)", "k = 12'000;"}) {
    EXPECT_FALSE(Untagged(line).empty()) << line;
  }
  for (const char* line :
       {"constexpr int kBlock = 65536;  // size: of a block", "for (int i = 0; i < 2; ++i) x += 1.0 / n;",
        "std::clamp(x, 0.0, 1.0)", "// 30 days", "{.help = \"of 30\", .min = 8, .max = 1e8}", "#include \"v2_5.h\"",
        "uint64_t x1 = y2;", "Mix64(base_)", "Evenly(a, 0, limit)"}) {
    EXPECT_THAT(Untagged(line), ::testing::IsEmpty()) << line;
  }
}

TEST(Assumptions, NoNumberOfTheModelStandsInItsSources) {
  for (const char* file :
       {"population.cc",    "population.h",    "text_source.cc",     "text_source.h",   "attackers.cc",
        "attackers.h",      "campaigns.cc",    "campaign_sample.cc", "needle.cc",       "base_rates.cc",
        "haystack_pass.cc", "sensitivity.cc",  "sensitivity.h",      "review_queue.cc", "volume_totals.cc",
        "volume_totals.h",  "detectors.cc",    "routes.cc",          "routes.h",        "rounds.cc",
        "rounds.h",         "best_response.cc"}) {
    ForEachLine(std::string(RETORT_SOURCE_DIR) + "/teacher/provider/" + file, [&](std::string_view line, int number) {
      EXPECT_THAT(Untagged(std::string(line)), ::testing::IsEmpty())
          << file << ":" << number << " belongs into the register, or needs a tag: " << line;
      return true;
    });
  }
}

}  // namespace
}  // namespace retort
