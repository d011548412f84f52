// The walk from a number to its origin, as data: printed by trace_text.h. A step is one thing on the way (a file, a
// checkpoint), with what it says, and whether it is still what it was.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/look/run_facts.h"

namespace retort::lab {

// In rising order of what it means for the whole. "Not checked" is no fault: nothing was recorded to check by, or it
// lies where this machine cannot look.
enum class Verdict { kUnchanged, kNotChecked, kMissing, kChanged };
std::string_view Name(Verdict verdict);  // "unchanged", "not checked", "missing", "CHANGED"

struct Check {
  Verdict verdict = Verdict::kUnchanged;
  std::string what;
};

struct TraceStep {
  std::string name;  // "result", "teacher"
  std::string path;  // of the file or folder; may be empty
  FactList facts = {};
  std::vector<Check> checks = {};

  void Unchanged(std::string what) { checks.push_back({Verdict::kUnchanged, std::move(what)}); }
  void NotChecked(std::string what) { checks.push_back({Verdict::kNotChecked, std::move(what)}); }
  void Missing(std::string what) { checks.push_back({Verdict::kMissing, std::move(what)}); }
  void Changed(std::string what) { checks.push_back({Verdict::kChanged, std::move(what)}); }
  // Unchanged where both are the same, else changed: "sha256: manifest.json has a, the file b".
  void Compare(const std::string& what, const std::string& by, const std::string& recorded, const std::string& found);
};

Verdict Worst(const TraceStep& step);
Verdict Worst(const std::vector<TraceStep>& steps);
bool IsFine(Verdict verdict);  // nothing changed, nothing missing

}  // namespace retort::lab
