// The collection is a file of lines that only grows. What has been stored is never asked for again; the manifest,
// written before the first line, keeps another teacher's answers from being mixed in.
#include "teacher/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/version.h"
#include "core/config/toml_text.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using RowKey = std::pair<std::string, int>;  // id, attempt

std::string SamplingToml(const CollectConfig& config, const Task& task) {
  CollectConfig effective = config;
  effective.sampling = Bounded(config.sampling, task);
  return NumericsToml(effective);
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
  check("seed", std::to_string(found.seed), std::to_string(wanted.seed));
  check("sampling", found.sampling, wanted.sampling);
}

class Collection {
 public:
  // `fresh` says what the manifest must hold; the counts and the usage of an earlier run are kept.
  Collection(const fs::path& folder, Manifest fresh)
      : samples_path_(folder / "samples.jsonl"),
        manifest_path_(folder / "manifest.json"),
        lock_(FileLock::Wait(folder / "lock")) {
    set_.manifest = std::move(fresh);
    if (fs::exists(manifest_path_)) {
      Manifest found = ParseManifest(ReadFile(manifest_path_), manifest_path_.string());
      CheckSame(found, set_.manifest, manifest_path_.string());
      std::swap(set_.manifest, found);
    } else if (fs::exists(samples_path_)) {
      throw Error({.file = samples_path_.string()}, "samples without a manifest: nobody can say who gave them",
                  "give another output_dir, or move the file away");
    } else {
      WriteManifest();
    }
    lines_.emplace(samples_path_);  // cuts a torn last line off
    set_.samples = ReadSamples(samples_path_);
    for (const Sample& sample : set_.samples) {
      if (!stored_.insert({sample.id, sample.attempt}).second) {
        throw Error({.file = samples_path_.string()},
                    fmt::format("prompt '{}' attempt {} stands in it twice", sample.id, sample.attempt),
                    "remove the folder and collect again");
      }
    }
    if (HashSamples(set_.samples) != set_.manifest.samples_sha256) {
      CheckBeginning();
      Recount();
    }
  }

  bool Has(const RowKey& key) const { return stored_.contains(key); }

  void Count(const Reply& reply) {
    Manifest& manifest = set_.manifest;
    ++manifest.counts["asked"];
    ++manifest.counts[reply.error.empty() ? "answered" : "failed"];
    manifest.usage.prompt_tokens += reply.usage.prompt_tokens;
    manifest.usage.completion_tokens += reply.usage.completion_tokens;
    changed_ = true;
  }

  void Store(Sample sample) {
    lines_->Append(ToJsonLine(sample));
    stored_.insert({sample.id, sample.attempt});
    set_.samples.push_back(std::move(sample));
  }

  void Sync() { lines_->Sync(); }

  void Finish() {
    if (changed_) WriteManifest();
  }

  // Throws unless every row answers a question of this pool.
  void CheckQuestions(const std::unordered_map<std::string, std::string>& prompts) const {
    for (const Sample& sample : set_.samples) {
      const auto ours = prompts.find(sample.id);
      if (ours != prompts.end() && ours->second == Text(sample.prompt)) continue;
      throw Error({.file = samples_path_.string()},
                  fmt::format("the folder holds answers to other questions, such as '{}'", sample.id),
                  "give another output_dir, or remove the folder");
    }
  }

  // Rows of prompts in `pool` only: a prompt that is held out by now teaches no more.
  SampleSet Take(const std::vector<Item>& pool) {
    std::unordered_set<std::string> ids;
    for (const Item& item : pool) ids.insert(item.id);
    std::erase_if(set_.samples, [&](const Sample& sample) { return !ids.contains(sample.id); });
    return std::move(set_);
  }

 private:
  // Rows may follow those that the manifest vouches for, but these must stand as they were.
  void CheckBeginning() const {
    const auto count = set_.manifest.counts.find("stored");
    const auto stored = static_cast<size_t>(count == set_.manifest.counts.end() ? 0 : count->second);
    if (stored <= set_.samples.size() &&
        HashSamples({set_.samples.begin(), set_.samples.begin() + static_cast<std::ptrdiff_t>(stored)}) ==
            set_.manifest.samples_sha256) {
      return;
    }
    throw Error({.file = samples_path_.string()}, "its rows are not those that its manifest.json vouches for",
                "put the file back as it was, or remove the folder and collect again");
  }

