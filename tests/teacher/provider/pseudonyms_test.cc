// Pseudonyms and text features: the same for the same, no way back, and what prompts of one template share.
#include "teacher/provider/pseudonyms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "teacher/provider/text_features.h"

namespace retort {
namespace {

std::vector<Message> Prompt(const std::string& text) { return {{"user", text}}; }

TEST(Pseudonyms, AreHmacSha256) {
  // Python's hmac.new(b"0123456789abcdef", b"7:payment:4242", "sha256").hexdigest()
  EXPECT_EQ(Pseudonyms("0123456789abcdef").Of("payment", "4242"),
            "7e690a922097f82e10c902cfe7e9028c4d29d125ebab8811b42b206991d61728");
}

TEST(Pseudonyms, TellFieldsSaltsAndRolesApart) {
  const Pseudonyms names("0123456789abcdef"), others("0123456789abcdeg");
  EXPECT_EQ(names.Of("payment", "x"), names.Of("payment", "x"));
  EXPECT_NE(names.Of("payment", "x"), names.Of("address", "x"));
  EXPECT_NE(names.Of("a", "b:c"), names.Of("a:b", "c"));
  EXPECT_NE(names.Of("payment", "x"), others.Of("payment", "x"));
  EXPECT_NE(names.id(), others.id());
  EXPECT_EQ(names.Of("payment", ""), "");
  EXPECT_NE(names.OfPrompt({{"user", "a"}, {"user", "b"}}), names.OfPrompt({{"user", "ab"}}));
  EXPECT_NE(names.OfPrompt({{"user", "a"}}), names.OfPrompt({{"system", "a"}}));
  EXPECT_THROW(Pseudonyms("short"), Error);
}

TEST(Salt, IsMadeOnceAndForItsOwnerOnly) {
  const TempDir dir;
  const auto file = dir.path() / "inner" / "salt";
  const std::string salt = SaltOf(file);
  EXPECT_EQ(salt.size(), 32u);
  EXPECT_EQ(SaltOf(file), salt);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}), 1) << "no temporary file stays";
  EXPECT_NE(SaltOf(dir.path() / "other"), salt);
  chmod(file.c_str(), 0644);
  EXPECT_THROW(SaltOf(file), Error);
  std::ofstream(dir.path() / "short") << "12345";
  chmod((dir.path() / "short").c_str(), 0600);
  EXPECT_THROW(SaltOf(dir.path() / "short"), Error);
}

TEST(TextFeatures, MeasureWhatTheyAreNamedAfter) {
  const auto f = TextFeaturesOf(Prompt("Add 12 and 34, now! \xc3\xa9"));
  EXPECT_NEAR(f[0], std::log1p(22), 1e-4);
  EXPECT_NEAR(f[1], std::log1p(6), 1e-4);
  EXPECT_NEAR(f[2], 4.0 / 22, 1e-4);
  EXPECT_NEAR(f[3], 1.0 / 22, 1e-4);
  EXPECT_NEAR(f[4], 2.0 / 22, 1e-4);
  EXPECT_NEAR(f[5], 2.0 / 22, 1e-4);
  EXPECT_EQ(f[6], 1);
  EXPECT_NEAR(TextFeaturesOf(Prompt("aabb"))[7], 1, 1e-4) << "one bit a byte";
  EXPECT_NEAR(TextFeaturesOf(Prompt("no no no no"))[6], 0.25, 1e-4);
}

TEST(TextFeatures, AreFiniteForAnything) {
  RandomStream random(0, "features");
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("ab"), std::string(1 << 20, 'x'), std::string(5, '\0')}) {
    for (const double x : TextFeaturesOf(Prompt(text))) EXPECT_TRUE(std::isfinite(x));
  }
  for (int i = 0; i < 50; ++i) {
    std::string text;
    for (uint64_t n = random.Below(200); n > 0; --n) text += static_cast<char>(random.Below(256));
    for (const double x : TextFeaturesOf(Prompt(text))) EXPECT_TRUE(std::isfinite(x));
    TemplateShape(Prompt(text));
  }
  EXPECT_EQ(TextFeaturesOf({}), TextFeaturesOf(Prompt("")));
}

TEST(TextFeatures, PromptsOfOneKindLieCloser) {
  const auto distance = [](const std::string& a, const std::string& b) {
    const auto x = TextFeaturesOf(Prompt(a)), y = TextFeaturesOf(Prompt(b));
    return std::sqrt(std::inner_product(x.begin(), x.end(), y.begin(), 0.0, std::plus<>(),
                                        [](double p, double q) { return (p - q) * (p - q); }));
  };
  const std::string a = "Natalia sold 48 clips in April. How many clips did she sell in May?";
  const std::string b = "Natalia sold 71 clips in June. How many clips did she sell in July?";
  const std::string c = "#include <vector>\nint main() { return std::vector<int>{1,2}.size(); }";
  EXPECT_LT(distance(a, b) * 1.5, distance(a, c)) << "here twice as far";
}

TEST(TextFeatures, NamesAreDistinct) {
  const auto& names = TextFeatureNames();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), kTextFeatures);
}

TEST(TemplateShape, IsWhatPromptsOfATemplateShare) {
  const std::string shape = TemplateShape(Prompt("What is the capital of Italy in 1999?"));
  EXPECT_EQ(shape, TemplateShape(Prompt("What is the capital of Germany in 2,010?")));
  EXPECT_NE(shape, TemplateShape(Prompt("What is the capital of Germany?")));
  EXPECT_EQ(TemplateShape(Prompt("Say \"yes, sir\" now")), TemplateShape(Prompt("Say \"no\"  now")));
  EXPECT_EQ(shape.find("capital"), std::string::npos);
}

}  // namespace
}  // namespace retort
