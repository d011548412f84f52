#include "teacher/near_duplicates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace retort {
namespace {

using ::testing::ElementsAre;

std::string RandomWords(RandomStream& random, size_t count, uint64_t vocabulary = 5000) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += "w" + std::to_string(random.Below(vocabulary)) + " ";
  return text;
}

// Two sets with this many elements in common and so many of their own.
std::pair<std::vector<uint64_t>, std::vector<uint64_t>> Sets(RandomStream& random, size_t common, size_t own) {
  std::vector<uint64_t> a;
  for (size_t i = 0; i < common; ++i) a.push_back(random.Next());
  std::vector<uint64_t> b = a;
  for (size_t i = 0; i < own; ++i) a.push_back(random.Next()), b.push_back(random.Next());
  return {a, b};
}

double ExactJaccard(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  const std::set<uint64_t> x(a.begin(), a.end()), y(b.begin(), b.end());
  const auto common = std::ranges::count_if(x, [&](uint64_t value) { return y.contains(value); });
  return static_cast<double>(common) / static_cast<double>(x.size() + y.size() - static_cast<size_t>(common));
}

// The completions that are kept, each the answer to a prompt of its own.
class NearDuplicatesTest : public ::testing::Test {
 protected:
  std::vector<size_t> Kept(const std::vector<std::string>& answers) {
    std::vector<std::string> prompts;
    for (size_t i = 0; i < answers.size(); ++i) prompts.push_back("question " + std::to_string(i));
    return Kept(prompts, answers);
  }
  std::vector<size_t> Kept(const std::vector<std::string>& prompts, const std::vector<std::string>& answers) {
    const auto filter = MakeNearDuplicateFilter(config_);
    std::vector<size_t> kept;
    for (size_t i = 0; i < answers.size(); ++i) {
      const Item item{.id = std::to_string(i), .prompt = {{"user", prompts[i]}}};
      PromptAnswers prompt{.item = &item, .answers = {{.id = item.id, .completion = {{"assistant", answers[i]}}}}};
      filter->Apply({&prompt, 1});
      if (!prompt.answers.empty()) kept.push_back(i);
    }
    return kept;
  }

  FilterConfig config_;
};

TEST_F(NearDuplicatesTest, DropsWhatDiffersALittle) {
  RandomStream random(0, "a little");
  const std::string text = RandomWords(random, 200);
  // One changed word of 200 breaks 5 of 196 shingles: J = 191 / 201.
  std::string changed = text;
  changed.replace(changed.find(' ', 500) + 1, 1, "another");
  EXPECT_THAT(Kept({text, changed, RandomWords(random, 200), text.substr(0, text.size() / 2)}), ElementsAre(0, 2, 3));
  EXPECT_THAT(Kept({changed, text}), ElementsAre(0)) << "the earlier one stays";
}

TEST_F(NearDuplicatesTest, TheThresholdCounts) {
  RandomStream random(0, "threshold");
  const std::string text = RandomWords(random, 400), half = text.substr(0, text.size() / 2);
  config_.near_duplicate = 0.35;  // four deviations below one half
  EXPECT_THAT(Kept({text, half}), ElementsAre(0));
  config_.near_duplicate = 0.65;
  EXPECT_THAT(Kept({text, half}), ElementsAre(0, 1));
  config_.near_duplicate = 1;
  EXPECT_THAT(Kept({text, half, text}), ElementsAre(0, 1));
}

TEST_F(NearDuplicatesTest, PunctuationAndCaseDoNotCount) {
  EXPECT_THAT(Kept({"The cat sat on the mat today.", "the CAT sat, on the mat: today"}), ElementsAre(0));
  EXPECT_THAT(Kept({"so we get 3 - 4 as the result", "so we get 3 + 4 as the result"}), ElementsAre(0, 1));
}

