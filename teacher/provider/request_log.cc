#include "teacher/provider/request_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/utf8.h"
#include "core/data/json_fields.h"
#include "teacher/provider/summed_line.h"

namespace retort {
namespace {

using Json = nlohmann::json;

constexpr size_t kLongestText = 200, kLongestLine = size_t{1} << 16, kMostActions = 20;
constexpr std::string_view kRecord = "record";

// Cut between characters.
std::string Clipped(std::string_view text) {
  const std::string clean = ToUtf8(text.substr(0, 4 * kLongestText));
  size_t end = 0;
  while (end < clean.size()) {
    const size_t length = NextUtf8(std::string_view(clean).substr(end)).length;
    if (end + length > kLongestText) break;
    end += length;
  }
  return clean.substr(0, end);
}

// ASCII only: U+2028, U+0085 and their like end lines for some readers.
std::string Dump(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace); }

std::string HeadLine(const RequestLogHead& head) {
  return Dump({{"retort_request_log", kRequestLogVersion},
               {"salt", head.salt},
               {"retention_days", head.retention_days},
               {"features", TextFeatureNames()}});
}

RequestLogHead ParseHead(std::string_view line, const std::string& file) {
  const Where where{.file = file, .line = 1};
  const Json json = ParseJson(line, where, {.max_bytes = kLongestLine});
  const JsonFields fields(json, where);
  int version = 0;
  fields.Get("retort_request_log");
  fields.Read("retort_request_log", version);
  if (version != kRequestLogVersion) {
    throw Error(where, fmt::format("is a request log of version {}", version),
                fmt::format("this program reads version {}", kRequestLogVersion));
  }
  RequestLogHead head;
  for (const char* key : {"salt", "retention_days", "features"}) fields.Get(key);
  fields.Read("salt", head.salt);
  fields.Read("retention_days", head.retention_days, 1);
  std::vector<std::string> names;
  fields.Read("features", names);
  if (!std::ranges::equal(names, TextFeatureNames())) throw Error(where, "has other features than this program's");
  return head;
}

void CheckHex(const JsonFields& fields, const char* key, const std::string& value) {
  const bool hex = value.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex || (!value.empty() && value.size() != 64)) fields.Fail(key, "64 hexadecimal digits or empty");
}

}  // namespace

std::string ToJsonLine(const RequestRecord& record) {
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!finite(record.temperature) || !std::ranges::all_of(record.features, finite)) {
    throw Error("a number of a request record is not finite");
  }
  Json actions = Json::array();
  for (const std::string& action : record.actions) {
    if (actions.size() < kMostActions) actions.push_back(Clipped(action));
  }
  const std::string text = Dump({{"time_ms", record.time_ms},
                                 {"account", Clipped(record.account)},
                                 {"key", Clipped(record.key)},
                                 {"tier", Clipped(record.tier)},
                                 {"payment", record.payment},
                                 {"address", record.address},
                                 {"address_class", Clipped(record.address_class)},
                                 {"prompt", record.prompt},
                                 {"prompt_tokens", record.prompt_tokens},
                                 {"completion_tokens", record.completion_tokens},
                                 {"model", Clipped(record.model)},
                                 {"endpoint", Clipped(record.endpoint)},
                                 {"request_id", Clipped(record.request_id)},
                                 {"temperature", record.temperature},
                                 {"top_logprobs", record.top_logprobs},
                                 {"choices", record.choices},
                                 {"max_tokens", record.max_tokens},
                                 {"status", record.status},
                                 {"finish_reason", Clipped(record.finish_reason)},
                                 {"actions", std::move(actions)},
                                 {"template", record.template_shape},
                                 {"features", record.features}});
  return SummedLine(kRecord, kRequestLogVersion, text);
}

