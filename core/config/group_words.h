// What the command line and `override` entries say about groups: choices, deletions, groups to add. Room-internal.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/config/config_files.h"
#include "core/config/default_entry.h"
#include "core/config/override.h"
#include "core/config/problems.h"

namespace retort {

class GroupWords {
 public:
  GroupWords(const std::vector<Override>& overrides, const std::function<bool(const std::string&)>& is_option,
             const ConfigFiles& files, Problems& problems);

  const std::vector<DefaultEntry>& added() const { return added_; }
  const std::map<std::string, std::string>& choices() const { return choices_; }

  // An `override` entry: what was said earlier, or further out, holds.
  void Enter(const DefaultEntry& entry);
  // Gives the entry the choice that overrides its own.
  void Apply(DefaultEntry& entry);
  // ~group: marks the entry.
  bool Delete(DefaultEntry& entry);
  // Notes the choice of a group; two different ones are a problem.
  void Note(const DefaultEntry& entry);

  // Words that met no group are problems; those that may as well set a value are given back, with all others that do.
  std::vector<const Override*> Values(Problems& word_problems) const;
  void ComplainOfEntries() const;  // of `override` entries that met no group

 private:
  struct Choice {
    std::string one;
    std::vector<std::string> many;
    bool is_many = false, used = false;
    const Override* word = nullptr;  // nullptr: an `override` entry
    Where where;
    std::string home;
  };
  struct Removal {
    std::optional<std::string> only;
    std::string seen;  // another choice that was met
    bool used = false;
    const Override* word = nullptr;
  };

  bool ReadWord(const Override& word);
  std::string Near(const std::string& key) const;

  const std::vector<Override>& overrides_;
  const std::function<bool(const std::string&)>& is_option_;
  const ConfigFiles& files_;
  Problems& problems_;
  std::map<std::string, Choice> chosen_;
  std::map<std::string, Removal> removed_;
  std::vector<DefaultEntry> added_;
  std::set<const Override*> group_words_;
  std::map<std::string, std::string> choices_;
  std::map<std::string, std::set<std::string>> keys_of_group_;
};

}  // namespace retort
