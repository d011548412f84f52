// The program around a student's ring_task.cc: shows its items, writes them for the house's programs, and answers the
// grader's questions.
//   ring show [N] [SEED]     some training items with their reference solutions
//   ring export FOLDER       train.jsonl and held_out.jsonl, for task.kind=jsonl
//   ring answer OUTPUT       questions as JSON lines on stdin, answers as JSON lines into OUTPUT (what the grader runs)
#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/error.h"
#include "course/2-task/given/ring_task.h"

namespace retort {
namespace {

using nlohmann::json;

std::string TextOf(const Item& item) { return item.prompt.empty() ? "" : item.prompt.front().content; }

json OrNull(const std::optional<std::string>& text) { return text ? json(*text) : json(nullptr); }

json AsJson(const Task& task, const Item& item) {
  json row = {{"id", item.id},         {"prompt", TextOf(item)}, {"messages", item.prompt.size()},
              {"answer", item.answer}, {"skill", item.skill},    {"reference", OrNull(task.Reference(item))}};
  row["role"] = item.prompt.empty() ? "none" : item.prompt.front().role;
  if (const auto bare = task.AnswerOnly(item)) {
    row["bare"] = {{"id", bare->id},
                   {"prompt", TextOf(*bare)},
                   {"answer", bare->answer},
                   {"reference", OrNull(task.Reference(*bare))}};
  }
  return row;
}

Split SplitOf(const std::string& name) {
  return name == "train" ? Split::kTrain : name == "held_out" ? Split::kHeldOut : Split::kRetained;
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

json Answer(const json& asked) {
  const std::string what = asked.at("do");
  if (what == "judge") {
    Item item{.id = "judged", .prompt = {{.role = "", .content = asked.at("prompt")}}, .answer = asked.at("expected")};
    const Grade grade = MakeRingGrader()->Judge(item, FromHex(asked.at("hex")));
    return {{"parsed", grade.parsed},
            {"score", grade.score},
            {"steps", grade.step_accuracy ? json(*grade.step_accuracy) : json(nullptr)}};
  }
  const auto task = MakeRingTask({.min_moves = asked.at("min"), .max_moves = asked.at("max")});
  if (what == "about") {
    return {{"hash", task->ContentHash()}, {"max_new_tokens", task->max_new_tokens()}, {"target", task->Target(7)}};
  }
  if (what == "reference") {
    return {{"reference",
             OrNull(task->Reference({.id = "asked", .prompt = {{.role = "", .content = asked.at("prompt")}}}))}};
  }
  json rows = json::array();
  for (const Item& item : task->Items(SplitOf(asked.at("split")), asked.at("n"), asked.at("seed"))) {
    rows.push_back(AsJson(*task, item));
  }
  return {{"items", rows}};
}

std::string Line(const json& row) { return row.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"; }

int AnswerAll(const char* path) {
  std::ofstream out(path);
  for (std::string line; std::getline(std::cin, line);) {
    json row;
    try {
      row = Answer(json::parse(line));
    } catch (const Error& error) {
      row = {{"error", error.what()}};
    }
    out << Line(row) << std::flush;
  }
  return out ? 0 : 1;
}

int Show(int n, uint64_t seed) {
  const auto task = MakeRingTask({});
  for (const Item& item : task->Items(Split::kTrain, n, seed)) {
    fmt::print("{:24} {}\n", TextOf(item), task->Reference(item).value_or("(no reference)"));
  }
  return 0;
}

int Export(const std::string& folder) {
  const auto task = MakeRingTask({});
  for (const auto& [name, split, n] : {std::tuple{"train", Split::kTrain, 2000}, {"held_out", Split::kHeldOut, 300}}) {
    std::ofstream out(folder + "/" + name + ".jsonl");
    for (const Item& item : task->Items(split, n, 0))
      out << Line({{"question", TextOf(item)}, {"answer", item.answer}});
    if (!out) {
      fmt::print(stderr, "ring: {}/{}.jsonl cannot be written\n", folder, name);
      return 2;
    }
  }
  return 0;
}

int Main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "answer" && argc == 3) return AnswerAll(argv[2]);
  if (mode == "export" && argc == 3) return Export(argv[2]);
  if (mode == "show") {
    return Show(argc > 2 ? std::atoi(argv[2]) : 10, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0);
  }
  fmt::print(stderr, "ring show [N] [SEED] | ring export FOLDER | ring answer OUTPUT\n");
  return 2;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  try {
    return retort::Main(argc, argv);
  } catch (const retort::Error& error) {
    fmt::print(stderr, "ring: {}\n", error.what());
    return 2;
  }
}