RequestRecord ParseRequestRecord(std::string_view line, const std::string& file, int line_number) {
  const Where where{.file = file, .line = line_number};
  const auto text = TextOfSummedLine(kRecord, kRequestLogVersion, line);
  if (!text || line.size() > kLongestLine) {
    throw Error(where, "is no line of a request log, or was cut or changed",
                "put the file back as it was, or cut the line");
  }
  const Json json = ParseJson(*text, where, {.max_bytes = kLongestLine, .max_depth = 3});
  const JsonFields fields(json, where);
  RequestRecord record;
  for (const char* key : {"time_ms", "account", "prompt", "status", "features", "actions"}) fields.Get(key);
  fields.Read("time_ms", record.time_ms);
  fields.Read("account", record.account);
  fields.Read("key", record.key);
  fields.Read("tier", record.tier);
  fields.Read("payment", record.payment);
  fields.Read("address", record.address);
  fields.Read("address_class", record.address_class);
  fields.Read("prompt", record.prompt);
  fields.Read("prompt_tokens", record.prompt_tokens);
  fields.Read("completion_tokens", record.completion_tokens);
  fields.Read("model", record.model);
  fields.Read("endpoint", record.endpoint);
  fields.Read("request_id", record.request_id);
  fields.Read("temperature", record.temperature);
  fields.Read("top_logprobs", record.top_logprobs, -1);
  fields.Read("choices", record.choices);
  fields.Read("max_tokens", record.max_tokens);
  fields.Read("status", record.status);
  fields.Read("finish_reason", record.finish_reason);
  fields.Read("actions", record.actions);
  fields.Read("template", record.template_shape);
  std::vector<double> features;
  fields.Read("features", features);
  if (features.size() != kTextFeatures) fields.Fail("features", fmt::format("{} numbers", kTextFeatures));
  std::ranges::copy(features, record.features.begin());
  CheckHex(fields, "payment", record.payment);
  CheckHex(fields, "address", record.address);
  CheckHex(fields, "prompt", record.prompt);
  CheckHex(fields, "template", record.template_shape);
  if (record.status < 100 || record.status > 599) fields.Fail("status", "a status of HTTP");
  if (record.temperature < 0) fields.Fail("temperature", "0 or more");
  return record;
}

RequestLog::RequestLog(const std::filesystem::path& file, const RequestLogHead& head) : lines_(file) {
  std::optional<RequestLogHead> there;
  ForEachLine(
      file,
      [&](std::string_view line, int) {
        there = ParseHead(line, file.string());
        return false;
      },
      kLongestLine);
  if (!there) {
    lines_.Append(HeadLine(head));
    lines_.Sync();
  } else if (*there != head) {
    throw Error({.file = file.string(), .line = 1},
                fmt::format("was begun with salt {} and {} days of retention, not {} and {}", there->salt,
                            there->retention_days, head.salt, head.retention_days),
                "name another file, or the same salt and retention");
  }
}

void RequestLog::Append(const RequestRecord& record) { lines_.Append(ToJsonLine(record)); }
void RequestLog::Sync() { lines_.Sync(); }

RequestLogHead ForEachRequest(const std::filesystem::path& file,
                              const std::function<bool(const RequestRecord&)>& on_record) {
  std::optional<RequestLogHead> head;
  ForEachLine(
      file,
      [&](std::string_view line, int number) {
        if (head) return on_record(ParseRequestRecord(line, file.string(), number));
        head = ParseHead(line, file.string());
        return true;
      },
      kLongestLine);
  if (!head) throw Error({.file = file.string()}, "is empty, and no request log");
  return *head;
}

int64_t DropExpired(const std::filesystem::path& file, int64_t now_ms) {
  int64_t kept = 0;
  const RequestLogHead head = ForEachRequest(file, [](const RequestRecord&) { return false; });
  const int64_t oldest = now_ms - head.retention_days * kMillisecondsADay;
  WriteFileAtomic(file, [&](const WritePart& write) {
    write(HeadLine(head) + "\n");
    ForEachRequest(file, [&](const RequestRecord& record) {
      if (record.time_ms < oldest) return true;
      write(ToJsonLine(record) + "\n");
      ++kept;
      return true;
    });
  });
  return kept;
}

int RemoveExpiredLogs(const std::filesystem::path& folder, int64_t now_ms) {
  const auto written_ms = [](const std::filesystem::path& file) {
    const auto time = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(file)).time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  };
  int removed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl" || !entry.is_regular_file()) continue;
    try {
      const RequestLogHead head = ForEachRequest(entry.path(), [](const RequestRecord&) { return false; });
      if (written_ms(entry.path()) + head.retention_days * kMillisecondsADay > now_ms) continue;
    } catch (const Error&) {
      continue;
    }
    std::filesystem::remove(entry.path());
    ++removed;
  }
  return removed;
}

}  // namespace retort
