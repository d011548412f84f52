// The journal is what a collection is; rows and manifest are made from it each time, by the same steps in the same
// order, so that a run that was killed and one that was not end with the same bytes.
#include "teacher/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/numerics.h"
#include "core/base/version.h"
#include "core/config/toml_text.h"
#include "teacher/journal.h"
#include "teacher/judge.h"
#include "teacher/question_pool.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

std::string SamplingToml(const CollectConfig& config, const Task& task) {
  CollectConfig effective = config;
  effective.sampling = Bounded(config.sampling, task);
  return NumericsToml(effective);
}

Wording WordingOf(const CollectConfig& config) {
  if (config.prompts != "reworded") return config.answer_only ? Wording::kBare : Wording::kTask;
  if (config.answer_only) throw Error("collect.prompts=reworded: an answer without its steps has no other wording");
  return Wording::kReworded;
}

// What was asked, without what became of the answers: other filters make other rows of the same journal.
std::string Asked(const std::string& sampling) {
  std::string asked;
  for (size_t at = 0; at < sampling.size();) {
    const size_t end = std::min(sampling.find('\n', at), sampling.size() - 1) + 1;
    if (!sampling.substr(at).starts_with("filter.")) asked += sampling.substr(at, end - at);
    at = end;
  }
  return asked;
}

// Throws unless the folder's manifest is of the same collection.
void CheckSame(const Manifest& found, const Manifest& wanted, const std::string& file) {
  const auto check = [&](std::string_view what, const std::string& theirs, const std::string& ours) {
    if (theirs == ours) return;
    throw Error({.file = file},
                fmt::format("the folder holds the answers of another {}: '{}', this one is '{}'", what, theirs, ours),
                "give another output_dir, or remove the folder");
  };
  check("teacher", found.teacher.name + " " + found.teacher.identity,
        wanted.teacher.name + " " + wanted.teacher.identity);
  check("task", found.task_hash, wanted.task_hash);
  check("pool of questions", found.questions_sha256, wanted.questions_sha256);
  check("seed", std::to_string(found.seed), std::to_string(wanted.seed));
  check("sampling", Asked(found.sampling), Asked(wanted.sampling));
}

// Whether one of the two files begins with the other.
bool OneExtendsTheOther(const fs::path& a, const fs::path& b) {
  const MappedFile first(a), second(b);
  const size_t size = std::min(first.bytes().size(), second.bytes().size());
  return first.bytes().substr(0, size) == second.bytes().substr(0, size);
}

class Collector {
 public:
  explicit Collector(const CollectJob& job)
      : job_(job),
        config_(job.config),
        samples_(job.folder / "samples.jsonl"),
        manifest_file_(job.folder / "manifest.json"),
        lock_(FileLock::Wait(job.folder / "lock")) {
    MakeManifest();
    journal_.emplace(job.folder / "journal.jsonl");
    books_.emplace(job.teacher, *journal_, config_.budget, config_.prices);
    const FilterContext context{.grader = job.grader, .judge = &*books_, .held_out = job.held_out};
    filters_ = MakeFilters(config_.filter, context);
    if (config_.prompts != "teacher") {
      pool_ = MakePool(job.task, WordingOf(config_), config_.pool_size, job.seed, job.held_out);
    } else {
      if (std::ranges::count(config_.filter.filters, "grade") > 0) {
        throw Error(
            "collect.filter.filters names grade, but prompts that the teacher wrote have no reference to "
            "grade by; use judge");
      }
      examples_ = MakePool(job.task, Wording::kTask, config_.written.seeds, job.seed, job.held_out);
      writer_.emplace(config_.written, examples_.items, config_.pool_size, job.seed, context, *books_);
    }
  }

  int64_t pool_size() const { return writer_ ? config_.pool_size : static_cast<int64_t>(pool_.items.size()); }

