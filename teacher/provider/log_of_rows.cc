#include "teacher/provider/log_of_rows.h"

#include <filesystem>
#include <memory>
#include <span>
#include <utility>

#include "core/base/files.h"
#include "teacher/provider/guarded_teacher.h"

namespace retort {
namespace {

// Request i is for row i.
class Replayed : public Teacher {
 public:
  explicit Replayed(const std::vector<Sample>& rows) : rows_(rows) {}

  Card card() const override { return {}; }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (size_t i = 0; i < requests.size(); ++i) {
      const Sample& row = rows_[i];
      if (!on_reply({.id = requests[i].id,
                     .attempt = requests[i].attempt,
                     .completion = row.completion,
                     .finish_reason = row.finish_reason,
                     .usage = row.usage})) {
        return;
      }
    }
  }

 private:
  const std::vector<Sample>& rows_;
};

}  // namespace

std::vector<RequestRecord> LogOf(const std::vector<Sample>& rows, const Sampling& sampling, LogPolicyConfig config) {
  const TempDir folder;
  config.folder = folder.path().string();
  std::vector<std::unique_ptr<Policy>> policies;
  policies.push_back(MakeLogPolicy(config));
  const std::unique_ptr<Teacher> provider = Guard(std::make_unique<Replayed>(rows), std::move(policies));
  std::vector<Request> requests;
  requests.reserve(rows.size());
  for (const Sample& row : rows) requests.push_back({row.id, row.attempt, row.prompt, sampling});
  provider->Ask(requests, [](const Reply&) { return true; });
  std::vector<RequestRecord> records;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".jsonl") continue;
    ForEachRequest(entry.path(), [&](const RequestRecord& record) {
      records.push_back(record);
      return true;
    });
  }
  return records;
}

}  // namespace retort
