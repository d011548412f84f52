#include "core/report/lm_eval.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/version.h"

namespace retort {
namespace {

using Json = nlohmann::json;

constexpr int kTaskVersion = 1;

bool HigherIsBetter(const std::string& metric) { return metric != "bits_per_byte"; }

// s / sqrt(M) over the items that have a value; "N/A", as the harness writes, where there are fewer than two.
Json StandardError(const CellResult& cell, const std::function<std::optional<double>(const ItemScore&)>& value) {
  double sum = 0, squares = 0, n = 0;
  for (const ItemScore& item : cell.items) {
    if (const auto x = value(item)) sum += *x, n += 1;
  }
  if (n < 2) return "N/A";
  for (const ItemScore& item : cell.items) {
    if (const auto x = value(item)) squares += (*x - sum / n) * (*x - sum / n);
  }
  return std::sqrt(squares / (n - 1) / n);
}

void Put(Json& results, const std::string& metric, double value, Json error) {
  results[metric + ",none"] = value;
  results[metric + "_stderr,none"] = std::move(error);
}

Json Results(const CellResult& cell, const std::string& task) {
  Json results = {{"name", task}, {"alias", task}, {"sample_len", cell.items.size()}};
  Put(results, cell.metric, cell.means.score,
      StandardError(cell, [](const ItemScore& i) { return std::optional(i.score); }));
  if (cell.means.step_accuracy) {
    Put(results, "step_accuracy", *cell.means.step_accuracy,
        StandardError(cell, [](const ItemScore& i) { return i.step_accuracy; }));
  }
  // pass@k and maj@k, where items were answered several times.
  const auto extra = [&](const std::string& name) { return cell.extras.at(name); };
  if (const auto samples = cell.extras.find("samples"); samples != cell.extras.end()) {
    const auto k = std::to_string(static_cast<int>(samples->second));
    Put(results, "pass@" + k, extra("pass_at_k"), extra("pass_at_k_stderr"));
    Put(results, "maj@" + k, extra("maj_at_k"), extra("maj_at_k_stderr"));
  }
  return results;
}

// The metrics of Results, without what is said of them.
Json Metrics(const Json& results) {
  Json metrics = Json::object();
  for (const auto& [key, value] : results.items()) {
    const size_t comma = key.find(',');
    if (comma == std::string::npos || key.find("_stderr") != std::string::npos) continue;
    metrics[key.substr(0, comma)] = HigherIsBetter(key.substr(0, comma));
  }
  return metrics;
}

Json GenerationKwargs(const Sampling& sampling) {
  Json kwargs = {{"temperature", sampling.temperature},
                 {"do_sample", sampling.temperature > 0},
                 {"max_gen_toks", sampling.max_new_tokens},
                 {"until", Json::array()}};
  if (sampling.temperature > 0) {
    kwargs["top_p"] = sampling.top_p;
    if (sampling.top_k > 0) kwargs["top_k"] = sampling.top_k;
  }
  return kwargs;
}

Json Config(const CellResult& cell, const std::string& task, const Json& metrics, const LmEvalSetting& setting) {
  Json list = Json::array();
  for (const auto& [metric, higher] : metrics.items()) {
    list.push_back({{"metric", metric}, {"aggregation", "mean"}, {"higher_is_better", higher}});
  }
  const auto samples = cell.extras.find("samples");
  const bool likelihood = cell.metric == "bits_per_byte";
  Json config = {{"task", task},
                 {"dataset_path", cell.task},
                 {"output_type", likelihood ? "loglikelihood" : "generate_until"},
                 {"num_fewshot", 0},
                 {"repeats", samples == cell.extras.end() ? 1 : static_cast<int>(samples->second)},
                 {"should_decontaminate", false},
                 {"metric_list", std::move(list)},
                 {"metadata",
                  {{"version", kTaskVersion},
                   {"arm", cell.arm},
                   {"n", cell.n},
                   {"seed", cell.seed},
                   {"target", cell.target},
                   {"run", cell.run},
                   {"task_config", setting.task_config}}}};
  if (!likelihood) config["generation_kwargs"] = GenerationKwargs(setting.sampling);
  return config;
}

}  // namespace

std::string LmEvalTask(const CellResult& cell, bool alone) {
  if (alone) return cell.task;
  std::string name = fmt::format("{}_{}_n{}_seed{}", cell.task, cell.arm, cell.n, cell.seed);
  for (const auto& [key, value] : cell.axes) name += fmt::format("_{}={}", key, value);
  return name;
}

std::string LmEvalResults(std::span<const CellResult> cells, const LmEvalSetting& setting) {
  Json file = {{"results", Json::object()},  {"group_subtasks", Json::object()}, {"configs", Json::object()},
               {"versions", Json::object()}, {"n-shot", Json::object()},         {"higher_is_better", Json::object()},
               {"n-samples", Json::object()}};
  for (const CellResult& cell : cells) {
    const std::string task = LmEvalTask(cell, cells.size() == 1);
    const Json results = Results(cell, task), metrics = Metrics(results);
    file["results"][task] = results;
    file["group_subtasks"][task] = Json::array();
    file["configs"][task] = Config(cell, task, metrics, setting);
    file["versions"][task] = kTaskVersion;
    file["n-shot"][task] = 0;
    file["higher_is_better"][task] = metrics;
    file["n-samples"][task] = {{"original", cell.items.size()}, {"effective", cell.items.size()}};
  }
  file["config"] = {{"model", "retort"},
                    {"model_args", {{"pretrained", setting.model}}},
                    {"limit", nullptr},
                    {"gen_kwargs", GenerationKwargs(setting.sampling)}};
  file["model_source"] = "retort";
  file["model_name"] = setting.model;
  file["retort_version"] = kVersion;
  return DumpJson(file) + "\n";
}

std::string LmEvalSamples(const CellResult& cell, std::span<const Item> items, const LmEvalSetting& setting) {
  std::string lines;
  const Json kwargs = GenerationKwargs(setting.sampling);
  for (size_t i = 0; i < cell.items.size(); ++i) {
    const ItemScore& score = cell.items[i];
    const Item& item = items[i];
    const Json doc = {{"id", item.id}, {"prompt", Text(item.prompt)}, {"answer", item.answer}};
    const Json answers = score.sampled ? Json(score.sampled->answers) : Json(std::vector<std::string>{score.answer});
    lines += DumpJson({{"doc_id", i},
                       {"doc", doc},
                       {"target", item.answer},
                       {"arguments", {{"gen_args_0", {{"arg_0", Text(item.prompt)}, {"arg_1", kwargs}}}}},
                       {"resps", Json::array({answers})},
                       {"filtered_resps", answers},
                       {"filter", "none"},
                       {"metrics", Json::array({cell.metric})},
                       {"doc_hash", Sha256Hex(DumpJson(doc))},
                       {"prompt_hash", Sha256Hex(Text(item.prompt))},
                       {"target_hash", Sha256Hex(item.answer)},
                       {cell.metric, score.score}}) +
             "\n";
  }
  return lines;
}

}  // namespace retort