  SampleSet Run(int rows) {
    CheckRows(rows);
    const fs::path fresh = samples_.string() + ".new";
    fs::remove(fresh);
    {
      LineAppender out(fresh);
      if (filters_.empty() && !writer_) {
        RunPlain(rows, out);
      } else {
        RunFiltered(rows, out);
      }
      out.Sync();
    }
    Replace(fresh);
    if (!failures_.empty()) {
      throw Error(
          {.file = job_.folder.string()},
          fmt::format("{} of {} questions were not answered, first {}", failures_.size(), asked_, failures_.front()),
          "the answers that came are stored; once that is mended, the same command asks for the rest");
    }
    if (stored_ < rows && !Interrupted()) {
      throw Error({.file = job_.folder.string()},
                  fmt::format("{} rows are asked for, and {} are left of the pool's {} prompts ({})", rows, stored_,
                              pool_size(), Dropped()),
                  "raise collect.pool_size, loosen collect.filter, or lower n");
    }
    return ReadSampleSet(samples_);
  }

  CollectPlan Plan(int rows) {
    CheckRows(rows);
    CollectPlan plan;
    const int64_t flat = filters_.empty() ? rows : (rows + config_.attempts - 1) / config_.attempts * config_.attempts;
    const bool judges = std::ranges::count(config_.filter.filters, "judge") > 0;
    for (int64_t i = 0; i < flat; ++i) {
      // Prompts that are not written yet are taken to be like the examples.
      const std::vector<Item>& items = writer_ ? examples_.items : pool_.items;
      const auto prompt = static_cast<size_t>(i / config_.attempts);
      if (!writer_ && prompt >= items.size()) break;
      const Request request = MakeRequest(items[prompt % items.size()], static_cast<int>(i % config_.attempts));
      if (!writer_ && journal_->HasAnswer(RequestKey(request))) {
        ++plan.answered;
        continue;
      }
      const auto bytes = static_cast<int64_t>(Text(request.prompt).size());
      const int64_t completion = request.sampling.max_new_tokens;
      AddRequest(bytes, completion, plan);
      if (writer_ && i % config_.attempts == 0) {
        AddRequest(bytes * config_.written.examples + static_cast<int64_t>(config_.written.instruction.size()),
                   config_.written.max_tokens, plan);
      }
      for (int order = 0; judges && order < 2; ++order) {
        AddRequest(bytes + completion * 4 + static_cast<int64_t>(config_.filter.rubric.size()) + 500, kJudgeTokens,
                   plan);
      }
    }
    AddDollars(config_.prices, plan);
    return plan;
  }

 private:
  void CheckRows(int rows) const {
    const auto available = pool_size() * config_.attempts;
    if (rows <= available) return;
    const bool all_of_task = !writer_ && pool_size() + pool_.held_out < config_.pool_size;
    throw Error(fmt::format(
        "{} rows are asked for, but the pool of seed {} has {} ({} prompts of {}, {} of them held "
        "out, {} attempts each); {}",
        rows, job_.seed, available, pool_size(), job_.task.Target(job_.seed), pool_.held_out, config_.attempts,
        all_of_task ? "the task has no more: lower n" : "raise collect.pool_size or lower n"));
  }

  void MakeManifest() {
    Card card = WithConfig(job_.teacher.card(), config_.card);
    CheckTerms(card, config_.acknowledge_terms);
    manifest_ = {.teacher = std::move(card),
                 .task = config_.task,
                 .task_hash = job_.task.ContentHash(),
                 .questions_sha256 = QuestionsHash(job_.task, config_.pool_size, job_.seed),
                 .seed = job_.seed,
                 .sampling = SamplingToml(config_, job_.task),
                 .version = kVersion,
                 .created_utc = UtcTime()};
    if (fs::exists(manifest_file_)) {
      const Manifest found = ParseManifest(ReadFile(manifest_file_), manifest_file_.string());
      CheckSame(found, manifest_, manifest_file_.string());
      manifest_.created_utc = found.created_utc;
      manifest_.samples_sha256 = found.samples_sha256;
      const auto stored = found.counts.find("stored");
      if (stored != found.counts.end() && found.sampling == manifest_.sampling) stored_before_ = stored->second;
    } else if (fs::exists(samples_)) {
      throw Error({.file = samples_.string()}, "samples without a manifest: nobody can say who gave them",
                  "give another output_dir, or move the file away");
    } else {
      WriteFileAtomic(manifest_file_, ToJson(manifest_));  // before the first answer: whose journal it is
    }
  }

