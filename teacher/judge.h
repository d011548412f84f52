// Keeps the answers that a judge, another model, scores well by a rubric. Judges prefer what stands in a certain place
// (Zheng et al. 2023, arXiv:2306.05685, section 3.3), so each answer is judged twice, with question and answer in
// either order; where the two verdicts lie far apart, neither is believed. That doubles the cost.
//
// The answer is untrusted: it stands between lines that bear a token derived from its hash, which its author could not
// know, and only the judge's own reply is parsed. Whether the judge lets the answer talk it into a score is beyond
// this.
//
// Dropped: a reply with an error or none at all ("judge.failed"), one without a score ("judge.unparsed"), verdicts
// further apart than max_disagreement ("judge.disagreed"), and a mean below min_judge_score.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/data/answerer.h"
#include "teacher/filter.h"

namespace retort {

inline constexpr int kJudgeTokens = 256;  // of a verdict

// N, where the last line that is not blank is exactly "Score: N" with an integer from 1 to 10.
std::optional<int> ParseJudgeScore(std::string_view reply);
// Of a whole reply. nullopt also where it was cut off: "Score: 1" may be the beginning of "Score: 10".
std::optional<int> JudgeScoreOf(const Reply& reply);

// "judge/qa/ID" or "judge/aq/ID", with the answer's attempt, temperature 0 and at most kJudgeTokens.
Request JudgeRequest(const Item& item, const Sample& sample, std::string_view rubric, bool question_first);

// Kept answers without a grade get one: (mean - 1) / 9. All answers of one Apply are asked about in one Ask.
std::unique_ptr<Filter> MakeJudgeFilter(const FilterConfig& config, Answerer& judge);

}  // namespace retort
