// Terms and prices, and the rows of them that are shipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "teacher/card.h"
#include "teacher/price.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Refusal(const Card& card, const std::string& acknowledge) {
  return MessageOf([&] { CheckTerms(card, acknowledge); });
}

TEST(CardTest, ConfigGoesOverTheTeacher) {
  const Card card{.name = "n", .kind = "local", .identity = "i", .licence = "l", .terms = "t", .disclosure = "d"};
  const Card same = WithConfig(card, {});
  EXPECT_EQ(same.name, "n");
  EXPECT_EQ(same.licence, "l");
  EXPECT_EQ(same.terms, "t");
  EXPECT_EQ(same.training_allowed, "unknown");
  EXPECT_EQ(same.disclosure, "d");
  const Card changed = WithConfig(
      card,
      {.name = "N", .licence = "L", .terms = "T", .training_allowed = "yes", .disclosure = "D", .name_prefix = "P"});
  EXPECT_EQ(changed.name, "N");
  EXPECT_EQ(changed.licence, "L");
  EXPECT_EQ(changed.terms, "T");
  EXPECT_EQ(changed.training_allowed, "yes");
  EXPECT_EQ(changed.disclosure, "D");
  EXPECT_EQ(changed.name_prefix, "P");
  EXPECT_EQ(changed.identity, "i") << "what a user says of the terms gives no other answers";
  EXPECT_EQ(changed.kind, "local");
}

TEST(CardTest, ForbiddenTeachersNeedAnAcknowledgement) {
  const Card card{.name = "Llama-2-7b", .licence = "llama2", .terms = "https://x/y", .training_allowed = "no"};
  const std::string refusal = Refusal(card, "");
  EXPECT_THAT(refusal, AllOf(HasSubstr("teacher \"Llama-2-7b\""), HasSubstr("llama2"), HasSubstr("https://x/y"),
                             HasSubstr("collect.acknowledge_terms=\"Llama-2-7b\"")));
  EXPECT_EQ(Refusal(card, "llama-2-7b"), refusal) << "another teacher's acknowledgement does not count";
  EXPECT_EQ(Refusal(card, "Llama-2-7b"), "");
  for (const char* allowed : {"yes", "with disclosure", "unknown", ""}) {
    Card other = card;
    other.training_allowed = allowed;
    EXPECT_EQ(Refusal(other, ""), "") << allowed;
  }
}