  Request MakeRequest(const Item& item, int attempt) const {
    return {.id = item.id, .attempt = attempt, .prompt = item.prompt, .sampling = Bounded(config_.sampling, job_.task)};
  }

  void Progress(int64_t done, int total) const {
    if (job_.progress) job_.progress(static_cast<int>(std::min<int64_t>(done, total)), total);
  }

  // Asks for what is missing of these, and notes what fails. False: nothing came.
  bool AskFor(const std::vector<Request>& missing, const std::function<void()>& on_answer) {
    std::unordered_set<uint64_t> came;
    size_t answers = 0;
    asked_ += static_cast<int64_t>(missing.size());
    books_->Ask(missing, [&](const Reply& reply) {
      came.insert(StableHash(static_cast<uint64_t>(reply.attempt), reply.id));
      if (reply.error.empty() || reply.refused) {
        ++answers;
        on_answer();
      } else {
        failures_.push_back(fmt::format("prompt '{}': {}", reply.id, reply.error));
      }
      return !Interrupted();
    });
    for (const Request& request : missing) {
      if (Interrupted()) break;
      if (!came.contains(StableHash(static_cast<uint64_t>(request.attempt), request.id))) {
        failures_.push_back(fmt::format("prompt '{}': no reply came", request.id));
      }
    }
    return answers > 0 || missing.empty();
  }

  // Without filters a row is an answer: only what the journal lacks is asked for, and its lines are copied.
  void RunPlain(int rows, LineAppender& out) {
    const auto all = static_cast<int64_t>(pool_.items.size()) * config_.attempts;
    const auto request = [&](int64_t i) {
      return MakeRequest(pool_.items[static_cast<size_t>(i / config_.attempts)],
                         static_cast<int>(i % config_.attempts));
    };
    const auto chunk = static_cast<size_t>(config_.chunk) * static_cast<size_t>(config_.attempts);
    int64_t next = 0, there = 0;  // rows looked at, and rows that are there or were asked for
    while (there < rows && next < all && !Interrupted()) {
      int64_t done = 0;
      std::vector<Request> missing;
      for (; there < rows && next < all && missing.size() < chunk; ++next) {
        Request one = request(next);
        const uint64_t key = RequestKey(one);
        if (journal_->WasRefused(key)) continue;
        ++there;
        if (!journal_->HasAnswer(key)) missing.push_back(std::move(one));
      }
      done = there - static_cast<int64_t>(missing.size());
      Progress(done, rows);
      const int64_t refused = journal_->totals().refused;
      if (!AskFor(missing, [&] { Progress(++done, rows); })) break;
      there -= journal_->totals().refused - refused;
    }
    // Rows that were there before stay, as long as no question is in between that nobody answered.
    for (int64_t i = 0; i < all && stored_ < std::max<int64_t>(rows, stored_before_); ++i) {
      const uint64_t key = RequestKey(request(i));
      if (journal_->WasRefused(key)) {
        ++dropped_["refused"];
        continue;
      }
      if (!journal_->HasAnswer(key)) break;
      Store(journal_->AnswerJson(key), out);
    }
  }

  std::vector<Item> NextItems(size_t count) {
    if (writer_) {
      std::vector<Item> items = writer_->Next(static_cast<int>(count));
      for (const std::string& failure : writer_->failures()) failures_.push_back(failure);
      return items;
    }
    const size_t end = std::min(next_item_ + count, pool_.items.size());
    std::vector<Item> items(pool_.items.begin() + static_cast<std::ptrdiff_t>(next_item_),
                            pool_.items.begin() + static_cast<std::ptrdiff_t>(end));
    next_item_ = end;
    return items;
  }

