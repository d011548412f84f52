// Stop strings: what is shown of a text that comes in pieces.
#include "teacher/provider/server/answer_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"

namespace retort {
namespace {

// Letter by letter.
std::string Cut(const std::string& text, const std::vector<std::string>& stops) {
  for (size_t end = 0; end <= text.size(); ++end) {
    const std::string begun = text.substr(0, end);
    size_t longest = 0;
    for (const std::string& stop : stops) {
      if (begun.ends_with(stop)) longest = std::max(longest, stop.size());
    }
    if (longest > 0) return begun.substr(0, end - longest);
  }
  return text;
}

// Two letters, so that stop strings overlap each other and themselves.
std::string RandomText(RandomStream& random, size_t length) {
  std::string text;
  for (size_t i = 0; i < length; ++i) text += random.Below(2) == 0 ? 'a' : 'b';
  return text;
}

TEST(StopMatcher, ShowsTheTextBeforeTheFirstStopHoweverItComes) {
  RandomStream random(0, "stops");
  int stopped = 0, held = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = RandomText(random, random.Below(14));
    std::vector<std::string> stops(random.Below(4));
    for (std::string& stop : stops) stop = RandomText(random, 1 + random.Below(5));
    StopMatcher matcher(stops);
    const std::string whole = Cut(text, stops);
    std::string shown;
    for (size_t come = 0; come < text.size() && !matcher.stopped();) {
      const size_t piece = std::min<size_t>(1 + random.Below(3), text.size() - come);
      shown += matcher.Push(std::string_view(text).substr(come, piece));
      come += piece;
      ASSERT_TRUE(whole.starts_with(shown)) << text;
      if (matcher.stopped() || shown.size() == come) continue;
      ++held;  // only what may still become a stop string
      const std::string rest = text.substr(shown.size(), come - shown.size());
      ASSERT_TRUE(std::ranges::any_of(stops, [&](const std::string& stop) { return stop.starts_with(rest); })) << text;
    }
    if (!matcher.stopped()) shown += matcher.Finish();
    EXPECT_EQ(shown, whole) << text;
    EXPECT_EQ(matcher.stopped(), whole != text) << text;
    stopped += matcher.stopped() ? 1 : 0;
  }
  EXPECT_GT(stopped, 500);
  EXPECT_GT(held, 500);
}

TEST(CutAtStop, KeepsTheTokensOfWhatIsShown) {
  Reply reply{.completion = {{"", "one two END three"}}, .finish_reason = "length", .logprobs = {}};
  for (const char* token : {"one", " two", " E", "ND", " three"}) {
    reply.logprobs.push_back({.bytes = token, .logprob = -1, .top = {}});
  }
  CutAtStop({"none"}, reply);
  EXPECT_EQ(reply.completion.back().content, "one two END three");
  EXPECT_EQ(reply.finish_reason, "length");
  CutAtStop({"three", "END"}, reply);
  EXPECT_EQ(reply.completion.back().content, "one two ");
  EXPECT_EQ(reply.finish_reason, "stop");
  EXPECT_EQ(reply.logprobs.size(), 2u);  // " E" is not wholly shown
}

}  // namespace
}  // namespace retort