TEST(CardTest, HostileCards) {
  Card card{.name = "", .training_allowed = "No"};
  EXPECT_THAT(Refusal(card, ""), HasSubstr("card.name")) << "no name is acknowledged by none";
  card.name = "a\nb\x1b[31m" + std::string(10'000, 'x');
  card.licence = "l\x1b[2J\n";
  card.terms = std::string(10'000, 't');
  card.training_allowed = "no";
  EXPECT_THAT(Refusal(card, ""), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
  EXPECT_LT(Refusal(card, "").size(), 2000u);
  EXPECT_EQ(Refusal(card, card.name), "");
  card.training_allowed = "with disclosure";
  card.disclosure = "\x1b[31mBuilt\n";
  card.name_prefix = "\r";
  EXPECT_THAT(TermsLine(card), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n")), Not(HasSubstr("\r"))));
  card.training_allowed = "perhaps";
  EXPECT_THAT(TermsLine(card), HasSubstr("unknown"));
}

TEST(CardTest, TermsInOneLine) {
  Card card{.licence = "apache-2.0", .terms = "https://a", .training_allowed = "yes"};
  EXPECT_EQ(TermsLine(card), "licence apache-2.0 (https://a); its answers may train other models");
  card.training_allowed = "no";
  EXPECT_EQ(TermsLine(card), "licence apache-2.0 (https://a); its answers must not train other models");
  EXPECT_EQ(TermsLine({}), "licence unknown; whether its answers may train other models is unknown");
  EXPECT_EQ(TermsLine({.licence = "llama3.1",
                       .training_allowed = "with disclosure",
                       .disclosure = "Built with Llama",
                       .name_prefix = "Llama"}),
            "licence llama3.1; its answers may train other models on conditions: their card says \"Built with Llama\", "
            "their names begin with \"Llama\"");
}

TEST(CardTest, TrainingAllowedIsOneOfItsWords) {
  CardConfig config;
  const auto describe = [&](Describer& d) { Describe(d, config); };
  EXPECT_THROW(FromToml("training_allowed = \"maybe\"", "f", describe), Error);
  EXPECT_THROW(FromToml("license = \"mit\"", "f", describe), Error) << "an unknown key";
  FromToml("training_allowed = \"with disclosure\"", "f", describe);
  EXPECT_EQ(config.training_allowed, "with disclosure");
  EXPECT_EQ(NumericsToml(config), "") << "terms change no number";
}

TEST(PriceTest, Dollars) {
  const PriceConfig price{.input = 2.5, .output = 10, .gpu_hour = 3.6};
  EXPECT_DOUBLE_EQ(Dollars({}, {.prompt_tokens = 1'000'000, .completion_tokens = 7}, 100), 0);
  EXPECT_DOUBLE_EQ(Dollars(price, {}), 0);
  EXPECT_DOUBLE_EQ(Dollars(price, {.prompt_tokens = 1'000'000}), 2.5);
  EXPECT_DOUBLE_EQ(Dollars(price, {.completion_tokens = 500'000}), 5);
  EXPECT_DOUBLE_EQ(Dollars(price, {}, 1000), 1);
  EXPECT_DOUBLE_EQ(Dollars(price, {.prompt_tokens = 2'000'000, .completion_tokens = 100'000}, 500), 6.5);
  EXPECT_DOUBLE_EQ(Dollars(price, {.prompt_tokens = int64_t{4'000'000'000'000}}), 1e7) << "no overflow";
}

TEST(PriceTest, PricesAreNoNegativeNumbers) {
  PriceConfig config;
  const auto describe = [&](Describer& d) { Describe(d, config); };
  for (const char* text : {"input = -1", "output = nan", "gpu_hour = inf", "input = \"1\"", "inputs = 1"}) {
    EXPECT_THROW(FromToml(text, "f", describe), Error) << text;
  }
  FromToml("input = 1", "f", describe);
  EXPECT_EQ(config.input, 1);
  EXPECT_EQ(NumericsToml(config), "") << "another price computes no cell again";
}

template <class Config>
std::map<std::string, Config> Shipped(const std::string& group) {
  std::map<std::string, Config> rows;
  for (const auto& file : fs::directory_iterator(fs::path(RETORT_SOURCE_DIR) / "configs" / group)) {
    const std::string text = ReadFile(file.path());
    EXPECT_THAT(text, StartsWith("# ")) << file.path() << ": says first what it is";
    Config& config = rows[file.path().stem().string()];
    FromToml(text, file.path().string(), [&](Describer& d) { Describe(d, config); });
  }
  return rows;
}

constexpr char kDate[] = "20[0-9][0-9]-[01][0-9](-[0-3][0-9])?";

TEST(ShippedCards, SayWhereAndWhen) {
  const auto cards = Shipped<CardConfig>("card");
  EXPECT_GE(cards.size(), 12u);
  for (const auto& [name, card] : cards) {
    EXPECT_EQ(card.name, "") << name << ": a licence is not a teacher";
    if (name == "unknown") {
      EXPECT_EQ(ToToml(card), ToToml(CardConfig{}));
      continue;
    }
    EXPECT_NE(card.licence, "") << name;
    EXPECT_NE(card.source, "") << name;
    EXPECT_TRUE(std::regex_match(card.date, std::regex(kDate))) << name;
    EXPECT_NE(card.training_allowed, "") << name;
    if (name != "closed_api") {
      EXPECT_THAT(card.terms, StartsWith("https://")) << name;
    }
    if (card.training_allowed == "with disclosure") {
      EXPECT_NE(card.disclosure, "") << name;
    }
    if (card.training_allowed == "yes") {
      EXPECT_EQ(card.disclosure + card.name_prefix, "") << name;
    }
  }
  EXPECT_EQ(cards.at("llama2").training_allowed, "no");
  EXPECT_EQ(cards.at("llama3").training_allowed, "no");
  EXPECT_EQ(cards.at("closed_api").training_allowed, "no");
  EXPECT_EQ(cards.at("llama3_1").name_prefix, "Llama");
  EXPECT_EQ(cards.at("llama3_1").disclosure, "Built with Llama");
  EXPECT_EQ(cards.at("qwen_72b").disclosure, "Built with Qwen");
  EXPECT_EQ(cards.at("deepseek_r1").training_allowed, "yes");
}

TEST(ShippedPrices, SayWhereAndWhen) {
  const auto prices = Shipped<PriceConfig>("prices");
  EXPECT_GE(prices.size(), 15u);
  for (const auto& [name, price] : prices) {
    if (name == "free") {
      EXPECT_EQ(ToToml(price), ToToml(PriceConfig{}));
      continue;
    }
    EXPECT_THAT(price.source, StartsWith("https://")) << name;
    EXPECT_TRUE(std::regex_match(price.date, std::regex(kDate))) << name;
    const bool machine = name.starts_with("gpu_");
    EXPECT_EQ(price.gpu_hour > 0, machine) << name;
    EXPECT_EQ(price.input > 0 && price.output > 0, !machine) << name;
    EXPECT_LE(price.input, price.output) << name << ": the two may have changed places";
  }
}

}  // namespace
}  // namespace retort