  // A run that was killed has stored more than its manifest says.
  void Recount() {
    Manifest& manifest = set_.manifest;
    const auto stored = static_cast<int64_t>(set_.samples.size());
    manifest.counts["answered"] = stored;
    manifest.counts["asked"] = stored + manifest.counts["failed"];
    manifest.usage = {};
    for (const Sample& sample : set_.samples) {
      manifest.usage.prompt_tokens += sample.usage.prompt_tokens;
      manifest.usage.completion_tokens += sample.usage.completion_tokens;
    }
    changed_ = true;
  }

  void WriteManifest() {
    set_.manifest.counts["stored"] = static_cast<int64_t>(set_.samples.size());
    set_.manifest.samples_sha256 = HashSamples(set_.samples);
    WriteFileAtomic(manifest_path_, ToJson(set_.manifest));
  }

  fs::path samples_path_, manifest_path_;
  FileLock lock_;
  std::optional<LineAppender> lines_;
  SampleSet set_;
  std::set<RowKey> stored_;
  bool changed_ = false;
};

Sample MakeSample(const Request& request, Reply reply) {
  return {.id = request.id,
          .attempt = request.attempt,
          .prompt = request.prompt,
          .completion = std::move(reply.completion),
          .reasoning = std::move(reply.reasoning),
          .finish_reason = std::move(reply.finish_reason),
          .usage = reply.usage,
          .logprobs = std::move(reply.logprobs)};
}

struct Pool {
  std::vector<Item> items;                               // as asked, in the order of their ranks
  std::unordered_map<std::string, std::string> prompts;  // by id, held-out ones too
  int64_t held_out = 0;                                  // refused
};

Item AsAsked(const Task& task, const CollectConfig& config, Item item) {
  if (!config.answer_only) return item;
  std::optional<Item> bare = task.AnswerOnly(item);
  if (!bare) throw Error("collect.answer_only=true, but this task has no bare form");
  bare->id = item.id;
  return std::move(*bare);
}

Pool MakePool(const Task& task, const CollectConfig& config, uint64_t seed, const std::vector<Item>& held_out) {
  std::unordered_set<std::string> refused;
  for (const Item& item : held_out) refused.insert(Text(item.prompt));
  std::vector<std::pair<uint64_t, Item>> ranked;
  Pool pool;
  for (const Item& item : task.Items(Split::kTrain, config.pool_size, seed)) {
    Item asked = AsAsked(task, config, item);
    pool.prompts[item.id] = Text(asked.prompt);
    if (refused.contains(Text(item.prompt))) {
      ++pool.held_out;
    } else {
      ranked.emplace_back(StableHash(seed, item.id), std::move(asked));
    }
  }
  std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.id) < std::tie(b.first, b.second.id);
  });
  for (auto& [rank, item] : ranked) pool.items.push_back(std::move(item));
  return pool;
}

}  // namespace

void Describe(Describer& d, CollectConfig& config) {
  d.Group("sampling", config.sampling, "how the teacher answers; never longer than the task can need");
  d.Field("pool_size", config.pool_size,
          {.help = "prompts of a seed's own pool, whatever n is", .unit = "prompts", .min = 1, .max = 1e8});
  d.Field("attempts", config.attempts, {.help = "answers asked for each prompt", .min = 1, .max = 1e6});
  d.Field("chunk", config.chunk,
          {.help = "prompts asked together, and stored before the next are", .min = 1, .max = 1e6, .numerics = false});
  d.Field("answer_only", config.answer_only, {.help = "ask for the bare answer, where the task has that form"});
}

std::vector<Item> RankedPool(const Task& task, const CollectConfig& config, uint64_t seed,
                             const std::vector<Item>& held_out) {
  return MakePool(task, config, seed, held_out).items;
}

