// Text from models and users made safe for a format. All of it becomes valid UTF-8 first: bytes that are none become
// U+FFFD, control characters other than newline and tab U+FFFD too.
#pragma once

#include <string>
#include <string_view>

namespace retort {

std::string CleanUtf8(std::string_view text);
std::string HtmlText(std::string_view text);      // also safe inside a quoted attribute
std::string MarkdownText(std::string_view text);  // one line; safe inside a table cell
// A CSV field that is text: quoted where it must be (RFC 4180); a leading = + - @ or tab, which spreadsheets would run
// as a formula, gets an apostrophe before it. Numbers do not go through here.
std::string CsvText(std::string_view text);
std::string LatexText(
    std::string_view text);                  // one line; every character that TeX reads as a command stands for itself
std::string UrlPath(std::string_view path);  // what a URL would read as its own becomes %XX (RFC 3986); slashes stay
size_t DisplayWidth(std::string_view utf8);  // code points: near enough for Latin text in a terminal

}  // namespace retort
