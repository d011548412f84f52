// How to cite a page: what made it, when, and a hash of its numbers, so that a reader can say which results are meant.
#pragma once

#include <string>

#include "core/report/page.h"

namespace retort {

std::string CitationText(const PageContent& content);  // one sentence
std::string BibTex(const PageContent& content);        // @misc{...}

}  // namespace retort