  // With filters, whole prompts are asked: what is kept of one may depend on all its attempts.
  void RunFiltered(int rows, LineAppender& out) {
    const auto wanted = std::max<int64_t>(rows, stored_before_);
    while (stored_ < wanted && failures_.empty() && !Interrupted()) {
      const int64_t missing = std::max<int64_t>(1, (rows - stored_ + config_.attempts - 1) / config_.attempts);
      const std::vector<Item> items = NextItems(static_cast<size_t>(std::min<int64_t>(missing, config_.chunk)));
      if (items.empty()) {
        if (writer_ && writer_->failures().empty() && !writer_->done() && !Interrupted()) continue;
        return;
      }
      std::vector<Request> requests;
      for (const Item& item : items) {
        for (int attempt = 0; attempt < config_.attempts; ++attempt) requests.push_back(MakeRequest(item, attempt));
      }
      if (stored_ >= rows && std::ranges::any_of(requests, [&](const Request& request) {
            return !journal_->HasAnswer(RequestKey(request));
          })) {
        return;  // more than was asked for, and not there: not worth a question
      }
      const int64_t before = stored_;
      int64_t came = 0;
      AskFor(requests, [&] { Progress(before + ++came, rows); });
      if (Interrupted()) return;
      std::vector<PromptAnswers> prompts = Answers(items);
      ApplyFilters(filters_, prompts, dropped_);
      for (const PromptAnswers& prompt : prompts) {
        for (const Sample& sample : prompt.answers) {
          if (stored_ < wanted) Store(ToJsonLine(sample), out);
        }
      }
      Progress(stored_, rows);
    }
  }

  // What the journal has for these; up to the first prompt with an attempt that nobody answered.
  std::vector<PromptAnswers> Answers(const std::vector<Item>& items) {
    std::vector<PromptAnswers> prompts;
    for (const Item& item : items) {
      PromptAnswers prompt{.item = &item, .answers = {}};
      for (int attempt = 0; attempt < config_.attempts; ++attempt) {
        const uint64_t key = RequestKey(MakeRequest(item, attempt));
        if (journal_->WasRefused(key)) {
          ++dropped_["refused"];
        } else if (journal_->HasAnswer(key)) {
          prompt.answers.push_back(ParseSample(journal_->AnswerJson(key), "journal.jsonl", 0));
        } else {
          return prompts;
        }
      }
      prompts.push_back(std::move(prompt));
    }
    return prompts;
  }

  void Store(const std::string& line, LineAppender& out) {
    out.Append(line);
    ++stored_;
  }

  std::string Dropped() const {
    std::string text;
    for (const auto& [name, count] : dropped_) text += fmt::format("{}{} by {}", text.empty() ? "" : ", ", count, name);
    return text.empty() ? "nothing was dropped" : "dropped: " + text;
  }

  // A file that neither the manifest vouches for nor these answers give was changed by somebody: it is not thrown away.
  void Replace(const fs::path& fresh) {
    if (fs::exists(samples_) && Sha256File(samples_) != manifest_.samples_sha256 &&
        !OneExtendsTheOther(samples_, fresh)) {
      fs::remove(fresh);
      throw Error({.file = samples_.string()}, "its rows are not those that its manifest.json vouches for",
                  "move it away: the journal beside it has all answers");
    }
    const Journal::Totals& totals = journal_->totals();
    std::map<std::string, int64_t>& counts = manifest_.counts;
    counts = {{"pool", pool_size()},
              {"answered", totals.answers},
              {"failed", books_->failed() - books_->refused()},
              {"asked", totals.answers + totals.refused + books_->failed() - books_->refused()},
              {"sent", totals.sendings},
              {"unanswered_when_killed", totals.unanswered},
              {"stored", stored_},
              {"dropped.held_out", pool_.held_out}};
    for (const auto& [name, count] : dropped_) counts["dropped." + name] = count;
    for (const NamedFilter& step : filters_) {
      for (const auto& [name, count] : step.filter->counts()) counts[name] = count;
    }
    if (writer_) counts.merge(writer_->counts());
    manifest_.usage = totals.charged + totals.unpaid;
    manifest_.dollars = books_->dollars();
    manifest_.samples_sha256 = Sha256File(fresh);
    fs::rename(fresh, samples_);
    WriteFileAtomic(manifest_file_, ToJson(manifest_));
  }