// Over the questions themselves: whatever in a task's config changes them changes the hash, and nothing else does.
std::string CollectionHash(const Card& teacher, const Task& task, const CollectConfig& config, uint64_t seed) {
  Sha256 hash;
  hash.Update(fmt::format("collection {}\n{}\n{}\n{}\n{}\n", kNumericsVersion, teacher.identity, task.ContentHash(),
                          SamplingToml(config, task), seed));
  for (const Item& item : task.Items(Split::kTrain, config.pool_size, seed)) {
    hash.Update(fmt::format("{}\n{}\n", item.id, Text(item.prompt)));
  }
  return hash.Hex();
}

SampleSet Collect(Teacher& teacher, const Task& task, const CollectConfig& config, uint64_t seed, int rows,
                  const std::vector<Item>& held_out, const fs::path& folder,
                  const std::function<void(int, int)>& progress) {
  const Pool pool = MakePool(task, config, seed, held_out);
  const auto available = static_cast<int64_t>(pool.items.size()) * config.attempts;
  if (rows > available) {
    throw Error(
        fmt::format("{} rows are asked for, but the pool of seed {} has {} ({} prompts of {}, {} of them held "
                    "out, {} attempts each); raise collect.pool_size or lower n",
                    rows, seed, available, pool.items.size(), task.Target(seed), pool.held_out, config.attempts));
  }
  Collection collection(folder, {.teacher = teacher.card(),
                                 .task = config.task,
                                 .task_hash = task.ContentHash(),
                                 .seed = seed,
                                 .sampling = SamplingToml(config, task),
                                 .counts = {{"asked", 0},
                                            {"answered", 0},
                                            {"failed", 0},
                                            {"pool", static_cast<int64_t>(pool.items.size())},
                                            {"dropped.held_out", pool.held_out}},
                                 .version = kVersion,
                                 .created_utc = UtcTime()});

  collection.CheckQuestions(pool.prompts);

  std::vector<Request> missing;
  for (int row = 0; row < rows; ++row) {
    const Item& item = pool.items[static_cast<size_t>(row / config.attempts)];
    const int attempt = row % config.attempts;
    if (collection.Has({item.id, attempt})) continue;
    missing.push_back(
        {.id = item.id, .attempt = attempt, .prompt = item.prompt, .sampling = Bounded(config.sampling, task)});
  }

  std::vector<std::string> failures;
  int done = rows - static_cast<int>(missing.size());
  if (progress) progress(done, rows);
  const auto chunk_rows = static_cast<size_t>(config.chunk) * static_cast<size_t>(config.attempts);
  for (size_t begin = 0; begin < missing.size() && !Interrupted(); begin += chunk_rows) {
    const std::span<const Request> chunk(missing.data() + begin, std::min(chunk_rows, missing.size() - begin));
    std::map<RowKey, Reply> waiting;
    size_t next = 0;  // rows are stored in the pool's order, each as soon as those before it have come
    const auto store_ready = [&] {
      for (; next < chunk.size(); ++next) {
        const auto found = waiting.find({chunk[next].id, chunk[next].attempt});
        if (found == waiting.end()) return;
        collection.Count(found->second);
        if (found->second.error.empty()) {
          collection.Store(MakeSample(chunk[next], std::move(found->second)));
          ++done;
        } else {
          failures.push_back(fmt::format("prompt '{}': {}", chunk[next].id, found->second.error));
        }
        waiting.erase(found);
      }
    };
    teacher.Ask(chunk, [&](Reply reply) {
      RowKey key{reply.id, reply.attempt};
      waiting.insert_or_assign(std::move(key), std::move(reply));
      store_ready();
      return !Interrupted();
    });
    while (next < chunk.size()) {  // a reply that never came holds up no other
      store_ready();
      if (next < chunk.size() && !Interrupted()) {
        failures.push_back(fmt::format("prompt '{}': no reply came", chunk[next].id));
      }
      ++next;
    }
    collection.Sync();
    if (progress) progress(done, rows);
  }
  collection.Finish();
  if (!failures.empty()) {
    throw Error({.file = folder.string()},
                fmt::format("{} of {} questions were not answered, first {}", failures.size(), missing.size(),
                            failures.front()),
                "the answers that came are stored; the same command asks for the rest");
  }
  return collection.Take(pool.items);
}

}  // namespace retort
