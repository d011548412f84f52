// The request log of a provider: one line of JSON a request, what detectors read. No text of a prompt or an answer, no
// key and no means of payment stands in it, only pseudonyms (pseudonyms.h) and a few numbers (text_features.h), kept
// for a stated number of days.
//
//   {"features":[...],"retention_days":30,"retort_request_log":1,"salt":"..."}     first line
//   {"record":{...},"sum":"0123456789abcdef"}                                      then one a request
//
// ASCII only, so that no character of a field ends a line for any reader. `sum` guards a line against accidents, not
// against whoever may write the file.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "teacher/provider/text_features.h"

namespace retort {

inline constexpr int kRequestLogVersion = 1;

struct RequestRecord {
  int64_t time_ms = 0;             // UTC, since 1970
  std::string account, key, tier;  // the provider's own names; `key` names an API key and is none
  // What links accounts: pseudonyms (64 hex digits) of the means of payment and of the network address; empty: unknown.
  std::string payment, address;
  std::string address_class;  // "home", "data centre", "vpn", "residential proxy", "mobile"; empty: unknown
  std::string prompt;         // pseudonym
  int64_t prompt_tokens = 0, completion_tokens = 0;  // that the teacher spent, all choices together
  std::string model, endpoint;
  std::string request_id;  // what the client was told as x-request-id; of several prompts one; empty: in process
  double temperature = 0;
  int top_logprobs = -1;  // as asked for; -1: none
  int choices = 1;        // the protocol's `n`
  int max_tokens = 0;
  int status = 200;                  // of HTTP; 499: the client went away first
  std::string finish_reason;         // "stop", "length"; empty: no answer
  std::vector<std::string> actions;  // of policies, in their order: "filter.refused", "logprobs.cut"
  std::string template_shape;        // pseudonym of TemplateShape
  std::array<double, kTextFeatures> features{};
  bool operator==(const RequestRecord&) const = default;
};

// A line without its newline. Texts beyond 200 bytes are cut, broken UTF-8 is replaced; what comes back is the record
// otherwise.
std::string ToJsonLine(const RequestRecord& record);
// Throws Error at file:line for anything that ToJsonLine has not written: a cut or changed line, wrong types, values
// out of range.
RequestRecord ParseRequestRecord(std::string_view line, const std::string& file, int line_number);

// What the first line says.
struct RequestLogHead {
  std::string salt;  // Pseudonyms::id: records of one salt can be compared
  int retention_days = 30;
  bool operator==(const RequestLogHead&) const = default;
};

// Appends to a log, one process at a time. A last line that a crash cut is removed when the log is opened.
class RequestLog {
 public:
  // Throws Error for a file that is no such log, has another version, salt or retention.
  RequestLog(const std::filesystem::path& file, const RequestLogHead& head);
  void Append(const RequestRecord& record);  // whole in the file when it returns; on the disk after Sync
  void Sync();

 private:
  LineAppender lines_;
};

// Calls `on_record` for each record in turn; memory is that of one. `on_record` returns false to stop.
RequestLogHead ForEachRequest(const std::filesystem::path& file,
                              const std::function<bool(const RequestRecord&)>& on_record);

// Removes what is older than the log's retention at `now_ms`: the file is written anew. Returns how many records left.
// No process may have it open.
int64_t DropExpired(const std::filesystem::path& file, int64_t now_ms);

// Removes the logs of a folder whose newest record is past their retention: files that were not written to for so long.
// Returns how many. What is no request log stays.
int RemoveExpiredLogs(const std::filesystem::path& folder, int64_t now_ms);

}  // namespace retort
