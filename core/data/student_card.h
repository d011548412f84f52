// What a student's model card owes to its teacher: the text that a licence asks for, and the name it must begin with.
#pragma once

#include <string>

#include "core/data/sample_set.h"

namespace retort {

// The beginning of a README.md in Hugging Face's form: front matter with the given lines ("license: x\n"), the
// student's name, made to begin with the prefix that the teacher's licence asks for, and the disclosure.
std::string StudentCardHead(const Card& teacher, const std::string& name, const std::string& front_matter);

// In one line and in quotes, as a value of front matter: what a manifest says came from outside.
std::string YamlString(const std::string& text);
// One line of Markdown, also in a table's cell: no tag, column or code begins in it.
std::string CardText(const std::string& text);

}  // namespace retort