  const CollectJob& job_;
  const CollectConfig& config_;
  fs::path samples_, manifest_file_;
  FileLock lock_;
  Manifest manifest_;
  int64_t stored_before_ = 0, stored_ = 0, asked_ = 0;
  std::optional<Journal> journal_;
  std::optional<Books> books_;
  std::vector<NamedFilter> filters_;
  QuestionPool pool_, examples_;
  size_t next_item_ = 0;
  std::optional<PromptWriter> writer_;
  std::map<std::string, int64_t> dropped_;
  std::vector<std::string> failures_;
};

}  // namespace

void Describe(Describer& d, CollectConfig& config) {
  d.Group("sampling", config.sampling, "how the teacher answers; never longer than the task can need");
  d.Field("pool_size", config.pool_size,
          {.help = "prompts of a seed's own pool, whatever n is", .unit = "prompts", .min = 1, .max = 1e8});
  d.Field("attempts", config.attempts, {.help = "answers asked for each prompt", .min = 1, .max = 1e6});
  d.Field("chunk", config.chunk,
          {.help = "prompts asked together, before the next are looked at", .min = 1, .max = 1e6, .numerics = false});
  d.Field("answer_only", config.answer_only, {.help = "ask for the bare answer, where the task has that form"});
  d.Field(
      "prompts", config.prompts,
      {.help = "task: its own; reworded: its own, asked so that the answer comes in other words, where the task can "
               "be; teacher: it writes new ones of their kind",
       .choices = {"task", "reworded", "teacher"}});
  d.Group("written", config.written, "prompts that the teacher writes");
  d.Group("filter", config.filter, "which answers become samples");
  d.Group("budget", config.budget, "what a collection may cost at most");
  d.Field("acknowledge_terms", config.acknowledge_terms,
          {.help = "name of a teacher whose terms forbid training on its answers, to do so all the same",
           .numerics = false});
}

void DescribePricesAndCard(Describer& d, CollectConfig& config) {
  d.Group("prices", config.prices, "what the teacher's answers cost");
  d.Group("card", config.card, "what is known of the teacher beside what it says itself");
}

std::vector<Item> RankedPool(const Task& task, const CollectConfig& config, uint64_t seed,
                             const std::vector<Item>& held_out) {
  return MakePool(task, WordingOf(config), config.pool_size, seed, held_out).items;
}

std::string CollectionHash(const Card& teacher, const Task& task, const CollectConfig& config, uint64_t seed) {
  return Sha256Hex(fmt::format("collection {}\n{}\n{}\n{}\n{}\n{}", NumericsVersion(), teacher.identity,
                               task.ContentHash(), SamplingToml(config, task), seed,
                               QuestionsHash(task, config.pool_size, seed)));
}

SampleSet Collect(const CollectJob& job, int rows) { return Collector(job).Run(rows); }

CollectPlan PlanCollection(const CollectJob& job, int rows) {
  if (fs::exists(job.folder / "manifest.json")) return Collector(job).Plan(rows);
  const TempDir none;  // a plan leaves nothing behind
  CollectJob elsewhere = job;
  elsewhere.folder = none.path();
  return Collector(elsewhere).Plan(rows);
}

}  // namespace retort
