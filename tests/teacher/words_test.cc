#include "teacher/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"

namespace retort {
namespace {

using ::testing::SizeIs;

bool SameWords(std::string_view a, std::string_view b) { return WordHashes(a) == WordHashes(b); }

TEST(WordsTest, CaseSpaceAndSentencePunctuationDoNotCount) {
  EXPECT_TRUE(SameWords("What is\t\"Love\"?\n", "  what is LOVE"));
  EXPECT_TRUE(SameWords("Don’t stop.", "don't... stop!"));
  EXPECT_TRUE(SameWords("a well-known **bold** word", "A well known bold word"));
  EXPECT_TRUE(SameWords("ÄRGER ŽIŽEK ΣΊΣΥΦΟΣ ПРИВЕТ ĿŹ ՀԱՅ Ẽ", "ärger žižek σίσυφος привет ŀź հայ ẽ"));
  EXPECT_TRUE(SameWords("Ｗｈａｔ？", "what"));
  EXPECT_TRUE(SameWords("soft\u00ADhyphen\u200B", "softhyphen"));
  EXPECT_TRUE(SameWords("«Où»\u00A0—\u2003¿qué?", "où qué"));
}

TEST(WordsTest, DigitsOperatorsAndLettersDo) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{{"big 4729?", "big 4728?"},
                                                                             {"3-4", "3+4"},
                                                                             {"3*4", "3/4"},
                                                                             {"x + y", "x y"},
                                                                             {"-5", "5"},
                                                                             {"−5", "5"},
                                                                             {"3.5", "3 5"},
                                                                             {"3.5", "35"},
                                                                             {"x²", "x"},
                                                                             {"a≤b", "a≥b"},
                                                                             {"été", "ete"},
                                                                             {"foo bar", "foobar"},
                                                                             {"1<2", "1>2"},
                                                                             {"😀", "😁"},
                                                                             {"a\xff", "a\xfe"}}) {
    EXPECT_FALSE(SameWords(a, b)) << a << " and " << b;
  }
  EXPECT_TRUE(SameWords("3 - 4", "3-4"));
  EXPECT_TRUE(SameWords("3–4", "3−4"));
}

TEST(WordsTest, CountsWords) {
  EXPECT_THAT(WordHashes("one two, three-four."), SizeIs(4));
  EXPECT_THAT(WordHashes("3.5+2=5.5"), SizeIs(5));
  EXPECT_THAT(WordHashes("猫は好き。"), SizeIs(4));
  EXPECT_THAT(WordHashes("고양이 좋아"), SizeIs(2));
  EXPECT_THAT(WordHashes(std::string("a\0b", 3)), SizeIs(2));
  EXPECT_THAT(WordHashes(""), SizeIs(0));
  EXPECT_THAT(WordHashes(" \n\t"), SizeIs(0));
}

TEST(WordsTest, NothingButPunctuationIsOneWord) {
  EXPECT_THAT(WordHashes("( )"), SizeIs(1));
  EXPECT_TRUE(SameWords("( )", "()"));
  EXPECT_FALSE(SameWords("()", "[]"));
}

// The hashes only live in memory, but what is kept follows from them: another platform must get the same.
TEST(WordsTest, HashesAreFixed) {
  EXPECT_EQ(WordHashes("Hello")[0], 0xE9C562C0FDB23244);
  EXPECT_EQ(SequenceHash(WordHashes("a b c")), 0x298969D35D8C7CB2);
}

TEST(WordsTest, SequenceHashKnowsOrderAndLength) {
  const auto hash = [](std::string_view text) { return SequenceHash(WordHashes(text)); };
  EXPECT_NE(hash("a b"), hash("b a"));
  EXPECT_NE(hash("a"), hash("a a"));
  EXPECT_NE(hash(""), hash("a"));
}

TEST(WordsTest, FoldsCaseAndSpaceAndNothingElse) {
  EXPECT_EQ(FoldCaseAndSpace("  A\r\n\tb \u00A0\u3000 C! "), "a b c!");
  EXPECT_EQ(FoldCaseAndSpace("ÄÖÜ ΩΣ Я Ｗ Ẽ İ 𝔘"), "äöü ωσ я Ｗ ẽ i 𝔘");
  EXPECT_EQ(FoldCaseAndSpace("\xff\xC3(\xE2\x82 A"), "\xff\xC3(\xE2\x82 a") << "broken bytes stay";
  EXPECT_EQ(FoldCaseAndSpace(std::string("a\0b", 3)), "a b");
  EXPECT_EQ(FoldCaseAndSpace(" \n"), "");
}

TEST(WordsTest, CountsCharacters) {
  EXPECT_EQ(CountCharacters(""), 0);
  EXPECT_EQ(CountCharacters("aé猫😀"), 4);
  EXPECT_EQ(CountCharacters("\xff\xfe"), 2);
}

TEST(WordsTest, AnyBytesWillDo) {
  RandomStream random(0, "words");
  for (int round = 0; round < 2000; ++round) {
    std::string text(random.Below(40), '\0');
    for (char& byte : text) byte = static_cast<char>(random.Below(256));
    EXPECT_LE(WordHashes(text).size(), text.size());
    const std::string folded = FoldCaseAndSpace(text);
    EXPECT_EQ(FoldCaseAndSpace(folded), folded);
    EXPECT_EQ(WordHashes(folded), WordHashes(text));
  }
}

}  // namespace
}  // namespace retort
