#include "core/report/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace retort {
namespace {

// Length of the UTF-8 sequence at `i`, 0 if there is none (overlong forms, surrogates and cut sequences are none).
size_t SequenceLength(std::string_view text, size_t i) {
  const auto byte = [&](size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : (lead >> 4) == 0xE           ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0) != 0x80) return 0;
  }
  const bool bad = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                   (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
  return bad ? 0 : length;
}

}  // namespace

std::string CleanUtf8(std::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size();) {
    const size_t length = SequenceLength(text, i);
    const auto c = static_cast<unsigned char>(text[i]);
    if (length == 0 || c == 0x7F || (c < 0x20 && c != '\n' && c != '\t' && c != '\r')) {
      clean += "\uFFFD";
      ++i;
      continue;
    }
    if (c != '\r') {
      clean += text.substr(i, length);
    } else if (i + 1 >= text.size() || text[i + 1] != '\n') {
      clean += '\n';
    }
    i += length;
  }
  return clean;
}

std::string HtmlText(std::string_view text) {
  std::string html;
  for (char c : CleanUtf8(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string MarkdownText(std::string_view text) {
  static constexpr std::string_view kSpecial = "\\`*_[]|#~$";
  std::string markdown;
  for (char c : CleanUtf8(text)) {
    if (c == '\n' || c == '\t') {
      markdown += ' ';
    } else if (c == '<') {
      markdown += "&lt;";
    } else if (c == '>') {
      markdown += "&gt;";
    } else if (c == '&') {
      markdown += "&amp;";
    } else {
      if (kSpecial.find(c) != std::string_view::npos) markdown += '\\';
      markdown += c;
    }
  }
  return markdown;
}

std::string CsvText(std::string_view text) {
  std::string clean = CleanUtf8(text);
  if (!clean.empty() && std::string_view("=+-@\t\n").find(clean[0]) != std::string_view::npos) clean.insert(0, "'");
  if (clean.find_first_of(",\"\n") == std::string::npos) return clean;
  std::string quoted = "\"";
  for (char c : clean) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string LatexText(std::string_view text) {
  static const std::pair<std::string_view, std::string_view> kSymbols[] = {
      {"–", "--"},     {"−", "$-$"},       {"≤", "$\\leq$"},   {"≥", "$\\geq$"},   {"×", "$\\times$"},
      {"±", "$\\pm$"}, {"Δ", "$\\Delta$"}, {"κ", "$\\kappa$"}, {"∞", "$\\infty$"}, {"\u202F", "\\,"},
      {"\u00A0", "~"}, {"\uFFFD", "?"},    {"⁻", "$^{-}$"},    {"⁰", "$^{0}$"},    {"¹", "$^{1}$"},
      {"²", "$^{2}$"}, {"³", "$^{3}$"},    {"⁴", "$^{4}$"},    {"⁵", "$^{5}$"},    {"⁶", "$^{6}$"},
      {"⁷", "$^{7}$"}, {"⁸", "$^{8}$"},    {"⁹", "$^{9}$"}};
  const std::string clean = CleanUtf8(text);
  std::string latex;
  for (size_t i = 0; i < clean.size();) {
    const auto symbol = std::find_if(std::begin(kSymbols), std::end(kSymbols), [&](const auto& pair) {
      return std::string_view(clean).substr(i).starts_with(pair.first);
    });
    if (symbol != std::end(kSymbols)) {
      latex += symbol->second;
      i += symbol->first.size();
      continue;
    }
    const char c = clean[i++];
    switch (c) {
      case '\\':
        latex += "\\textbackslash{}";
        break;
      case '{':
      case '}':
      case '$':
      case '&':
      case '#':
      case '_':
      case '%':
        latex += '\\';
        latex += c;
        break;
      case '~':
        latex += "\\textasciitilde{}";
        break;
      case '^':
        latex += "\\textasciicircum{}";
        break;
      case '<':
        latex += "\\textless{}";
        break;
      case '>':
        latex += "\\textgreater{}";
        break;
      case '|':
        latex += "\\textbar{}";
        break;
      case '`':
        latex += "\\textasciigrave{}";
        break;
      case '"':
        latex += "''";
        break;
      case '-':  // no ligatures
        latex += latex.ends_with('-') ? "{}-" : "-";
        break;
      case '\n':
      case '\t':
        latex += ' ';
        break;
      default:
        latex += c;
    }
  }
  return latex;
}

std::string UrlPath(std::string_view path) {
  std::string url;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~/").find(c) != std::string_view::npos;
    url += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return url;
}

size_t DisplayWidth(std::string_view utf8) {
  size_t width = 0;
  for (char c : utf8) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

}  // namespace retort
