// A teacher that is a file: somebody's earlier outputs, one JSON object a line.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/config/describe.h"
#include "teacher/teacher.h"

namespace retort {

struct ReplayTeacherConfig {
  std::string path;                   // JSON lines; relative to the current folder
  std::string name;                   // of who gave the answers; empty: the file's stem
  std::string prompt_key = "prompt";  // dotted path to the question's text, or to a list of {role, content}
  // Dotted paths to the answers (text, or a list of messages): attempt k is the k-th that is there. Rows with an equal
  // prompt add up.
  std::vector<std::string> completion_keys = {"completion"};
  std::string reasoning_key, finish_reason_key;  // empty: none
};
void Describe(Describer& d, ReplayTeacherConfig& config);

// Reads only where each answer stands; the answers themselves when they are asked for. Throws Error at file:line for a
// row that is no JSON object or lacks a key, naming the keys that are there.
std::unique_ptr<Teacher> MakeReplayTeacher(const ReplayTeacherConfig& config);

}  // namespace retort
