#include "experiments/provider/provenance_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

#include "core/report/format.h"
#include "experiments/design/block.h"
#include "experiments/provider/provenance_data.h"
#include "experiments/provider/provenance_figures.h"

namespace retort::provider {
namespace {

std::string RateText(const Rate& rate) {
  if (rate.students == 0) return std::string(kDash);
  return fmt::format("{} of {}: {}", rate.flagged, rate.students, WithInterval(rate.Of(), 2));
}

std::string Label(const std::string& arm, const std::map<std::string, std::string>& labels) {
  const auto found = labels.find(arm);
  return found == labels.end() ? arm : fmt::format("{} ({})", arm, found->second);
}

Table TaughtTable(const std::vector<TriedArm>& arms, double alpha) {
  Table table{
      .title = fmt::format("Taught by the teacher: students flagged at p ≤ {}", alpha),
      .header = {"task", "attacker", "rows from the teacher", "arm", "likelihood", "canaries", "watermark"},
      .text_columns = 4,
      .note =
          "Flagged of tried, with the rate and its exact 95 % interval (Clopper and Pearson). A dash: the test was "
          "not tried there."};
  for (const std::string& task : Tasks(arms)) {
    for (const TriedArm* arm : Of(arms, task, Role::kTaught)) {
      std::vector<TableCell> row = {task, arm->taught->attacker, fmt::format("{} %", arm->taught->percent), arm->arm};
      for (size_t test = 0; test < kTests; ++test) row.emplace_back(RateText(Flagged({arm}, test, alpha)));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

Table NullTable(const std::vector<TriedArm>& arms, double alpha, const std::map<std::string, std::string>& labels) {
  Table table{
      .title = fmt::format("Not taught by the teacher: students flagged at p ≤ {}", alpha),
      .header = {"task", "arm", "likelihood", "canaries", "watermark"},
      .text_columns = 2,
      .note = fmt::format(
          "A test that keeps its word flags {} % of these or fewer. Students that the likelihood's threshold was "
          "taken from are in none of its rates. Rows marked \"related\" are neither taught nor untaught, and in "
          "no sum.",
          100 * alpha)};
  for (const std::string& task : Tasks(arms)) {
    const Arms nulls = Of(arms, task, Role::kNull);
    const auto add = [&](const std::string& name, const Arms& which) {
      std::vector<TableCell> row = {task, name};
      for (size_t test = 0; test < kTests; ++test) row.emplace_back(RateText(Flagged(which, test, alpha)));
      table.rows.push_back(std::move(row));
    };
    for (const TriedArm* arm : nulls) add(Label(arm->arm, labels), {arm});
    if (!nulls.empty()) add("all untaught", nulls);
    for (const TriedArm* arm : Of(arms, task, Role::kRelated)) add("related: " + Label(arm->arm, labels), {arm});
  }
  return table;
}

Table AreaTable(const std::vector<TriedArm>& arms, const std::map<std::string, std::string>& labels) {
  Table table{
      .title = "Whatever the threshold: AUC against the untaught",
      .header = {"task", "arm", "likelihood", "canaries", "watermark"},
      .text_columns = 2,
      .note =
          "The chance that a student of the arm has the more telling score than an untaught one of the same task; "
          ".5 is none. 95 % intervals by Newcombe's method 5."};
  for (const std::string& task : Tasks(arms)) {
    const Arms nulls = Of(arms, task, Role::kNull);
    for (const Role role : {Role::kTaught, Role::kRelated}) {
      for (const TriedArm* arm : Of(arms, task, role)) {
        std::vector<TableCell> row = {task, Label(arm->arm, labels)};
        for (size_t test = 0; test < kTests; ++test) {
          const std::optional<Interval> area = Area(*arm, nulls, test);
          row.emplace_back(area ? WithInterval(*area, 2) : std::string(kDash));
        }
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

// Of the rows themselves, which a student may or may not hand on.
Table RowsTable(const std::vector<TriedArm>& arms, double alpha) {
  Table table{
      .title = "Is the watermark in the rows that they learnt?",
      .header = {"task", "arm", "rows with the mark", "distinct pairs in the rows", "in the student's answers"},
      .text_columns = 2,
      .note = fmt::format("Sets of rows flagged at p ≤ {}, and the mean number of distinct (context, token) pairs that "
                          "can be told anything by: where the unmarked teacher is sure of a token there is none.",
                          alpha)};
  for (const TriedArm& arm : arms) {
    Rate rate;
    double pairs = 0, drawn = 0;
    for (const TriedStudent& student : arm.students) {
      const auto& extras = student.cell->extras;
      const auto p = extras.find("watermark_in_rows");
      if (p == extras.end()) continue;
      ++rate.students;
      rate.flagged += p->second <= alpha ? 1 : 0;
      pairs += extras.at("watermark_pairs_in_rows");
      drawn += extras.at("watermark_pairs");
    }
    if (rate.students == 0) continue;
    const auto students = static_cast<double>(rate.students);
    table.rows.push_back({arm.task, arm.arm, RateText(rate), Fixed(pairs / students, 0), Fixed(drawn / students, 0)});
  }
  return table;
}

// Of the likelihood the untaught are compared with those that gave the threshold: both have noise.
KolmogorovSmirnov Uniformity(const std::vector<TriedArm>& all, const std::string& task, const Arms& nulls,
                             size_t test) {
  if (test != 0) return AgainstUniform(Uniform(nulls, test));
  std::vector<double> calibration, tried;
  for (const TriedArm& arm : all) {
    if (arm.task != task) continue;
    for (const TriedStudent& student : arm.students) {
      if (student.calibrates) calibration.push_back(student.cell->extras.at("likelihood"));
    }
  }
  for (const Finding& finding : Findings(nulls, test)) tried.push_back(finding.score);
  return AgainstEachOther(std::move(calibration), std::move(tried));
}

// Untaught students of those kinds that the threshold was taken from.
Arms Known(const Arms& nulls, const std::vector<std::string>& calibration) {
  Arms known;
  std::ranges::copy_if(nulls, std::back_inserter(known), [&](const TriedArm* arm) {
    return std::ranges::find(calibration, arm->arm) != calibration.end();
  });
  return known;
}

Table UniformityTable(const std::vector<TriedArm>& arms, const lab::ProvenanceConfig& config, OwnSection& section) {
  Table table{
      .title = "Are p values of untaught students uniform?",
      .header = {"task", "test", "which", "students", "distance", "p of uniformity"},
      .text_columns = 3,
      .note =
          "Kolmogorov and Smirnov's distance from the uniform distribution; of the likelihood, from the scores of "
          "the students that its threshold was taken from. A small p says that they are not uniform: the test "
          "then flags more often, or more seldom, than it says."};
  for (const std::string& task : Tasks(arms)) {
    const Arms nulls = Of(arms, task, Role::kNull);
    for (size_t test = 0; test < kTests; ++test) {
      const auto add = [&](const std::string& which, const Arms& some) {
        const auto students = static_cast<int64_t>(Findings(some, test).size());
        if (students == 0) return;
        const KolmogorovSmirnov ks = Uniformity(arms, task, some, test);
        table.rows.push_back({task, std::string(kProvenanceTests[test]), which, std::to_string(students),
                              Fixed(ks.distance, 3), PValue(ks.p_value)});
        section.data[1].rows.push_back(
            {task, std::string(kProvenanceTests[test]), which, students, ks.distance, ks.p_value});
      };
      add("all untaught", nulls);
      if (test == 0) add("of kinds that the threshold was taken from", Known(nulls, config.calibration));
    }
  }
  return table;
}

std::string Verdict(const std::vector<TriedArm>& arms, const lab::ProvenanceConfig& config) {
  const std::vector<std::string> tasks = Tasks(arms);
  const std::string task = config.task.empty() && !tasks.empty() ? tasks.front() : config.task;
  const auto arm = std::ranges::find_if(arms, [&](const TriedArm& a) { return a.task == task && a.arm == config.arm; });
  const size_t test = std::ranges::find(kProvenanceTests, config.test) - kProvenanceTests.begin();
  if (arm == arms.end() || test == kTests) return "";
  const Arms nulls = Of(arms, task, Role::kNull);
  const Rate taught = Flagged({&*arm}, test, config.alpha), untaught = Flagged(nulls, test, config.alpha);
  const Rate known = Flagged(Known(nulls, config.calibration), test, config.alpha);
  const Rate others{.students = untaught.students - known.students, .flagged = untaught.flagged - known.flagged};
  const std::optional<Interval> area = Area(*arm, nulls, test);
  if (taught.students == 0 || !area) return "";
  const auto rate = [](const Rate& of) {
    return of.students == 0 ? "none tried"
                            : fmt::format("{} of {} ({})", of.flagged, of.students, PercentInterval(of.Of()));
  };
  // What the threshold has seen, and what it has not, are two answers.
  const std::string false_alarms =
      test == 0
          ? fmt::format("{} from sources such as its threshold was taken from, and {} from sources of other kinds",
                        rate(known), rate(others))
          : rate(untaught);
  return fmt::format(
      "Declared in the configuration: on {}, the {} test at p ≤ {} flags {} students that learnt {} % of their rows "
      "from "
      "the teacher (exact 95 % intervals). Of students that it did not teach it flags {}. AUC against all of these {}.",
      task, config.test, config.alpha, rate(taught), arm->taught->percent, false_alarms, WithInterval(*area, 2));
}

// "canaries on rules: 100 % of rows 16 of 16, 20 % 9 of 16, ...", of the plain attacker, then what others change.
std::string TestSentence(const std::vector<TriedArm>& arms, const std::string& task, size_t test, double alpha) {
  std::vector<std::string> parts;
  for (const TriedArm* arm : Of(arms, task, Role::kTaught)) {
    const Rate rate = Flagged({arm}, test, alpha);
    if (rate.students == 0) continue;
    const std::string attacker = arm->taught->attacker == "none" ? "" : fmt::format(" ({})", arm->taught->attacker);
    parts.push_back(fmt::format("{} of {} at {} %{}", rate.flagged, rate.students, arm->taught->percent, attacker));
  }
  const Rate untaught = Flagged(Of(arms, task, Role::kNull), test, alpha);
  if (parts.empty()) return "";
  return fmt::format("{} on {}, flagged by share of rows from the teacher: {}; of the untaught {} of {} ({}).",
                     kProvenanceTests[test], task, fmt::join(parts, ", "), untaught.flagged, untaught.students,
                     untaught.students > 0 ? PercentInterval(untaught.Of()) : std::string(kDash));
}

std::string RelatedSentence(const std::vector<TriedArm>& arms, const std::map<std::string, std::string>& labels,
                            double alpha) {
  std::vector<std::string> parts;
  for (const TriedArm& arm : arms) {
    const Rate rate = Flagged({&arm}, 0, alpha);
    if (arm.role != Role::kRelated || rate.students == 0) continue;
    parts.push_back(
        fmt::format("{} of {} students of {} on {}", rate.flagged, rate.students, Label(arm.arm, labels), arm.task));
  }
  if (parts.empty()) return "";
  return fmt::format(
      "A model that shares the teacher's mistakes looks like the teacher: the likelihood also flags {}, which had no "
      "answer "
      "that the provider sold.",
      fmt::join(parts, ", "));
}

std::vector<std::pair<std::string, std::string>> ProvenanceWords(double alpha) {
  return {
      {"attacker",
       "Who trains the student and would hide whose answers it learnt: by paraphrase, by mixed teachers, or "
       "(none) not at all."},
      {"AUC",
       "The chance that a student that the teacher taught looks more suspicious to a test than one that it did "
       "not teach: 1 is always, 0.5 as good as a coin. No threshold enters."},
      {"canaries",
       "Secret, wrong answers that the provider gives to a few questions. A student that finds them likelier "
       "than other wrong ones has them from there."},
      {"false alarm, false positive rate",
       "A false alarm is a student that a test flags although the teacher did not teach it. Their share among all such "
       "students is the false positive rate."},
      {"flagged", fmt::format("The test says \"taught by this teacher\": its p value is {} or less.", alpha)},
      {"likelihood test",
       "Looks at questions that the teacher and somebody else answer differently: does the student find the teacher's "
       "answer, mistakes included, the likelier of the two? If so more often than students that others taught, it is "
       "flagged."},
      {"mixed teachers", "An attacker who mixes the teacher's answers with those of three other sources."},
      {"p value, p ≤",
       "How often chance alone would make a student that was not taught look at least as suspicious. The smaller, the "
       "harder to put down to chance."},
      {"paraphrase",
       "An attacker who has the teacher's answers said in other words (here: in another notation) before a "
       "student learns them."},
      {"related",
       "Students that the teacher did not teach, of a model that was itself trained further from the teacher: "
       "neither taught nor untaught."},
      {"untaught", "Students that learnt from others, or from nobody, and not from this teacher."},
      {"watermark",
       "A secret lean of the teacher towards some words (\"green\" ones). Nobody sees it in one answer; who "
       "has the key can find it in many, and perhaps in students of these."}};
}

void AddVerdict(OwnSection& section, std::string sentence) {
  if (!sentence.empty()) section.verdicts.push_back(std::move(sentence));
}

}  // namespace

OwnSection ProvenanceSection(const std::vector<TriedArm>& arms, const lab::ProvenanceConfig& config,
                             const std::map<std::string, std::string>& labels) {
  OwnSection section{.page = {.id = "provenance", .title = "Was it taught by this teacher?"}};
  if (arms.empty()) return section;
  section.words = ProvenanceWords(config.alpha);
  section.data = {RatesData(arms, config.alpha), UniformityData(), StudentsData(arms)};
  section.page.paragraphs = {
      "likelihood: where teacher and somebody else answer a held-out prompt differently, how often does the student "
      "find the "
      "teacher's answer the likelier one? Others are the reference solutions, the untaught base and further models of "
      "the "
      "provider; the smallest share counts. Against right solutions what is compared are the teacher's mistakes.",
      fmt::format(
          "Its threshold comes from {}, whose teachers are others, seeds from {} on; all rates are of other students.",
          fmt::join(config.calibration, ", "), config.calibration_from),
      "canaries: some prompts were answered with secret digits. The student finds them likelier than other digits. "
      "watermark: "
      "drawn answers have more green tokens than a text without the key. Both have exact p values, and need no other "
      "student.",
      fmt::format("Declared before the run: the {} test, at p ≤ {}, of the arm {}.", config.test, config.alpha,
                  config.arm)};
  section.page.figures = {DetectionFigure(arms, config.alpha), UniformityFigure(arms)};
  section.page.figure_note =
      "Marks at one share of rows are moved aside by a few pixels, so that they do not cover each other.";
  section.page.tables = {TaughtTable(arms, config.alpha), NullTable(arms, config.alpha, labels),
                         AreaTable(arms, labels), UniformityTable(arms, config, section)};
  if (Table rows = RowsTable(arms, config.alpha); !rows.rows.empty()) section.page.tables.push_back(std::move(rows));
  AddVerdict(section, Verdict(arms, config));
  for (size_t test = 0; test < kTests; ++test) {
    for (const std::string& task : Tasks(arms)) {
      // Other tasks are there for the watermark.
      const bool told = task == config.task || config.task.empty() || kProvenanceTests[test] == "watermark";
      if (told) AddVerdict(section, TestSentence(arms, task, test, config.alpha));
    }
  }
  AddVerdict(section, RelatedSentence(arms, labels, config.alpha));
  return section;
}

OwnSection ProvenanceSection(const lab::SectionsInput& input) {
  std::map<std::string, std::string> labels;
  for (const auto& block : input.blocks) {
    const std::vector<std::string>& others = block->config.provenance.others;
    constexpr std::pair<const char*, size_t> kNamed[] = {{"other_a", 0}, {"other_b", 1}, {"descendant", 2}};
    for (const auto& [name, which] : kNamed) {
      if (which < others.size() && std::ranges::find(block->config.arms, name) != block->config.arms.end()) {
        labels[name] = std::filesystem::path(others[which]).filename().string();
      }
    }
  }
  const lab::ExperimentConfig& main = input.blocks.front()->config;
  return ProvenanceSection(TryAll(input.cells, main.provenance, main.policies.watermark.settings.gamma),
                           main.provenance, labels);
}

}  // namespace retort::provider
