// The settings of a run as dotted keys with their values as TOML writes them: "student.trainer.max_steps" -> "200". A
// run's config.toml and identity.txt were written by this program, one setting a line, so lines are all that is read:
// the settings of a run of any version can be looked at, also those that this version has no option for.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace retort::lab {

using ConfigLines = std::map<std::string, std::string, std::less<>>;

// Of a text that ToToml or NumericsToml wrote. A line that is no setting stands under "line 7".
ConfigLines ReadConfigLines(std::string_view text);
// Of identity.txt: "name value" lines up to the first empty one, then settings, those after "# student.init" below that
// key.
ConfigLines ReadIdentityLines(std::string_view text);

// The value of a key; "" if there is none. A text without its quotes.
std::string PlainValue(const ConfigLines& lines, std::string_view key);
std::string PlainValue(std::string_view toml_value);

}  // namespace retort::lab
