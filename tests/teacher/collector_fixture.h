// A collection in a folder of its own, of a teacher that answers with the prompt's own text.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "teacher/collector.h"

namespace retort {

// Counts what it is asked.
class FakeTeacher : public Teacher {
 public:
  std::string name = "fake";
  std::set<std::string> fails;    // ids that get an error
  std::set<std::string> refuses;  // ids that get an error each time
  std::set<std::string> silent;   // ids that get no reply
  bool backwards = false;
  int crash_after = -1;  // throws after so many answers
  std::vector<std::string> asked;

  Card card() const override { return {.name = name, .kind = "fake", .identity = "identity of " + name}; }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    std::vector<Request> order(requests.begin(), requests.end());
    if (backwards) std::reverse(order.begin(), order.end());
    for (const Request& request : order) {
      asked.push_back(request.id);
      if (crash_after == 0) throw std::runtime_error("crash");
      --crash_after;
      if (silent.contains(request.id)) continue;
      Reply reply{.id = request.id, .attempt = request.attempt};
      if (fails.contains(request.id)) {
        reply.error = "overloaded";
      } else if (refuses.contains(request.id)) {
        reply.error = "not that";
        reply.refused = true;
      } else {
        reply.completion = {{"", "answer " + std::to_string(request.attempt) + " to " + Text(request.prompt)}};
        reply.finish_reason = "stop";
      }
      reply.usage = {.prompt_tokens = 3, .completion_tokens = 5};
      if (!on_reply(std::move(reply))) return;
    }
  }
};

class CollectorTest : public ::testing::Test {
 protected:
  CollectJob Job(uint64_t seed = 0) {
    return {.teacher = teacher_,
            .task = *task_,
            .grader = grader_.get(),
            .config = config_,
            .seed = seed,
            .held_out = held_out_,
            .folder = dir_.path() / "c"};
  }
  SampleSet Run(int rows, uint64_t seed = 0) { return Collect(Job(seed), rows); }
  std::filesystem::path Journal() const { return dir_.path() / "c" / "journal.jsonl"; }
  std::string File() const { return ReadFile(dir_.path() / "c" / "samples.jsonl"); }
  Manifest ReadManifest() const { return ParseManifest(ReadFile(dir_.path() / "c" / "manifest.json"), "manifest"); }

  TempDir dir_;
  FakeTeacher teacher_;
  std::unique_ptr<Task> task_ = MakeTask(TaskConfig(FoldsConfig{.target = "big"}));
  std::unique_ptr<Grader> grader_ = MakeFoldsGrader();
  CollectConfig config_{.pool_size = 40, .chunk = 8};
  std::vector<Item> held_out_;
};

}  // namespace retort
