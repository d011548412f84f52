#include "experiments/design/verdicts.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/numerics.h"
#include "core/data/fold_grading.h"
#include "teacher/books.h"
#include "teacher/journal.h"
#include "teacher/judge.h"

namespace retort::lab {
namespace {

using Verdict = ArmContext::Verdict;

constexpr int kVerdictTokens = 256;  // more than the longest fold takes

Request FoldRequest(const Sample& answer) {
  return {.id = VerdictName(answer),
          .prompt = {{.role = "", .content = FoldGradingPrompt(Text(answer.prompt), Text(answer.completion))}},
          .sampling = {.max_new_tokens = kVerdictTokens, .top_logprobs = 5}};
}

// P(yes) over P(yes) + P(no) at its last word, where the teacher shows them; else the word alone.
Verdict ReadFoldVerdict(const Reply& reply) {
  const std::string yes(1, kFoldAccepted), no(1, kFoldRefused), text = Text(reply.completion);
  Verdict verdict{.score = text.ends_with(yes) ? 1.0 : 0.0,
                  .parsed = text.ends_with(yes) || text.ends_with(no),
                  .usage = reply.usage};
  if (!verdict.parsed) return verdict;
  for (auto token = reply.logprobs.rbegin(); token != reply.logprobs.rend(); ++token) {
    if (token->bytes != yes && token->bytes != no) continue;
    double accepted = 0, refused = 0;
    for (const TokenLogprob::Top& top : token->top) {
      if (top.bytes == yes) accepted = std::exp(top.logprob);
      if (top.bytes == no) refused = std::exp(top.logprob);
    }
    if (accepted + refused > 0) verdict.score = accepted / (accepted + refused);
    break;
  }
  return verdict;
}

Verdict ReadRubric(const Reply& first, const Reply& second, double max_disagreement) {
  Verdict verdict{.usage = first.usage + second.usage};
  const std::optional<int> a = JudgeScoreOf(first), b = JudgeScoreOf(second);
  verdict.parsed = a && b && std::abs(*a - *b) <= max_disagreement;
  if (verdict.parsed) verdict.score = ((*a + *b) / 2.0 - 1) / 9;
  return verdict;
}

}  // namespace

std::string VerdictName(const Sample& answer) {
  return "verdict/" + Sha256Hex(Text(answer.prompt) + "\n" + Text(answer.completion)).substr(0, 24);
}

std::string VerdictsHash(const Card& teacher, const Task& task, uint64_t seed) {
  return Sha256Hex(
      fmt::format("verdicts {}\n{}\n{}\n{}", NumericsVersion(), teacher.identity, task.ContentHash(), seed));
}

std::vector<Verdict> AskVerdicts(const VerdictsJob& job, const std::vector<Sample>& answers) {
  const bool folds = std::holds_alternative<FoldsConfig>(job.task);
  std::map<std::string, std::vector<Request>> by_name;  // equal answers are judged once
  std::vector<Request> requests;
  for (const Sample& answer : answers) {
    std::vector<Request>& own = by_name[VerdictName(answer)];
    if (!own.empty()) continue;
    if (folds) {
      own = {FoldRequest(answer)};
    } else {
      const Item item{.id = VerdictName(answer), .prompt = answer.prompt};
      Sample named = answer;
      named.id = item.id;
      named.attempt = 0;
      for (const bool first : {true, false}) own.push_back(JudgeRequest(item, named, job.config.filter.rubric, first));
    }
    requests.insert(requests.end(), own.begin(), own.end());
  }
  std::map<std::string, Reply> replies;
  std::filesystem::create_directories(job.folder);
  const FileLock lock = FileLock::Wait(job.folder / "lock");
  Journal journal(job.folder / "journal.jsonl");
  if (!job.ask) {
    for (const Request& request : requests) {
      const uint64_t key = RequestKey(request);
      if (!journal.HasAnswer(key) && !journal.WasRefused(key)) throw NotAsked();
    }
  }
  Books books(job.teacher, journal, job.config.budget, job.config.prices);
  std::string failure;
  books.Ask(requests, [&](Reply reply) {
    if (!reply.error.empty() && !reply.refused) failure = reply.error;  // a refusal stays one: no verdict
    replies[reply.id] = std::move(reply);
    return failure.empty() && !Interrupted();
  });
  if (job.budget != nullptr) {
    Manifest spent{.usage = journal.totals().charged, .dollars = books.dollars()};
    spent.counts["sent"] = journal.totals().sendings;
    job.budget->Spent(job.folder.filename().string(), spent);
  }
  if (Interrupted()) throw Error("interrupted while the teacher judged");
  if (!failure.empty()) {
    throw Error({.file = job.folder.string()}, fmt::format("the teacher gave no verdict: {}", failure),
                "what was judged is kept; the same command goes on from there");
  }
  std::vector<Verdict> verdicts;
  for (const Sample& answer : answers) {
    const std::vector<Request>& own = by_name.at(VerdictName(answer));
    verdicts.push_back(
        folds ? ReadFoldVerdict(replies.at(own[0].id))
              : ReadRubric(replies.at(own[0].id), replies.at(own[1].id), job.config.filter.max_disagreement));
  }
  return verdicts;
}

}  // namespace retort::lab
