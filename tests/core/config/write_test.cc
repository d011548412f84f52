// ToToml, FromToml, NumericsToml: exact round trips, and a hash that sees what it should.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tests/core/config/test_config.h"

namespace retort {
namespace {

TestConfig Back(const std::string& text) {
  TestConfig config;
  FromToml(text, "config.toml", [&](Describer& d) { Describe(d, config); });
  return config;
}

TEST(ToToml, EveryKeyInDescribeOrderTablesLast) {
  EXPECT_EQ(ToToml(TestConfig()),
            "name = \"run\"\nn = [4, 16]\nweights = []\narms = [\"teacher\"]\nblocks = []\nclip = 1.0\nworkers = 2\n"
            "\n[student]\nlearning_rate = 0.001\nmax_steps = 200\nprecision = \"float32\"\nshuffle = true\n"
            "\n[student.lora]\nrank = 8\nalpha = 16.0\n"
            "\n[teacher]\nkind = \"local\"\nmodel = \"teacher\"\n");
}

TEST(ToToml, RoundTripsExactly) {
  TestConfig config;
  config.student.learning_rate = 0.1 + 0.2;
  config.student.lora.alpha = std::numeric_limits<double>::denorm_min();
  config.student.max_steps = std::numeric_limits<int64_t>::max();
  config.weights = {1e22, -0.0, 1e-7, std::numeric_limits<double>::max(), 123456789.125, 1e15, 1e16, 5};
  config.name = "quotes \" ' back\\slash\ttab\nnewline\r\x01\x7f ${workers} \\${x} é 漢 😀 # [x]";
  config.blocks = {{"a.b=1", "n=[1,2]"}, {}, {"c=\"d\""}};
  config.limit = 5;
  config.clip.reset();
  config.teacher = TestApi{.url = "???", .retries = 0};
  EXPECT_EQ(Back(ToToml(config)), config);
  EXPECT_TRUE(std::signbit(Back(ToToml(config)).weights[1]));
}

TEST(ToToml, RandomDoublesRoundTrip) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 500; ++i) {
    TestConfig config;
    for (int k = 0; k < 4; ++k) {
      const uint64_t bits = random();
      double value = 0;
      static_assert(sizeof(value) == sizeof(bits));
      std::memcpy(&value, &bits, sizeof(value));
      if (std::isfinite(value)) config.weights.push_back(value);
    }
    EXPECT_EQ(Back(ToToml(config)), config);
  }
}

TEST(FromToml, ChecksAsLoadDoes) {
  EXPECT_THROW(Back("workers = 0\n"), Error);
  EXPECT_THROW(Back("nonsense = 0\n"), Error);
  EXPECT_THROW(Back("teacher.kind = \"api\"\n"), Error) << "url is required";
  EXPECT_THROW(Back("defaults = [\"base\"]\n"), Error) << "a resolved config composes nothing";
  try {
    Back("\nworkers = 'x'\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "config.toml:2: key workers: wants an integer, not the text \"x\"");
  }
}

TEST(NumericsToml, HoldsOnlyWhatChangesNumbersSorted) {
  EXPECT_EQ(
      NumericsToml(TestConfig()),
      "arms = [\"teacher\"]\nblocks = []\nclip = 1.0\nn = [4, 16]\nstudent.learning_rate = 0.001\n"
      "student.lora.alpha = 16.0\nstudent.lora.rank = 8\nstudent.max_steps = 200\nstudent.precision = \"float32\"\n"
      "student.shuffle = true\nteacher.kind = \"local\"\nweights = []\n");
}

TEST(NumericsToml, SeesEachNumericKeyAndNoOther) {
  const std::string plain = NumericsToml(TestConfig());
  for (const std::string word : {"workers=9", "name=other", "teacher.model=other"}) {
    EXPECT_EQ(NumericsToml(LoadOverrides({word})), plain) << word;
  }
  for (const std::string word : {"student.lora.rank=9", "limit=1", "clip=2", "n=[4]", "student.shuffle=false"}) {
    EXPECT_NE(NumericsToml(LoadOverrides({word})), plain) << word;
  }
}

TEST(NumericsToml, OrderOfFilesDoesNotMatter) {
  ConfigFolder folder;
  folder.Write("a.toml", "limit = 3\n[student]\nmax_steps = 4\nlearning_rate = 0.5\n");
  folder.Write("b.toml", "student.learning_rate = 5e-1\nstudent.max_steps = 4\nlimit = 3\n");
  EXPECT_EQ(NumericsToml(folder.Load({}, "a")), NumericsToml(folder.Load({}, "b")));
}

}  // namespace
}  // namespace retort