TEST_F(NearDuplicatesTest, VeryShortAnswersGoWithTheirPrompt) {
  EXPECT_THAT(Kept({"42", "42", "42"}), ElementsAre(0, 1, 2)) << "different questions";
  EXPECT_THAT(Kept({"q", "q", "Q?", "q"}, {"42", "43", " 42.", "-42"}), ElementsAre(0, 1, 3));
  EXPECT_THAT(Kept({"b c", "c"}, {"a", "a b"}), ElementsAre(0, 1)) << "words do not wander";
  const std::string five = "it is just forty two";
  EXPECT_THAT(Kept({five, five}), ElementsAre(0)) << "a whole shingle is compared alone";
  config_.shingle_words = 6;
  EXPECT_THAT(Kept({five, five}), ElementsAre(0, 1));
}

TEST_F(NearDuplicatesTest, HostileTexts) {
  RandomStream random(0, "hostile");
  const std::string huge = RandomWords(random, 800'000), monotone(5'000'000, 'a');
  std::string repeated;
  for (int i = 0; i < 500'000; ++i) repeated += "ha ";
  const std::string nul("a\0b\0c\0d\0e\0f", 11);
  const std::vector<std::string> texts = {"",       "\xff\xfe \xff \xfe \xfd \xfc",
                                          nul,      "😀😁😂🤣😃😄",
                                          "()",     huge,
                                          huge,     repeated,
                                          monotone, "( )",
                                          "[]",     "a b c d e f"};
  EXPECT_THAT(Kept(std::vector<std::string>(texts.size(), "q"), texts), ElementsAre(0, 1, 2, 3, 4, 5, 7, 8, 10));
}

TEST(MinHashTest, ShinglesAreRunsOfWords) {
  EXPECT_EQ(Shingles("a b c d e", 3).size(), 3);
  EXPECT_EQ(Shingles("a b c d e", 3)[1], Shingles("B, C, D!", 3)[0]);
  EXPECT_EQ(Shingles("a b", 3).size(), 1);
  EXPECT_NE(Shingles("a b", 3), Shingles("b a", 3));
}

// 400 pairs at each similarity. An estimate has the variance J(1-J)/128, so their mean has a deviation of at most
// 0.5 / sqrt(128 * 400) = 0.0022, and four of these are allowed; a sum of 400 squares varies by 7 % (chi square: sqrt(2
// / 400)), so that 30 % are over four deviations.
TEST(MinHashTest, EstimatesJaccardWithoutBiasAndAsCloselyAs128HashesCan) {
  RandomStream random(0, "estimate");
  for (const auto& [common, own] :
       std::vector<std::pair<size_t, size_t>>{{1, 1}, {8, 1}, {80, 10}, {20, 40}, {300, 90}}) {
    const double exact = static_cast<double>(common) / static_cast<double>(common + 2 * own);
    double sum = 0, squares = 0;
    for (int i = 0; i < 400; ++i) {
      const auto [a, b] = Sets(random, common, own);
      ASSERT_DOUBLE_EQ(ExactJaccard(a, b), exact);
      const double error = EstimatedJaccard(MinHash(a), MinHash(b)) - exact;
      sum += error, squares += error * error;
    }
    EXPECT_NEAR(sum / 400, 0, 4 * 0.0022) << exact;
    const double variance = exact * (1 - exact) / kMinHashes;
    EXPECT_NEAR(squares / 400 / variance, 1, 0.3) << exact;
  }
}

// The same with real shingles, which overlap. Six deviations for 300 texts: 6 * 0.5 / sqrt(128) = 0.27.
TEST(MinHashTest, EstimatesTextsToo) {
  RandomStream random(0, "texts");
  double sum = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string start = RandomWords(random, 20 + random.Below(100), 50);
    const std::string a = start + RandomWords(random, random.Below(60), 50);
    const std::string b = start + RandomWords(random, random.Below(60), 50);
    const auto x = Shingles(a, 5), y = Shingles(b, 5);
    const double error = EstimatedJaccard(MinHash(x), MinHash(y)) - ExactJaccard(x, y);
    EXPECT_NEAR(error, 0, 0.27);
    sum += error;
  }
  EXPECT_NEAR(sum / 300, 0, 4 * 0.5 / std::sqrt(128 * 300.0));
}

TEST(MinHashTest, OrderAndRepetitionOfShinglesDoNotCount) {
  EXPECT_EQ(MinHash(std::vector<uint64_t>{1, 2, 3}), MinHash(std::vector<uint64_t>{3, 1, 2, 2, 1}));
  EXPECT_EQ(EstimatedJaccard(MinHash(std::vector<uint64_t>{1}), MinHash(std::vector<uint64_t>{2})), 0);
}

// What is kept must be the same on every machine.
TEST(MinHashTest, SignaturesAreFixed) {
  const MinHashSignature signature = MinHash(Shingles("the quick brown fox jumps over the lazy dog", 5));
  EXPECT_EQ(signature[0], 0x588EB961);
  EXPECT_EQ(signature[127], 0x99B48800);
}

// Two signatures that agree in exactly `matches` places, chosen by chance.
std::pair<MinHashSignature, MinHashSignature> Agreeing(RandomStream& random, size_t matches) {
  MinHashSignature a, b;
  for (uint32_t& hash : a) hash = static_cast<uint32_t>(random.Next());
  b = a;
  std::vector<size_t> places(kMinHashes);
  for (size_t i = 0; i < places.size(); ++i) places[i] = i;
  random.Shuffle(places);
  for (size_t i = matches; i < places.size(); ++i) b[places[i]] ^= 1;
  return {a, b};
}

TEST(MinHashIndexTest, BandsLoseNothingAtTheThreshold) {
  RandomStream random(0, "recall");
  for (const double threshold : {0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0}) {
    const auto matches = static_cast<size_t>(std::ceil(threshold * kMinHashes));
    for (int i = 0; i < 200; ++i) {
      const auto [a, b] = Agreeing(random, matches);
      MinHashIndex index(threshold);
      EXPECT_TRUE(index.AddIfNew(a));
      EXPECT_FALSE(index.AddIfNew(b)) << threshold;
      const auto [c, d] = Agreeing(random, matches - 1);
      EXPECT_TRUE(index.AddIfNew(c));
      EXPECT_TRUE(index.AddIfNew(d)) << threshold;
    }
  }
}

// The disagreements spread as evenly as they can, which is the worst for bands.
TEST(MinHashIndexTest, NotEvenInTheWorstCase) {
  for (const double threshold : {0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95}) {
    const int matches = static_cast<int>(std::ceil(threshold * kMinHashes)), differences = kMinHashes - matches;
    MinHashSignature a{}, b{};
    for (int i = 0; i < differences; ++i) b[static_cast<size_t>(i * kMinHashes / differences)] = 1;
    MinHashIndex index(threshold);
    EXPECT_TRUE(index.AddIfNew(a));
    EXPECT_FALSE(index.AddIfNew(b)) << threshold;
  }
}

TEST(MinHashIndexTest, KeepsWhatComparingWithAllWouldKeep) {
  RandomStream random(0, "all");
  for (const double threshold : {0.5, 0.8}) {
    MinHashIndex index(threshold);
    std::vector<MinHashSignature> kept;
    std::vector<std::vector<uint64_t>> sets;
    int dropped = 0;
    for (int i = 0; i < 1500; ++i) {
      std::vector<uint64_t> set;
      if (!sets.empty()) set = sets[random.Below(sets.size())];
      set.resize(40);
      for (uint64_t n = random.Below(20); n > 0; --n) set[random.Below(set.size())] = random.Next();
      sets.push_back(set);
      const MinHashSignature signature = MinHash(set);
      const bool is_new = std::ranges::none_of(
          kept, [&](const MinHashSignature& other) { return EstimatedJaccard(other, signature) >= threshold; });
      ASSERT_EQ(index.AddIfNew(signature), is_new) << i;
      if (is_new) kept.push_back(signature);
      dropped += !is_new;
    }
    EXPECT_GT(dropped, 150);
    EXPECT_GT(kept.size(), 150);
  }
}

}  // namespace
}  // namespace retort
