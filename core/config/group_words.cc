#include "core/config/group_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace retort {
namespace {

const Where kCommand{.file = kCommandLine};

const std::string* TextOf(const Value& value) {
  const auto* text = value.as<Quotable>();
  return text == nullptr ? nullptr : &text->text;
}

std::optional<std::vector<std::string>> TextsOf(const Value& value) {
  const auto* list = value.as<Value::List>();
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const Value& element : *list) {
    const std::string* text = TextOf(element);
    if (text == nullptr) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

std::string GroupOf(const std::string& key) { return key.substr(0, key.find('@')); }

}  // namespace

GroupWords::GroupWords(const std::vector<Override>& overrides, const std::function<bool(const std::string&)>& is_option,
                       const ConfigFiles& files, Problems& problems)
    : overrides_(overrides), is_option_(is_option), files_(files), problems_(problems) {
  for (const Override& word : overrides_) {
    if (ReadWord(word)) group_words_.insert(&word);
  }
}

// Whether the word is about a group and not a value.
bool GroupWords::ReadWord(const Override& word) {
  const bool table = word.value && word.value->as<Value::Table>() != nullptr;
  if (word.broken || word.sweep() != nullptr || table || !files_.IsGroup(word.key)) return false;
  const bool option = is_option_(word.key);
  const std::string key = word.GroupKey();
  const std::string* text = word.value ? TextOf(*word.value) : nullptr;
  const auto texts = word.value ? TextsOf(*word.value) : std::nullopt;
  if (option && text == nullptr && word.value) return false;
  switch (word.kind) {
    case Override::Kind::kForce:
      if (option) return false;
      problems_.Add(kCommand, fmt::format("{}={}: ++ is for values, not for groups", word.Element(), word.text),
                    fmt::format("+{}={} adds the group", key, word.text));
      return true;
    case Override::Kind::kRemove:
      if (word.value && text == nullptr) {
        problems_.Add(kCommand, fmt::format("~{}={}: a choice is a name", key, word.text));
      } else {
        removed_[key] = {.only = word.value ? std::optional(*text) : std::nullopt, .seen = "", .word = &word};
      }
      return true;
    case Override::Kind::kAdd:
    case Override::Kind::kSet:
      break;
  }
  if (text == nullptr && !texts) {
    problems_.Add(kCommand,
                  fmt::format("{}={}: a choice is a name or a list of names, not {}", word.Element(), word.text,
                              KindName(*word.value)),
                  "put it in quotes if it is the name of a file");
    return true;
  }
  if (word.kind == Override::Kind::kSet) {
    chosen_[key] = {.one = text != nullptr ? *text : "",
                    .many = texts.value_or(std::vector<std::string>{}),
                    .is_many = texts.has_value(),
                    .word = &word,
                    .where = {.file = kCommandLine, .place = word.key},
                    .home = ""};
    return true;
  }
  if (option) return false;
  DefaultEntry entry{.is_group = true,
                     .name = word.key,
                     .choice = text != nullptr ? *text : "",
                     .choices = texts.value_or(std::vector<std::string>{}),
                     .many = texts.has_value(),
                     .package = word.package,
                     .where = {.file = kCommandLine, .place = word.key}};
  if (entry.package == "_here_") entry.package = "";
  entry.added = true;
  added_.push_back(std::move(entry));
  return true;
}

void GroupWords::Enter(const DefaultEntry& entry) {
  chosen_.try_emplace(
      entry.OverrideKey(),
      Choice{
          .one = entry.choice, .many = entry.choices, .is_many = entry.many, .where = entry.where, .home = entry.home});
}

void GroupWords::Apply(DefaultEntry& entry) {
  if (!entry.is_group) return;
  const auto found = chosen_.find(entry.OverrideKey());
  if (found == chosen_.end()) return;
  Choice& choice = found->second;
  choice.used = true;
  entry.choice = choice.one;
  entry.choices = choice.many;
  entry.many = choice.is_many;
  entry.where = choice.where;
}

bool GroupWords::Delete(DefaultEntry& entry) {
  if (!entry.is_group) return false;
  const auto found = removed_.find(entry.OverrideKey());
  if (found == removed_.end()) return false;
  Removal& removal = found->second;
  if (removal.only && WithoutToml(*removal.only) != WithoutToml(entry.choice)) {
    removal.seen = entry.choice;
    return false;
  }
  removal.used = true;
  entry.deleted = true;
  return true;
}

void GroupWords::Note(const DefaultEntry& entry) {
  if (!entry.is_group) return;
  const std::string key = entry.OverrideKey();
  const auto [place, is_new] = choices_.try_emplace(key, entry.choice);
  if (!is_new && place->second != entry.choice) {
    problems_.Add(entry.where, fmt::format("{} has two choices, {} and {}", key, place->second, entry.choice),
                  fmt::format(R"(to change a choice write {{"override {}" = "{}"}})", key, entry.choice));
  }
  keys_of_group_[entry.GroupPath()].insert(key);
}

// The keys under which a group does stand in a list.
std::string GroupWords::Near(const std::string& key) const {
  const auto known = keys_of_group_.find(GroupOf(key));
  if (known == keys_of_group_.end()) return "";
  return fmt::format("did you mean {}?", fmt::join(known->second, " or "));
}

void GroupWords::ComplainOfEntries() const {
  for (const auto& [key, choice] : chosen_) {
    if (choice.used || choice.word != nullptr) continue;
    problems_.Add(choice.where, fmt::format("override {}: the group {} does not stand in a defaults list", key, key),
                  Near(key));
  }
}

std::vector<const Override*> GroupWords::Values(Problems& word_problems) const {
  std::vector<const Override*> values;
  for (const Override& word : overrides_) {
    if (!group_words_.contains(&word)) {
      values.push_back(&word);
      continue;
    }
    const std::string key = word.GroupKey();
    const bool option = !word.package && is_option_(word.key);
    if (const auto choice = chosen_.find(key); choice != chosen_.end() && choice->second.word == &word) {
      if (choice->second.used) continue;
      if (option) {
        values.push_back(&word);
        continue;
      }
      const std::string near = Near(key);
      word_problems.Add(kCommand,
                        fmt::format("{}={}: the group {} does not stand in a defaults list", key, word.text, key),
                        fmt::format("{}{}+{}={} adds it", near, near.empty() ? "" : " ", key, word.text));
    }
    const auto removal = removed_.find(key);
    if (removal == removed_.end() || removal->second.used || removal->second.word != &word) continue;
    if (option) {
      values.push_back(&word);
    } else if (!removal->second.seen.empty()) {
      word_problems.Add(kCommand, fmt::format("~{}={}: the choice is \"{}\"", key, word.text, removal->second.seen),
                        fmt::format("~{} drops any choice", key));
    } else {
      word_problems.Add(kCommand, fmt::format("~{}: the group {} does not stand in a defaults list", key, key),
                        Near(key));
    }
  }
  return values;
}

}  // namespace retort
